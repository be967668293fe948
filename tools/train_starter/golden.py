"""Writes the pack's golden case: a slab of a synthetic head, and what the model found in it, run in PyTorch.

    python3 golden.py --checkpoint DIR/checkpoint.pt --text DIR --label-maps DIR --out ../../packs/starter-brain-mr
"""
from __future__ import annotations

import argparse
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from scipy import ndimage

from classes import kept_parts
from contrast import draw_paint
from heads import HELD_OUT, load_heads
from infer import back, class_probabilities, conform, load_net, to_grey
from layout import tidy_json
from synth import HEIGHT, SPACING_MM, WIDTH, draw_frame, render
from text import load as load_text

PROMPTS = [
    "left hippocampus", "hippocampus R", "thalamus", "brainstem", "cerebral white matter in a T1 brain MRI", "liver",
]
SLICE_MM = 3.0
DEPTHS_MM = np.arange(-30, 18, SLICE_MM)

# The target that each prompt names.
TARGETS = [
    ("hippocampus", "left"), ("hippocampus", "right"), ("thalamus", None), ("brainstem", None), ("cerebral white matter", None), ("", None),
]


def slab(folder: Path) -> np.ndarray:
    """uint8 [z, y, x], LPS, SLICE_MM by SPACING_MM by SPACING_MM."""
    rng = np.random.default_rng(11)
    head = load_heads(folder, names=HELD_OUT[:1])[0]
    frame, paint = draw_frame(head, rng, plain=True), draw_paint(rng, plain=True)
    image, _ = render(head, frame, paint, DEPTHS_MM, (HEIGHT, WIDTH), np.array([6.0, 0.0]), rng)
    return image[:, 1].numpy()


def write_nifti(path: Path, lps: np.ndarray) -> None:
    spacing = np.array([SPACING_MM, SPACING_MM, SLICE_MM])
    data = lps.transpose(2, 1, 0)
    affine = np.diag([-spacing[0], -spacing[1], spacing[2], 1])
    affine[:3, 3] = -(affine[:3, :3] @ ((np.array(data.shape) - 1) / 2))
    image = nib.Nifti1Image(np.ascontiguousarray(data), affine)
    image.set_sform(affine, 1)
    image.set_qform(affine, 1)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)


def keep_parts(mask: np.ndarray, rule: dict) -> np.ndarray:
    """What a rule of pack.json leaves of a mask; parts touch by faces, of equals the first in memory stays."""
    parts, count = ndimage.label(mask)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    least = np.ceil(rule.get("removeBelowMl", 0) / (SPACING_MM**2 * SLICE_MM / 1000) - 1e-6)
    order = [part for part in np.argsort(-sizes, kind="stable") if sizes[part] >= least]
    return np.isin(parts, np.array(order[: rule.get("keepLargest") or count], dtype=int) + 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--label-maps", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(2)
    net, _ = load_net(args.checkpoint)
    text, tokenizer = load_text(args.text)
    volume = slab(args.label_maps)
    spacing = np.array([SLICE_MM, SPACING_MM, SPACING_MM])
    p = class_probabilities(net, conform(to_grey(volume.astype(np.float32)), spacing))
    with torch.no_grad():
        weights = text(*map(torch.from_numpy, tokenizer.padded(PROMPTS))).sum(1)
    rules = [kept_parts(*target) for target in TARGETS]
    maps = [back(torch.tensordot(w, p, dims=1), volume.shape) for w in weights]
    maps = [np.where(keep_parts(p > 0.5, rule), p, 0) for p, rule in zip(maps, rules)]
    labels = np.stack([np.full(volume.shape, 0.5, np.float32), *maps]).argmax(0).astype(np.uint8)
    found = [
        {"label": n, "prompt": prompt, "tokens": tokenizer.encode(prompt), "voxels": int((labels == n).sum())}
        for n, prompt in enumerate(PROMPTS, 1)
    ]
    write_nifti(args.out / "golden.nii.gz", volume)
    write_nifti(args.out / "golden-labels.nii.gz", labels)
    case = {"volume": "golden.nii.gz", "labels": "golden-labels.nii.gz", "found": found}
    (args.out / "golden.json").write_text(tidy_json(case))
    print(found)


if __name__ == "__main__":
    main()
