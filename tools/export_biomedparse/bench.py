"""Times the published code in PyTorch and a pack's graphs in ONNX Runtime: same threads, same run.

The two take turns, so that a busy machine slows both; the least of the rounds counts.
"""

import argparse
import pathlib
import resource
import sys
import time

import numpy as np
import torch

import export
import noise
import pack
import phantom
import reference
import runtime
import tokenizer
import vocabulary

ROWS = ("image encoder", "decoder, 1 prompt", "decoder, 15 prompts")


def main(arguments=None):
    args = parse(arguments)
    torch.set_num_threads(args.threads)
    words = tokenizer.Tokenizer(tokenizer.read_merges(vocabulary.find(args.bpe, None, args.repo)))
    network = reference.Published(args.repo, words, args.width)
    export.fill(network, args)
    model, config = network.model, network.config
    image = reference.normalised(model, phantom.slices(3, args.image_size))[1:2]
    layers = noise.draw(0, reference.noise_shapes(config, args.image_size))
    rng = np.random.default_rng(0)
    width = config["sem_seg_head"]["predictor"]["hidden_dim"]
    tokens = {n: rng.standard_normal((16, n, width), dtype=np.float32) for n in (1, 15)}
    seconds = {side: {row: [] for row in ROWS} for side in ("PyTorch", "ONNX Runtime")}

    with runtime.open_session(args.pack / pack.GRAPHS["imageEncoder"], args.threads) as encoder:
        with runtime.open_session(args.pack / pack.GRAPHS["decoder"], args.threads) as decoder:
            drawn = {f"noise_{i}": layer for i, layer in enumerate(layers)}
            for _ in range(args.rounds):
                took, maps = torch_encoder(model, image)
                seconds["PyTorch"][ROWS[0]].append(took)
                features, took, encoder_peak = encoder.run({"image": image}, 2)
                seconds["ONNX Runtime"][ROWS[0]].append(min(took))
                for row, count in zip(ROWS[1:], (1, 15)):
                    seconds["PyTorch"][row].append(torch_decoder(model, maps, tokens[count], layers))
                    _, took, decoder_peak = decoder.run({**features, **drawn, "tokens": tokens[count]}, 3)
                    seconds["ONNX Runtime"][row].append(min(took))
    report(seconds, args)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if encoder_peak and decoder_peak:
        print(f"\npeak memory: encoder {encoder_peak / 1e9:.2f} GB, decoder {decoder_peak / 1e9:.2f} GB, "
              f"PyTorch with all of it {peak / 1e9:.2f} GB")
    return 0


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repo", type=pathlib.Path, required=True)
    parser.add_argument("--pack", type=pathlib.Path, required=True)
    parser.add_argument("--bpe", type=pathlib.Path)
    parser.add_argument("--width", choices=["small", "full"], default="full")
    parser.add_argument("--image-size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args(arguments)
    # Time does not depend on the weights' values: the seeded ones do for PyTorch.
    args.random_weights, args.seed, args.checkpoint = True, 0, None
    return args


def torch_encoder(model, image):
    """(seconds, maps): backbone and pixel decoder, as the published code runs them."""
    with torch.no_grad():
        before = time.perf_counter()
        maps = model.sem_seg_head.pixel_decoder.forward_features(model.backbone(torch.from_numpy(image)))
        return time.perf_counter() - before, maps


def torch_decoder(model, maps, tokens, layers):
    """Seconds of tiling over prompts and the predictor, with its draws replaced by the noise."""
    mask_features, _, pyramid = maps
    count = tokens.shape[1]
    with torch.no_grad(), reference.shared_noise(layers):
        before = time.perf_counter()
        tiled = [level.repeat(count, 1, 1, 1) for level in pyramid]
        model.sem_seg_head.predictor(
            x=tiled,
            mask_features=mask_features.repeat(count, 1, 1, 1),
            extra={"grounding_tokens": torch.from_numpy(tokens)},
        )
        return time.perf_counter() - before


def report(seconds, args):
    """Prints the least time of each row, and the sum that a 15-prompt slice costs."""
    best = {side: {row: min(found) for row, found in rows.items()} for side, rows in seconds.items()}
    for rows in best.values():
        rows["encoder + decoder, 15 prompts"] = rows[ROWS[0]] + rows[ROWS[2]]
    print(f"{args.threads} threads, torch {torch.__version__}, {runtime.NodeSession.kind}, least of {args.rounds} rounds\n")
    print("| seconds per slice | PyTorch | ONNX Runtime | ratio |\n|---|---|---|---|")
    for row, slow in best["PyTorch"].items():
        fast = best["ONNX Runtime"][row]
        print(f"| {row} | {slow:.2f} | {fast:.2f} | {fast / slow:.2f} |")


if __name__ == "__main__":
    sys.exit(main())
