"""Runs the published pipeline on a volume with a pack's weights and noise, and keeps what it gave.

For whoever compares an implementation with the published code: the same weights (a checkpoint, or
the seeded random ones), the same slices, the same prompts, the noise of the same seed.
"""

import argparse
import json
import pathlib
import resource
import sys
import time
import types

import numpy as np
import torch

import export
import reference
import tokenizer
import vocabulary


class Clock:
    """Seconds between laps."""

    def __init__(self):
        self.laps = {}
        self.started = time.perf_counter()

    def lap(self, name):
        now = time.perf_counter()
        self.laps[name] = now - self.started
        self.started = now
        return self.laps[name]


def main(arguments=None):
    args = parse(arguments)
    torch.set_num_threads(args.threads)
    words = tokenizer.Tokenizer(tokenizer.read_merges(vocabulary.find(args.bpe, args.checkpoint, args.repo)))
    network = reference.Published(args.repo, words, args.width)
    export.fill(network, args)
    volume, prompts, labels = read_challenge_case(args.volume)
    clock = Clock()
    slices, restore = prepare(volume, args.slices, args.image_size)
    clock.lap("prepareSeconds")
    masks, edges, existence = network.predict(slices, prompts, args.noise_seed, args.slice_batch)
    seconds = clock.lap("networkSeconds")
    kept, segmentation = (finish_at_once if args.at_once else finish)(masks, existence, labels, args.image_size)
    clock.lap("finishSeconds")
    restored = restore(segmentation)
    clock.lap("restoreSeconds")
    if args.timings is not None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        args.timings.write_text(json.dumps({**clock.laps, "peakMiB": peak}))
    np.savez_compressed(
        args.out,
        slices=slices,
        prompts=np.frombuffer("\n".join(prompts).encode(), dtype=np.uint8),
        labels=np.array(labels, dtype=np.int64),
        noise_seed=np.int64(args.noise_seed),
        mask_logits=masks,
        edge_logits=edges,
        existence=existence,
        kept=kept,
        segmentation=segmentation,
        restored=restored,
    )
    print(f"{len(slices)} slices, {len(prompts)} prompts: {seconds:.1f} s; labels found: {np.unique(segmentation)}")
    return 0


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repo", type=pathlib.Path, required=True)
    parser.add_argument("--checkpoint", type=pathlib.Path)
    parser.add_argument("--bpe", type=pathlib.Path)
    parser.add_argument("--random-weights", action="store_true")
    parser.add_argument("--width", choices=["small", "full"], default="full")
    parser.add_argument("--seed", type=int, default=0, help="of the random weights")
    parser.add_argument("--image-size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--allow", action="append", default=[])
    parser.add_argument("--volume", type=pathlib.Path, required=True, help="an .npz as the CVPR 2025 challenge defines it")
    parser.add_argument("--slices", default=":", help="range of slices along the cut axis, for instance 20:28 (default all)")
    parser.add_argument("--slice-batch", type=int, default=1)
    parser.add_argument("--noise-seed", type=int, default=0)
    parser.add_argument("--at-once", action="store_true", help="finish all slices at once, as the published script does")
    parser.add_argument("--timings", type=pathlib.Path, help="a JSON file for seconds per step and the peak memory")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="an .npz")
    return parser.parse_args(arguments)


def read_challenge_case(path):
    """(volume, prompts, labels) of a challenge file. It is unpickled: only for files you trust."""
    if not hasattr(np, "_core"):
        # Files pickled by numpy 2 name a module that numpy 1 has under another name.
        sys.modules.setdefault("numpy._core", np.core)
        sys.modules.setdefault("numpy._core.multiarray", np.core.multiarray)
    case = np.load(path, allow_pickle=True)
    texts = case["text_prompts"].item()
    labels = sorted(int(key) for key in texts if key != "instance_label")
    return case["imgs"], [texts[str(label)] for label in labels], labels


def prepare(volume, kept, size):
    """The slices that the model gets, uint8[D,S,S], and what takes labels back to the volume's grid.

    `kept`: a range such as 20:28, along the axis that the published code cuts.
    """
    import utils

    resized, padding, side, axis = utils.process_input(volume.astype(np.float32), size)
    first, _, last = kept.partition(":")
    slices = resized[int(first or 0) : int(last) if last else None].round().clamp(0, 255)

    def restore(labels):
        return utils.process_output(torch.from_numpy(labels), padding, side, axis).astype(np.uint16)

    return slices.numpy().astype(np.uint8), restore


def finish(masks, existence, labels, size):
    """Suppression and label map by the checkout's own functions.

    masks [P,D,h,w] and existence [P,D], logits. Returns kept bool[P,D]: which masks of a slice
    survive; and int64[D,S,S]: label per voxel. One slice at a time, to spare memory.
    """
    published = published_functions()
    kept, segmentation = [], []
    for k in range(masks.shape[1]):
        logits = torch.nn.functional.interpolate(
            torch.from_numpy(masks[:, k : k + 1]), (size, size), mode="bicubic", align_corners=False, antialias=True
        )
        left = published.postprocess(logits, torch.from_numpy(existence[:, k : k + 1]))
        kept.append(left.flatten(1).amax(1).numpy() > 0)
        segmentation.append(published.merge_multiclass_masks(left, labels)[0].numpy())
    return np.stack(kept, axis=1), np.stack(segmentation)


def finish_at_once(masks, existence, labels, size):
    """The same as `finish`, with every slice of every prompt in memory: what the published script does."""
    published = published_functions()
    logits = torch.nn.functional.interpolate(
        torch.from_numpy(masks), (size, size), mode="bicubic", align_corners=False, antialias=True
    )
    left = published.postprocess(logits, torch.from_numpy(existence))
    kept = left.flatten(2).amax(2).numpy() > 0
    return kept, published.merge_multiclass_masks(left, labels).numpy()


def published_functions():
    """The checkout's `inference` module, whose functions it imports hydra for but does not use it in."""
    if "hydra" not in sys.modules:
        hydra = types.ModuleType("hydra")
        hydra.compose = None
        core, state = types.ModuleType("hydra.core"), types.ModuleType("hydra.core.global_hydra")
        state.GlobalHydra = None
        sys.modules.update({"hydra": hydra, "hydra.core": core, "hydra.core.global_hydra": state})
    import inference

    return inference


if __name__ == "__main__":
    sys.exit(main())
