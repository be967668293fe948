"""Writes the model card of the pack from the figures that evaluate.py measured.

    python3 card.py --figures DIR/figures.json --out ../../packs/starter-brain-mr
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from classes import MIDLINE_TARGETS, SIDED_TARGETS
from evaluate import JUDGED
from heads import HELD_OUT

CARD = """# starter-brain-mr

Finds brain structures in T1-weighted MR of an adult head by text, on a CPU. It is a **demonstration model**: it shows how parse3d works and lets its tests run a real model on a real scan.

## What it is for, and what not

- For demos, tests and trying parse3d out on head MR, T1-weighted, with or without the skull.
- Not for diagnosis, treatment, or measurements that anything depends on. It is not a medical device.
- Not for tumours, strokes, operated brains, children's brains or other species: it was not made for them.
- Not for CT or other parts of the body: text that names anything else comes back as absent.

## Targets

With left, right or both: {sided}. Without sides: {midline}.

"brain" is all of these without the fluid around the brain; the ventricles belong to it. Choroid plexus counts as ventricle. Names may come in any order and case, with common synonyms and small slips: "hippocampus L", "the left hippocampus in a T1 brain MRI", "sea-horse shaped left hippocampal formation".

## Training

- Data: 18 of the 20 whole-head label maps of SynthSeg (Apache-2.0); {held_out} were held out. No real image was used: every slice was painted from labels with random contrast, deformation, bias field, resolution and noise.
- Net: 2.5D U-Net, 930,113 parameters, axial slices of 1.5 mm with both neighbours, 33 exclusive classes; text encoder of 403,515 parameters.
- Inference averages each slice with its mirror image: on the held-out heads' plain T1 scans this raises the mean Dice of all targets from 0.843 to 0.860, and lowers that of scans with the head far off the middle and any contrast from 0.848 to 0.845; T1 is what the pack is for.
- Run: {steps} steps of eight slices in {minutes:.0f} minutes on two CPU cores that had other work to do, seed {seed}; the last checkpoint, not a chosen one.
- Commands, exact and in order: `tools/train_starter/README.md`, at the commit that holds this card:

```sh
python3 train.py --label-maps ../../../shared/data/brain_label_maps --minutes {budget:g} --seed {seed} --out DIR --resume
python3 text.py --steps 3000 --seed 1 --words ../../../shared/data/clip/bpe_simple_vocab_16e6.txt.gz --out DIR
```

## How good it is

Dice from 0 to 1. *Held out*: synthetic scans of the two held-out heads, at 1.5 mm in the plane, left and right told apart; "T1" are plain T1-like scans, "any" the full variety of the training. *MeshNet*: agreement with the labels that brainchop's `model18cls` and `model30chan18cls` give for a real T1 head of 256×256×256 voxels at 1 mm, both sides in one, because MeshNet knows no sides. MeshNets are models too, not the truth: the last column says how far the two agree with each other. That head was never trained on, and no checkpoint was chosen by it.

| target | held out, T1: left | right | both | any: both | model18cls | model30chan18cls | the two |
|---|---|---|---|---|---|---|---|
{rows}

Mean against `model18cls` over {judged}: **{mean:.3f}** (goal: 0.82). Brain: **{brain:.3f}** (goal: 0.95).

These figures come from `evaluate.py`, which runs the net in PyTorch and interpolates probabilities back to the volume's grid.

On the real head the centroid of every left target lies on the left, of every right target on the right.

## Failures seen

{failures}
"""

FAILURES = """- Thin and small things are the weakest: the temporal horn of the lateral ventricle, the accumbens, the third and fourth ventricle, and cortex.
- The ventral diencephalon agrees much less with MeshNet than with the held-out heads.
- The text encoder knows the words it was taught. Rare words are mostly taken for unknown things and come back absent; a part of a target ("pons") or a place that is no target ("insula") is absent too. "left ventricle" is ambiguous: it was taken for the left lateral ventricle in one training and was near the limit in another.

Not measured yet: thick slices (over 3 mm), scans with disease, contrasts other than T1 on real heads, more than one real head. Slices are judged one by one with their two neighbours, so nothing forbids small islands away from a structure: `pack.json` says how many connected parts a target has, and only so many of the largest stay, unless a prompt asks for all (`keepLargest: 0`). The figures above are those of the net, islands included."""


def row(name: str, figures: dict) -> str:
    plain, any_ = figures["held-out heads, plain T1"], figures["held-out heads, full variety"]
    first, second = figures["against MeshNet"].values()
    real = [first.get(name), second.get(name), figures["MeshNets against each other"].get(name)]
    cells = [plain.get(f"left {name}"), plain.get(f"right {name}"), plain[name], any_[name], *real]
    return f"| {name} | " + " | ".join("" if cell is None else f"{cell:.3f}" for cell in cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    figures = json.loads(args.figures.read_text())
    training = figures["training"]
    judge, _ = figures["against MeshNet"].values()
    centroids = figures["x of the centroid, mm from the middle"]
    wrong_side = [name for name, x in centroids.items() if (x < 0) != name.startswith("left")]
    if wrong_side:
        raise SystemExit(f"on the wrong side of the real head: {wrong_side}")
    card = CARD.format(
        sided=", ".join(SIDED_TARGETS),
        midline=", ".join(MIDLINE_TARGETS),
        held_out=" and ".join(f"`{name}`" for name in HELD_OUT),
        steps=f"{training['step']:,}",
        minutes=training["spent_s"] / 60,
        budget=training["minutes"],
        seed=training["seed"],
        rows="\n".join(row(name, figures) for name in (*MIDLINE_TARGETS, *SIDED_TARGETS)),
        judged=", ".join(JUDGED),
        brain=judge["brain"],
        mean=judge["mean of the nine"],
        failures=FAILURES,
    )
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "README.md").write_text(card)


if __name__ == "__main__":
    main()
