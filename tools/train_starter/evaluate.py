"""Measures a checkpoint: Dice per structure on the held-out synthetic heads, and agreement with MeshNet on a real head.

    python3 evaluate.py --checkpoint DIR/checkpoint.pt --label-maps ../../../shared/data/brain_label_maps
    python3 evaluate.py --checkpoint DIR/checkpoint.pt --volume T1.nii.gz --meshnet model18cls=LABELS.nii.gz …

The real head is a test: nothing is trained on it, and no checkpoint is chosen by it.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from classes import targets
from contrast import draw_paint
from heads import HELD_OUT, load_heads
from infer import SIZE, back, class_probabilities, conform, dice, load_net, read_lps, to_grey
from model import MEAN, STD, Mirrored, coordinates
from synth import SPACING_MM, draw_frame, render

# Channels of MeshNet's 18-class models under the names used here, both sides in one.
MESHNET = {
    "cerebral white matter": 1, "cerebral cortex": 2, "lateral ventricle": 3, "inferior lateral ventricle": 4,
    "cerebellar white matter": 5, "cerebellar cortex": 6, "thalamus": 7, "caudate": 8, "putamen": 9, "pallidum": 10,
    "third ventricle": 11, "fourth ventricle": 12, "brainstem": 13, "hippocampus": 14, "amygdala": 15, "accumbens": 16,
    "ventral diencephalon": 17,
}
GROUPS = {"brain": list(range(1, 18)), "cerebellum": [5, 6], **{name: [channel] for name, channel in MESHNET.items()}}
# The mean that the model is judged by.
JUDGED = (
    "cerebral white matter", "cerebral cortex", "lateral ventricle", "thalamus", "caudate", "putamen", "hippocampus",
    "brainstem", "cerebellum",
)


def against_meshnet(net: Mirrored, volume: Path, labels: dict[str, Path]) -> dict:
    """Per MeshNet, by its name: Dice of each structure; and where the found structures lie."""
    data, spacing = read_lps(volume)
    truths = {name: read_lps(path)[0] for name, path in labels.items()}
    conformed = conform(to_grey(data), spacing)
    p = class_probabilities(net, conformed)
    scores: dict = {name: {} for name in labels}
    centroids: dict = {}
    # LPS: the index grows towards the left, so that in RAS x falls with it.
    x_mm = -(np.arange(conformed.shape[2]) - (conformed.shape[2] - 1) / 2) * SPACING_MM
    for (name, side), weights in targets().items():
        union = torch.tensordot(torch.from_numpy(weights), p, dims=1)
        if side is None and name in GROUPS:
            mask = back(union, data.shape) > 0.5
            for which, truth in truths.items():
                scores[which][name] = round(dice(mask, np.isin(truth, GROUPS[name])), 4)
        if side is not None and bool((union > 0.5).any()):
            columns = (union > 0.5).sum((0, 1)).numpy()
            centroids[f"{side} {name}"] = round(float(np.average(x_mm, weights=columns)), 1)
    for found in scores.values():
        found["mean of the nine"] = round(float(np.mean([found[name] for name in JUDGED])), 4)
    first, *others = truths.values()
    between = {name: round(dice(np.isin(first, g), np.isin(others[0], g)), 4) for name, g in GROUPS.items()} if others else {}
    return {"against MeshNet": scores, "MeshNets against each other": between, "x of the centroid, mm from the middle": centroids}


@torch.no_grad()
def on_held_out(net: Mirrored, folder: Path, plain: bool, contrasts: int, seed: int = 5) -> dict:
    """Dice of every target on whole synthetic heads, slices 3 mm apart at SPACING_MM in the plane."""
    both, total = {}, {}
    for number, head in enumerate(load_heads(folder, names=HELD_OUT)):
        for contrast in range(contrasts):
            rng = np.random.default_rng([seed, number, contrast])
            frame, paint = draw_frame(head, rng, plain), draw_paint(rng, plain)
            depths = head.depth[head.by_area > 0][::3]
            for start in range(0, len(depths), 8):
                some = depths[start : start + 8]
                image, classes = render(head, frame, paint, some, (SIZE, SIZE), np.array([12.0, 2.0]), rng)
                place = coordinates(torch.zeros(len(some), 2), (SIZE, SIZE), SPACING_MM)
                p = net((image.float() - MEAN) / STD, place)
                for target, weights in targets().items():
                    mask = torch.einsum("k,bkhw->bhw", torch.from_numpy(weights), p) > 0.5
                    truth = torch.from_numpy(weights)[classes.long()] > 0
                    both[target] = both.get(target, 0) + int((mask & truth).sum())
                    total[target] = total.get(target, 0) + int(mask.sum()) + int(truth.sum())
    return {
        f"{side} {name}" if side else name: round(2 * both[name, side] / max(1, total[name, side]), 4) for name, side in both
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--label-maps", type=Path)
    parser.add_argument("--contrasts", type=int, default=2, help="synthetic scans per held-out head and kind")
    parser.add_argument("--volume", type=Path)
    parser.add_argument("--meshnet", nargs="+", default=[], help="name=path of label maps of that volume, model18cls first")
    parser.add_argument("--out", type=Path, help="a JSON file that receives the figures")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    net, training = load_net(args.checkpoint)
    figures: dict = json.loads(args.out.read_text()) if args.out and args.out.exists() else {}
    figures["training"] = training
    if args.label_maps:
        figures["held-out heads, plain T1"] = on_held_out(net, args.label_maps, True, args.contrasts)
        figures["held-out heads, full variety"] = on_held_out(net, args.label_maps, False, args.contrasts)
    if args.volume and args.meshnet:
        labels = {name: Path(path) for name, path in (each.split("=", 1) for each in args.meshnet)}
        figures.update(against_meshnet(net, args.volume, labels))
    print(json.dumps(figures, indent=1))
    if args.out:
        args.out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
