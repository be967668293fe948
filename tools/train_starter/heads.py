"""Label maps of whole heads, read once and kept small: 1 mm, one byte a voxel, array order z, y, x of an LPS volume."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from classes import FREESURFER_TO_CLASS

# Never trained on; evaluate.py measures on them.
HELD_OUT = ("training_seg_10", "training_seg_20")

# FreeSurfer numbers of the maps in a fixed order; the position is the compact label kept in memory.
NUMBERS = [
    0, 2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 25, 26, 28, 30, 41, 42, 43, 44, 46, 47, 49, 50, 51, 52,
    53, 54, 57, 58, 60, 62, 85, 136, 137, 163, 164, 502, 506, 507, 508, 509, 511, 512, 514, 515, 516, 530,
]
COMPACT = {number: index for index, number in enumerate(NUMBERS)}
TO_CLASS = np.array([FREESURFER_TO_CLASS.get(number, 0) for number in NUMBERS], np.uint8)


@dataclass
class Head:
    name: str
    labels: np.ndarray  # uint8 compact labels [z, y, x], LPS, 1 mm
    centre: np.ndarray  # of the brain's bounding box, voxels z, y, x
    depth: np.ndarray  # candidate slices: z relative to the centre, mm
    by_area: np.ndarray  # probability of each by brain area
    by_detail: np.ndarray  # probability of each by number of small structures


def load_heads(folder: Path, names: tuple[str, ...] | None = None, exclude: tuple[str, ...] = ()) -> list[Head]:
    paths = sorted(folder.glob("*.nii.gz"))
    chosen = [p for p in paths if (names is None or stem(p) in names) and stem(p) not in exclude]
    if not chosen:
        raise SystemExit(f"no label maps (*.nii.gz) to use in {folder}")
    return [load_head(p) for p in chosen]


def stem(path: Path) -> str:
    return path.name.removesuffix(".nii.gz")


def load_head(path: Path) -> Head:
    image = nib.as_closest_canonical(nib.load(path))
    numbers = np.asarray(image.dataobj).astype(np.int32)
    table = np.zeros(numbers.max() + 1, np.uint8)
    for number, index in COMPACT.items():
        if number < len(table):
            table[number] = index
    # nibabel's canonical order is x, y, z of RAS; turned to z, y, x and both horizontal axes flipped, it is LPS.
    labels = np.ascontiguousarray(table[numbers].transpose(2, 1, 0)[:, ::-1, ::-1])
    classes = TO_CLASS[labels]
    brain = classes > 1
    low, high = (np.array([ix.min() for ix in np.nonzero(brain)]), np.array([ix.max() for ix in np.nonzero(brain)]))
    centre = (low + high) / 2
    area = brain.sum((1, 2)).astype(float)
    detail = np.array([max(0, len(np.unique(plane)) - 6) for plane in classes], float)
    return Head(
        stem(path), labels, centre.astype(np.float32), np.arange(len(labels)) - centre[0],
        area / area.sum(), detail / detail.sum(),
    )
