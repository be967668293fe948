"""Trains the starter model on synthetic slices. Stops after --minutes of running time, however often it is resumed.

    python3 train.py --label-maps ../../../shared/data/brain_label_maps --minutes 110 --out DIR [--resume]
"""
from __future__ import annotations

import argparse
import copy
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from heads import HELD_OUT, Head, load_heads
from model import MEAN, STD, SliceNet, coordinates
from synth import HEIGHT, SPACING_MM, WIDTH, draw_slices

HEADS_PER_STEP = 4
SLICES_PER_HEAD = 2
WARM_UP_STEPS = 150
EMA_DECAY = 0.997
CHECKPOINT_EVERY_S = 120
VALIDATE_EVERY_S = 600


class SyntheticSlices(IterableDataset):
    def __init__(self, heads: list[Head], seed: tuple[int, ...]) -> None:
        self.heads, self.seed = heads, seed

    def __iter__(self):
        torch.set_num_threads(1)
        info = get_worker_info()
        rng = np.random.default_rng([*self.seed, info.id if info else 0])
        while True:
            yield draw_slices(self.heads[rng.integers(len(self.heads))], SLICES_PER_HEAD, rng)


def prepare(batch: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    image, classes, offsets = batch
    image = (image.flatten(0, 1).float() - MEAN) / STD
    place = coordinates(offsets.repeat_interleave(SLICES_PER_HEAD, 0), (HEIGHT, WIDTH), SPACING_MM)
    to_last = {"memory_format": torch.channels_last}
    return image.contiguous(**to_last), place.contiguous(**to_last), classes.flatten(0, 1).long()


def loss_of(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Cross-entropy plus soft Dice over the classes present, background left out."""
    count = logits.shape[1]
    rows = logits.float().permute(0, 2, 3, 1).reshape(-1, count)
    log_p = F.log_softmax(rows, 1)
    entropy = F.nll_loss(log_p, classes.reshape(-1))
    p = log_p.exp()
    flat = classes.reshape(-1)
    overlap = torch.zeros(count).index_add(0, flat, p.gather(1, flat[:, None])[:, 0])
    size = torch.bincount(flat, minlength=count).float()
    dice = (2 * overlap + 10) / (p.sum(0) + size + 10)
    present = size > 0
    present[0] = False
    return entropy + (1 - dice[present].mean() if present.any() else 0.0)


def learning_rate(peak: float, step: int, progress: float) -> float:
    """Linear warm-up in steps, then a cosine over the time budget: steps a second differ too much to plan in."""
    return peak * min(1, (step + 1) / WARM_UP_STEPS) * (0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * min(progress, 1))))


def save(path: Path, state: dict) -> None:
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


@torch.no_grad()
def follow(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    for kept, new in zip(average.state_dict().values(), model.state_dict().values()):
        kept.lerp_(new, 1 - decay) if kept.is_floating_point() else kept.copy_(new)


@torch.no_grad()
def mean_dice(model: SliceNet, batches: list) -> float:
    hit, size = torch.zeros(0), torch.zeros(0)
    for image, place, classes in batches:
        guess = model(image, place).argmax(1)
        count = model.head.out_channels
        both = torch.bincount(guess[guess == classes], minlength=count).float()
        voxels = sum(torch.bincount(labels.reshape(-1), minlength=count).float() for labels in (guess, classes))
        hit, size = (both, voxels) if not len(hit) else (hit + both, size + voxels)
    return float((2 * hit[1:] / size[1:].clamp(1)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--label-maps", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True, help="running time over all resumes")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "checkpoint.pt"

    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    heads = load_heads(args.label_maps, exclude=HELD_OUT)
    model = SliceNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=args.peak, weight_decay=1e-2)
    average = copy.deepcopy(model).eval()
    step, spent_s, runs = 0, 0.0, 0
    if args.resume and checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent_s, runs = state["step"], state["spent_s"], state["runs"]
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{len(heads)} heads, held out {HELD_OUT}, {parameters} parameters, from step {step}", flush=True)

    held_out = load_heads(args.label_maps, names=HELD_OUT)
    rng = np.random.default_rng(7)
    validation = [
        prepare([t[None] for t in draw_slices(held_out[n % len(held_out)], SLICES_PER_HEAD, rng)]) for n in range(12)
    ]
    # A resumed run draws new heads, not those of the run before once more.
    slices = SyntheticSlices(heads, (args.seed, runs))
    loader = iter(DataLoader(slices, batch_size=HEADS_PER_STEP, num_workers=1, prefetch_factor=4))

    before, start, saved, validated, logged = spent_s, time.time(), time.time(), time.time(), time.time()
    losses: list[float] = []
    while spent_s < args.minutes * 60:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(args.peak, step, spent_s / (args.minutes * 60))
        image, place, classes = prepare(next(loader))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(image, place)
        loss = loss_of(logits, classes)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        follow(average, model, min(EMA_DECAY, (step + 1) / (step + 10)))
        step += 1
        losses.append(float(loss.detach()))
        now = time.time()
        spent_s = before + now - start
        if now - logged > 30:
            pace = (now - logged) / len(losses)
            print(f"step {step} {spent_s / 60:.1f} min loss {np.mean(losses):.4f} {pace:.2f} s/step", flush=True)
            logged, losses = now, []
        if now - validated > VALIDATE_EVERY_S:
            print(f"step {step} held-out Dice {mean_dice(average, validation):.4f}", flush=True)
            validated = now
        if now - saved > CHECKPOINT_EVERY_S or spent_s >= args.minutes * 60:
            state = {"model": model.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
            spent = {"step": step, "spent_s": spent_s, "runs": runs + 1, "minutes": args.minutes, "seed": args.seed}
            save(checkpoint, {**state, **spent})
            saved = now
    print(f"done: step {step}, held-out Dice {mean_dice(average, validation):.4f}", flush=True)


if __name__ == "__main__":
    main()
