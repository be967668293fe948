"""Reads nnU-Net's checkpoint_final.pth without running what it holds.

The file is a zip of PyTorch; its pickle names numpy's scalars, torch.device and whatever the trainer kept. The
reader of `export_biomedparse` makes all of that inert and finds the tensors.
"""

import dataclasses
import zipfile

import checkpoint
import torch_zip
from stored import Refused

WRAPPERS = ("module.", "_orig_mod.")


@dataclasses.dataclass
class Fold:
    """One trained fold. `tensors`: name to `Stored`. `mirrored`: axes of the tensor that prediction may mirror, or None."""

    path: object
    tensors: dict
    trainer: str
    configuration: "str | None"
    mirrored: "list | None"
    sha256: "str | None" = None

    def load_into(self, model):
        """Fills the model, strictly. Notes the SHA-256 of the file."""
        own = model.state_dict()
        check(self.path, self.tensors, own)
        reader = object.__new__(checkpoint.Checkpoint)
        reader.path, reader.bytes = self.path, self.path.stat().st_size
        reader.form, reader.tensors, reader.set_aside, reader.sha256 = "", self.tensors, [], None
        reader.load_into(model)
        self.sha256 = reader.sha256

    def provenance(self):
        """What pack.json says of the file."""
        return {"file": f"{self.path.parent.name}_{self.path.name}", "bytes": self.path.stat().st_size, "sha256": self.sha256}


def read(path):
    """The `Fold` that a file holds. Raises `Refused` with one sentence."""
    if not path.is_file():
        raise Refused(f"{path} does not exist")
    with open(path, "rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            raise Refused(f"{path} is not a file of PyTorch (a zip); fetch it again")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError) as problem:
        raise Refused(f"{path} begins as a PyTorch file and has no end: it was cut off; fetch it again") from problem
    with archive, open(path, "rb") as stream:
        entries = {entry.filename: entry for entry in archive.infolist()}
        root = torch_zip.find_root(path, entries)
        value = torch_zip.unpickle(path, stream, entries[f"{root}data.pkl"])
        state = value.get("network_weights") if isinstance(value, dict) else None
        if not isinstance(state, dict) or not all(isinstance(t, torch_zip.Tensor) for t in state.values()):
            raise Refused(f"{path} holds no network_weights; is it a checkpoint of nnU-Net v2?")
        tensors = {}
        for name, tensor in state.items():
            tensors[plain(name)] = torch_zip.stored(path, stream, entries, root, name, tensor)
    init = value.get("init_args")
    mirrored = value.get("inference_allowed_mirroring_axes")
    if mirrored is not None and not all(isinstance(axis, int) for axis in mirrored):
        raise Refused(f"{path}: inference_allowed_mirroring_axes is not a list of axes")
    return Fold(
        path=path,
        tensors=tensors,
        trainer=str(value.get("trainer_name", "")),
        configuration=init.get("configuration") if isinstance(init, dict) else None,
        mirrored=None if mirrored is None else [int(axis) for axis in mirrored],
    )


def plain(name):
    """A weight's name without what parallel or compiled training put in front of it."""
    for wrapper in WRAPPERS:
        name = name[len(wrapper) :] if name.startswith(wrapper) else name
    return name


def check(path, tensors, own):
    """Every weight is there in its shape, and nothing else."""
    findings = (
        ("missing from the file", [n for n in own if n not in tensors]),
        ("not known to the network that the plans describe", [n for n in tensors if n not in own]),
        ("of another shape", [f"{n}: file {tuple(tensors[n].shape)}, plans {tuple(own[n].shape)}" for n in own if n in tensors and tuple(tensors[n].shape) != tuple(own[n].shape)]),
    )
    lines = [f"{path} does not fit its plans; was it trained with a trainer that changes the network?"]
    for what, names in findings:
        if names:
            lines += [f"{len(names)} {what}:", *(f"  {name}" for name in sorted(names)[:10])]
    if len(lines) > 1:
        raise Refused("\n".join(lines))
