"""The weights of BiomedParse v2 as people have them: which file, what is in it, and into the model.

The file is read once, from front to back, a block at a time: every block goes into its SHA-256, and
the values that the model asks for are copied out as they pass. What the optimizer left in the file is
hashed and never becomes a tensor. Memory beside the model: one block, and the largest tensor.
"""

import hashlib
import pathlib
import zlib

import torch

import progress
import safetensors_file
import torch_zip
from stored import Refused

BLOCK = 8 << 20
PREFIX = "model."
#: Weights of the training loss, which the published loader drops by name too.
OF_THE_LOSS = (
    "loss_function.loss_fn.dice_loss.class_weight",
    "loss_function.cls_loss_fn.pos_weight",
)
SUFFIXES = (".ckpt", ".safetensors", ".pt", ".pth", ".bin")
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
AGAIN = "fetch it again, signed in and with the terms accepted where the weights are published"
#: How a file starts that is no file of weights, and what to say of it.
STARTS = (
    (b"version https://git-lfs", f"is a Git LFS pointer, not the weights; run `git lfs pull` in its folder, or {AGAIN}"),
    (b"<", f"is a web page, not the weights; {AGAIN}"),
    (b"{", f"is a text in JSON, most likely a server's answer, not the weights; {AGAIN}"),
    (LEGACY, "has the form that PyTorch wrote before 1.6; open it with a program that you trust, and save it again with torch.save"),
    (b"\x80", "is a pickle and not a file of PyTorch; it is not opened, since that can run code"),
    (b"\x89HDF", "is an HDF5 file; this exporter reads PyTorch's .ckpt and .safetensors"),
    (b"\x1f\x8b", "is compressed with gzip; unpack it, and give the checkpoint that is in it"),
    (b"PK\x05\x06", "is an empty zip"),
)


class Checkpoint:
    """A file of weights whose tensors are known and not yet read. `tensors`: name to `Stored`."""

    def __init__(self, path):
        self.path = find(pathlib.Path(path))
        self.bytes = self.path.stat().st_size
        self.form, found = read_index(self.path)
        self.tensors = without_prefix(self.path, found)
        self.set_aside = [name for name in OF_THE_LOSS if self.tensors.pop(name, None) is not None]
        self.sha256 = None

    def shape(self, name):
        """Shape of one tensor, or None."""
        return self.tensors[name].shape if name in self.tensors else None

    def load_into(self, model, allowed=()):
        """Fills a model's parameters and buffers, strictly: every name, every shape, floating-point values only.

        allowed: prefixes of unexpected names to leave aside. Notes `sha256` of the whole file. Raises
        `Refused`, before anything is read, with every name that is missing, unexpected or of another shape.
        """
        own = model.state_dict()
        check(self.path, self.tensors, own, allowed)
        runs = {}
        for name, stored in self.tensors.items():
            if name in own:
                runs.setdefault((stored.at, stored.length), []).append((own[name], stored))
        with progress.Bar(f"reading {self.path.name}", self.bytes, progress.gigabytes) as bar, open(self.path, "rb") as file:
            stream = Hashed(file, self.path, self.bytes, bar)
            for (at, length), views in sorted(runs.items()):
                stream.pass_to(at)
                values = stream.take(length, views[0][1])
                for target, stored in views:
                    target.copy_(tensor_of(values, stored))
                    if not torch.isfinite(target).all():
                        raise Refused(f"{self.path}: {stored.name} holds values that are not finite numbers; the file is damaged, or its training failed")
            stream.pass_to(self.bytes)
        self.sha256 = stream.digest.hexdigest()

    def provenance(self):
        """What pack.json says of the file."""
        return {"file": self.path.name, "bytes": self.bytes, "sha256": self.sha256}


