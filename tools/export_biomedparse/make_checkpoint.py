"""Writes a file of the published checkpoint's layout with random weights, to try the exporter on.

    python3 make_checkpoint.py --out /tmp/biomedparse_v2.ckpt [--width small]

At full width it has about 4.46 GB, as the published file has: a zip of PyTorch with `epoch`,
`global_step`, `state_dict` (every name behind `model.`, and the two weights of the loss), AdamW's
`optimizer_states`, `lr_schedulers` and hyperparameters that hold an object of a foreign class. It is
written entry by entry: memory is that of the model, whatever the optimizer's size.
"""

import argparse
import collections
import io
import pathlib
import pickle
import struct
import sys
import types
import zipfile

import numpy as np
import torch

import checkpoint
import progress
import random_weights
import reference
import tokenizer
import vocabulary

ROOT = "biomedparse_v2"
#: Parameters that get no gradient, so that AdamW has no state of theirs.
UNUSED = ("sem_seg_head.predictor.class_embed", "sem_seg_head.predictor.language_encoder.logit_scale")
#: PyTorch starts every storage at a multiple of this.
ALIGNMENT = 64
BLOCK = 1 << 20


class Pending:
    """A tensor whose values are written later: pickled as PyTorch pickles a tensor."""

    def __init__(self, key, shape, write):
        self.key, self.shape, self.write = key, tuple(shape), write
        self.count = int(np.prod(self.shape))

    def __reduce__(self):
        stride = torch.empty(self.shape, device="meta").stride()
        return torch._utils._rebuild_tensor_v2, (Reference(self), 0, self.shape, stride, False, collections.OrderedDict())


class Reference:
    """Stands for a tensor's storage in the pickle."""

    def __init__(self, tensor):
        self.tensor = tensor


class Pickler(pickle.Pickler):
    """Writes storages as references, as torch.save does."""

    def persistent_id(self, value):
        if not isinstance(value, Reference):
            return None
        return "storage", torch.FloatStorage, value.tensor.key, "cpu", value.tensor.count


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--width", choices=["small", "full"], required=True, help="full writes 4.5 GB")
    parser.add_argument("--bpe", type=pathlib.Path)
    parser.add_argument("--image-size", type=int, default=512, help="that the random weights are made lively for")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    words = tokenizer.Tokenizer(tokenizer.read_merges(vocabulary.find(args.bpe, args.out)))
    network = reference.Described(words, args.width)
    random_weights.randomise(network, args.seed, args.image_size)
    write(args.out, network.model, args.seed)
    progress.say(f"{args.out}: {args.out.stat().st_size:,} bytes")
    return 0


def contents(model, seed):
    """(the checkpoint's object, its pending tensors in the order of their keys)."""
    pending = []

    def of_values(value):
        return later(value.shape, lambda stream, value=value: stream.write(value.detach().numpy().tobytes()))

    def of_noise(shape, positive):
        return later(shape, lambda stream, key=len(pending): write_noise(stream, [seed, key], int(np.prod(shape)), positive))

    def later(shape, write):
        pending.append(Pending(str(len(pending)), shape, write))
        return pending[-1]

    state = collections.OrderedDict((f"model.{name}", of_values(value)) for name, value in model.state_dict().items())
    for name, shape in zip(checkpoint.OF_THE_LOSS, ((1,), (1,))):
        state[name] = of_values(torch.ones(shape))
    moments = {}
    for index, (name, value) in enumerate(model.named_parameters()):
        if name not in UNUSED:
            moments[index] = {"step": 98000.0, "exp_avg": of_noise(value.shape, False), "exp_avg_sq": of_noise(value.shape, True)}
    group = {"lr": 1e-5, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01, "amsgrad": False, "initial_lr": 1e-4}
    group["params"] = list(range(len(list(model.named_parameters()))))
    return {
        "epoch": 19,
        "global_step": 98000,
        "pytorch-lightning_version": "2.2.0",
        "state_dict": state,
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 20, "completed": 19}}}},
        "callbacks": {"ModelCheckpoint{'monitor': 'val_loss'}": {"best_model_score": of_values(torch.tensor(0.25))}},
        "optimizer_states": [{"state": moments, "param_groups": [group]}],
        "lr_schedulers": [{"base_lrs": [1e-4], "last_epoch": 98000, "_last_lr": [1e-5], "verbose": False}],
        "hparams_name": "config",
        "hyper_parameters": {"config": foreign({"model": "biomedparse_3D", "lr": 1e-4})},
    }, pending


def foreign(values):
    """An object of a class that only the trainer's machine has."""
    module = types.ModuleType("trainer_of_somebody")
    module.Settings = type("Settings", (dict,), {"__module__": module.__name__})
    sys.modules[module.__name__] = module
    return module.Settings(values)


def write(path, model, seed=0):
    """Writes the file, entry by entry."""
    value, pending = contents(model, seed)
    stream = io.BytesIO()
    Pickler(stream, protocol=2).dump(value)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr(f"{ROOT}/data.pkl", stream.getvalue())
        with progress.Bar(f"writing {path.name}", len(pending)) as bar:
            for done, tensor in enumerate(pending, 1):
                with archive.open(aligned(archive, f"{ROOT}/data/{tensor.key}"), "w", force_zip64=True) as entry:
                    tensor.write(entry)
                bar.at(done)
        archive.writestr(f"{ROOT}/version", "3\n")


def aligned(archive, name):
    """An entry whose values begin at a multiple of 64 bytes, by padding in its extra field."""
    info = zipfile.ZipInfo(name)
    zip64 = 20  # What zipfile puts before the extra field in the local header.
    begins = archive.start_dir + 30 + len(name.encode()) + zip64 + 4
    info.extra = struct.pack("<HH", 0x4246, -begins % ALIGNMENT) + b"Z" * (-begins % ALIGNMENT)
    return info


def write_noise(stream, seed, count, positive):
    """Small random float32, a block at a time."""
    rng = np.random.default_rng(seed)
    for first in range(0, count, BLOCK):
        values = rng.standard_normal(min(BLOCK, count - first), dtype=np.float32) * np.float32(1e-4)
        stream.write((values * values if positive else values).tobytes())


if __name__ == "__main__":
    sys.exit(main())
