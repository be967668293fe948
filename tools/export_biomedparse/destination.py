"""The pack's folder: there whole, or not there. Everything is written beside it and moved at the end."""

import os
import pathlib
import shutil


class Staged:
    """`with Staged(out, overwrite) as staged`: write into `staged.folder`, then `staged.publish()`.

    What is not published, for a fault, Ctrl-C or a parity that is off, is removed; `out` stays as it was.
    """

    def __init__(self, out, overwrite):
        check(out, overwrite)
        self.out = out
        self.folder = out.parent / f".{out.name}.partial-{os.getpid()}"

    def __enter__(self):
        self.out.parent.mkdir(parents=True, exist_ok=True)
        sweep(self.out)
        self.folder.mkdir()
        return self

    def __exit__(self, *_reason):
        shutil.rmtree(self.folder, ignore_errors=True)

    def publish(self):
        """Puts the folder in its place. A pack that was there is gone only once the new one stands."""
        old = self.out.parent / f".{self.out.name}.old-{os.getpid()}"
        if self.out.exists():
            self.out.rename(old)
        self.folder.rename(self.out)
        shutil.rmtree(old, ignore_errors=True)


def check(out, overwrite):
    """Raises SystemExit where a pack may not be put. Nothing but a pack is ever replaced."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise SystemExit(f"--out {out} is not a folder; name one that does not exist yet")
    taken = sorted(file.name for file in out.iterdir()) if out.exists() else []
    if taken and "pack.json" not in taken:
        raise SystemExit(f"--out {out} holds other files ({', '.join(taken[:3])}); name a folder that does not exist yet")
    if taken and not overwrite:
        raise SystemExit(f"--out {out} holds a pack already; name another folder, or replace that pack with --overwrite")
    parent = next(folder for folder in pathlib.Path(out).absolute().parents if folder.exists())
    if not os.access(parent, os.W_OK):
        raise SystemExit(f"--out {out} cannot be made: {parent} may not be written to")


def sweep(out):
    """Removes what exports that were killed have left beside `out`."""
    for folder in out.parent.glob(f".{out.name}.partial-*"):
        if not pathlib.Path(f"/proc/{folder.name.rsplit('-', 1)[1]}").exists():
            shutil.rmtree(folder, ignore_errors=True)
