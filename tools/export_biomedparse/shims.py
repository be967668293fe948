"""Stand-ins for the packages that the published model imports and that are absent here.

The checkout of BiomedParse v2 imports timm, detectron2, fvcore, safetensors and Pillow, but its
3D inference path touches only the handful of names below. A package that is installed is used;
an absent one is replaced by a module that holds these names and nothing else.
"""

import importlib.util
import sys
import types

import torch
from torch import nn


class DropPath(nn.Module):
    """timm's stochastic depth. At inference it passes its input through."""

    def __init__(self, drop_prob=0.0):
        super().__init__()
        self.drop_prob = drop_prob

    def forward(self, x):
        if self.training and self.drop_prob > 0:
            raise RuntimeError("this stand-in for timm's DropPath is for inference only")
        return x


def to_2tuple(value):
    """timm's `to_2tuple`: a pair from one number."""
    return value if isinstance(value, tuple) else (value, value)


class Conv2d(nn.Conv2d):
    """detectron2's convolution: an optional norm, then an optional activation, after the sum."""

    def __init__(self, *args, norm=None, activation=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.norm = norm
        self.activation = activation

    def forward(self, x):
        x = super().forward(x)
        if self.norm is not None:
            x = self.norm(x)
        return x if self.activation is None else self.activation(x)


def get_norm(kind, channels):
    """detectron2's `get_norm` for the two kinds that the configuration can name."""
    if kind in (None, ""):
        return None
    if kind == "GN":
        return nn.GroupNorm(32, channels)
    raise ValueError(f"the configuration asks for norm {kind!r}; this exporter knows 'GN' and ''")


def c2_xavier_fill(module):
    """fvcore's Caffe2 'XavierFill': uniform over the fan-in, zero bias."""
    nn.init.kaiming_uniform_(module.weight, a=1)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


class Backbone(nn.Module):
    """detectron2's base class of backbones; the model needs nothing of it."""


class Unused:
    """A name that is imported but never used on the 3D inference path."""

    def __init__(self, *_args, **_kwargs):
        raise RuntimeError("the 3D inference path was not expected to need this class")


def load_file(path):
    """safetensors' `load_file`, absent here."""
    raise RuntimeError(f"reading {path} needs the safetensors package; give a .ckpt file instead")


STAND_INS = {
    "timm": {
        "timm": {},
        "timm.models": {},
        "timm.models.layers": {
            "DropPath": DropPath,
            "to_2tuple": to_2tuple,
            "trunc_normal_": nn.init.trunc_normal_,
        },
    },
    "detectron2": {
        "detectron2": {},
        "detectron2.modeling": {"Backbone": Backbone},
        "detectron2.layers": {
            "Conv2d": Conv2d,
            "get_norm": get_norm,
            "DeformConv": Unused,
            "ShapeSpec": Unused,
        },
    },
    "fvcore": {
        "fvcore": {},
        "fvcore.nn": {},
        "fvcore.nn.weight_init": {"c2_xavier_fill": c2_xavier_fill},
    },
    "safetensors": {
        "safetensors": {},
        "safetensors.torch": {"load_file": load_file},
    },
    "PIL": {"PIL": {"Image": Unused}},
}


def install():
    """Registers a stand-in for every absent package. Returns the names of those replaced."""
    replaced = []
    for package, modules in STAND_INS.items():
        if package in sys.modules or importlib.util.find_spec(package) is not None:
            continue
        replaced.append(package)
        for name, members in modules.items():
            module = types.ModuleType(name)
            module.__path__ = []
            vars(module).update(members)
            sys.modules[name] = module
            if "." in name:
                parent, _, child = name.rpartition(".")
                setattr(sys.modules[parent], child, module)
    if not hasattr(torch.cuda.amp, "autocast"):
        raise RuntimeError("this torch has no torch.cuda.amp.autocast; torch 1.13 or newer is needed")
    return replaced
