"""How much masks vary with the seed of the noise, and what averaging several seeds buys.

Runs a pack on its golden case: the image once, the decoder once per seed.
"""

import argparse
import json
import pathlib
import sys

import numpy as np

import noise
import pack
import parity
import reference
import runtime


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pack", type=pathlib.Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args(arguments)

    about = json.loads((args.pack / "pack.json").read_text(encoding="utf-8"))["model"]
    case = np.load(args.pack / pack.GOLDEN)
    count = len(case["input_ids"])
    with runtime.open_session(args.pack / about["textEncoder"], args.threads) as session:
        tokens = session.run({name: case[name] for name in session.inputs})[0]["tokens"]
    tokens = np.ascontiguousarray(tokens.transpose(1, 0, 2)[: case["attention_mask"].sum(1).max()])
    with runtime.open_session(args.pack / about["imageEncoder"], args.threads) as session:
        features = session.run({"image": normalised(about, case["slices"])})[0]
    found, spread = [], []
    with runtime.open_session(args.pack / about["decoder"], args.threads) as session:
        for seed in range(2 * args.seeds):
            drawn = noise.draw(seed, [layer["shape"] for layer in about["noise"]])
            feeds = {layer["input"]: values for layer, values in zip(about["noise"], drawn)}
            outputs = session.run({**features, **feeds, "tokens": tokens})[0]
            masks, _, existence = parity.parts_of(outputs, len(case["slices"]), count)
            found.append(parity.sigmoid(masks))
            spread.append(parity.sigmoid(existence))
    first, second = found[: args.seeds], found[args.seeds :]
    pairs = [(a, b) for n, a in enumerate(first) for b in first[:n]]
    print(f"{args.seeds} seeds, {count} prompts, {len(case['slices'])} slices")
    print(f"probability, standard deviation over seeds: mean {np.std(first, 0).mean():.4f}, largest {np.std(first, 0).max():.4f}")
    print(f"existence, largest range over seeds: {np.ptp(spread[: args.seeds], 0).max():.4f}")
    print(f"Dice of two seeds: mean {np.mean([dice(a, b) for a, b in pairs]):.4f}, least {min(dice(a, b) for a, b in pairs):.4f}")
    print(f"Dice of two averages of {args.seeds} seeds: {dice(np.mean(first, 0), np.mean(second, 0)):.4f}")
    return 0


def normalised(about, slices):
    """uint8[D,S,S] to float32[D,3,S,S]."""
    image = reference.neighbours(slices.astype(np.float32))
    mean, std = np.float32(about["normalise"]["mean"]), np.float32(about["normalise"]["std"])
    return (image - mean) / std


def dice(one, other):
    """Dice of the two sets of pixels above one half."""
    one, other = one > 0.5, other > 0.5
    total = one.sum() + other.sum()
    return 2 * (one & other).sum() / total if total else 1.0


if __name__ == "__main__":
    sys.exit(main())
