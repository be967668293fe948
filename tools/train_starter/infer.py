"""Runs the trained net over a volume the way the engine runs the pack: the reference that the measurements use."""
from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import torch
import torch.nn.functional as F

from model import MEAN, STD, Mirrored, SliceNet, coordinates
from synth import SPACING_MM

# Side of the square slice: 264 mm, so that a whole 256 mm field of view fits.
SIZE = 176


def load_net(checkpoint: Path) -> tuple[Mirrored, dict]:
    """The running average of the weights with its mirrored pass, and what the checkpoint says of its training."""
    state = torch.load(checkpoint, map_location="cpu")
    net = SliceNet()
    net.load_state_dict(state["average"])
    return Mirrored(net).eval(), {name: state[name] for name in ("step", "spent_s", "runs", "minutes", "seed")}


def read_lps(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """float32 [z, y, x] of LPS orientation, and the spacing of these axes in mm."""
    image = nib.as_closest_canonical(nib.load(path))
    data = np.asarray(image.dataobj, np.float32).transpose(2, 1, 0)[:, ::-1, ::-1]
    return np.ascontiguousarray(data), np.array(image.header.get_zooms()[:3], float)[::-1]


def to_grey(volume: np.ndarray) -> np.ndarray:
    """The 0.5th to the 99.5th percentile of the voxels above 0 becomes 0 to 255."""
    low, high = np.percentile(volume[volume > 0], [0.5, 99.5])
    return (np.clip(volume, low, high) - low) * (255 / max(high - low, 1e-6))


def conform(grey: np.ndarray, spacing_mm: np.ndarray) -> torch.Tensor:
    """[D, H, W] at SPACING_MM, about the same centre."""
    shape = [max(1, int(round(n * mm / SPACING_MM))) for n, mm in zip(grey.shape, spacing_mm)]
    return F.interpolate(torch.from_numpy(grey)[None, None], size=shape, mode="trilinear", align_corners=False)[0, 0]


def pad_crop(slices: torch.Tensor) -> torch.Tensor:
    """Centres each slice [..., H, W] on SIZE x SIZE."""
    pads = []
    for n in (slices.shape[-1], slices.shape[-2]):
        pads += [(SIZE - n) // 2, SIZE - n - (SIZE - n) // 2]
    return F.pad(slices, pads)


def undo_pad_crop(slices: torch.Tensor, height: int, width: int) -> torch.Tensor:
    pads = []
    for n in (width, height):
        pads += [-((SIZE - n) // 2), -(SIZE - n - (SIZE - n) // 2)]
    return F.pad(slices, pads)


@torch.no_grad()
def class_probabilities(net: Mirrored, conformed: torch.Tensor, batch: int = 8) -> torch.Tensor:
    """float32 [classes, D, H, W] for a conformed volume [D, H, W] of 0 to 255."""
    depth, height, width = conformed.shape
    padded = (pad_crop(conformed).round() - MEAN) / STD
    if depth == 1:
        before = after = [0]
    else:  # at the ends the missing neighbour is the other one's mirror
        before, after = [1, *range(depth - 1)], [*range(1, depth), depth - 2]
    place = coordinates(torch.zeros(1, 2), (SIZE, SIZE), SPACING_MM)
    found = []
    for start in range(0, depth, batch):
        rows = list(range(start, min(depth, start + batch)))
        image = torch.stack([padded[[before[r] for r in rows]], padded[rows], padded[[after[r] for r in rows]]], 1)
        p = net(image, place.expand(len(rows), -1, -1, -1))
        found.append(undo_pad_crop(p, height, width))
    return torch.cat(found).transpose(0, 1)


def back(union: torch.Tensor, shape: tuple[int, ...]) -> np.ndarray:
    """A probability on the conformed grid, interpolated to the volume's own."""
    return F.interpolate(union[None, None], size=shape, mode="trilinear", align_corners=False)[0, 0].numpy()


def dice(a: np.ndarray, b: np.ndarray) -> float:
    total = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / total if total else 1.0