class Hashed:
    """A file read once from front to back, with its SHA-256 on the way."""

    def __init__(self, file, path, size, bar):
        self.file, self.path, self.size, self.bar = file, path, size, bar
        self.digest = hashlib.sha256()
        self.position = 0
        self.block = memoryview(bytearray(BLOCK))

    def fill(self, target):
        """Reads exactly as many bytes as `target` holds."""
        count = self.file.readinto(target)
        if count != len(target):
            raise Refused(f"{self.path} ended at {self.position + (count or 0):,} of {self.size:,} bytes while it was read; is something still writing it?")
        self.digest.update(target)
        self.position += count
        self.bar.at(self.position)

    def pass_to(self, offset):
        """Reads on to an offset and keeps nothing."""
        if offset < self.position:
            raise Refused(f"{self.path}: two tensors share some of their bytes and not all; the file is damaged: fetch it again")
        while self.position < offset:
            self.fill(self.block[: min(BLOCK, offset - self.position)])

    def take(self, length, stored):
        """The next `length` bytes, whose CRC-32 must be the one that the file states."""
        values, crc = bytearray(length), 0
        view = memoryview(values)
        for first in range(0, length, BLOCK):
            part = view[first : first + BLOCK]
            self.fill(part)
            crc = zlib.crc32(part, crc)
        # PyTorch can leave the sums out, and then writes 0 for each.
        if stored.crc and crc != stored.crc:
            raise Refused(f"{self.path}: the values of {stored.name} do not have the checksum that the file states; it is damaged: fetch it again")
        return values


def tensor_of(values, stored):
    """The tensor that `stored` describes, in the bytes of its storage."""
    if 0 in stored.shape:
        return torch.zeros(stored.shape)
    flat = torch.frombuffer(values, dtype=getattr(torch, stored.dtype))
    return flat.as_strided(stored.shape, stored.stride, stored.first)


def find(path):
    """The file of weights: `path` itself, or the only one in a folder such as an MLflow model."""
    if path.is_file():
        return path
    if path.exists() and not path.is_dir():
        raise Refused(f"{path} is neither a file nor a folder; give the file of weights, or a folder that holds it")
    if not path.is_dir():
        raise Refused(f"{path} does not exist; give the file of weights, or a folder that holds it")
    found = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    if not found:
        raise Refused(f"{path} holds no file of weights ({', '.join(SUFFIXES)}); in an MLflow model they lie under artifacts/")
    if len(found) > 1:
        names = ", ".join(str(file.relative_to(path)) for file in found[:8])
        raise Refused(f"{path} holds {len(found)} files of weights; give one of them: {names}")
    progress.say(f"found {found[0]}")
    return found[0]


def read_index(path):
    """(form, name to `Stored`) by what the file begins with, not by its name."""
    with open(path, "rb") as stream:
        start = stream.read(64)
    if not start:
        raise Refused(f"{path} is empty; {AGAIN}")
    if start.startswith(b"PK\x03\x04"):
        return torch_zip.read(path)
    if safetensors_file.header_length(start) is not None:
        return safetensors_file.read(path)
    for begin, message in STARTS:
        if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(begin):
            raise Refused(f"{path} {message}")
    raise Refused(f"{path} is not a file of weights that this exporter reads (PyTorch's .ckpt or .pt, or .safetensors); it begins with {start[:8]!r}")


def without_prefix(path, found):
    """The tensors by the model's own names: a Lightning checkpoint puts `model.` in front of each."""
    names = {}
    for name, stored in found.items():
        short = name[len(PREFIX) :] if name.startswith(PREFIX) else name
        if short in names:
            raise Refused(f"{path} holds {short} twice, with and without {PREFIX!r} in front; which one counts?")
        names[short] = stored
    return names


def check(path, tensors, own, allowed):
    """Every entry of the model is there in its shape, and nothing else. own: the model's state dict."""
    unexpected = [n for n in tensors if n not in own and not n.startswith(tuple(allowed))]
    both = [name for name in tensors if name in own]
    findings = (
        ("missing from the file", [name for name in own if name not in tensors]),
        ("not known to the model", unexpected),
        ("of another shape", [f"{n}: file {tuple(tensors[n].shape)}, model {tuple(own[n].shape)}" for n in both if tuple(tensors[n].shape) != tuple(own[n].shape)]),
        ("not floating-point", [f"{n}: {tensors[n].dtype}" for n in both if "float" not in tensors[n].dtype]),
    )
    if any(names for _, names in findings):
        lines = [f"{path} does not fit the model of BiomedParse v2 (3D)."]
        for what, names in findings:
            if names:
                lines += [f"{len(names)} {what}:", *(f"  {name}" for name in sorted(names)[:40])]
                lines += [f"  and {len(names) - 40} more"] if len(names) > 40 else []
        raise Refused("\n".join(lines))
