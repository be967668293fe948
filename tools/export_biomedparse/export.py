"""Exports BiomedParse v2 to a pack of parse3d: ONNX graphs, tokenizer, pack.json, golden case.

Ends with a table of parity between the published code in PyTorch and the graphs in ONNX Runtime,
and with exit status 1 when a row of it is off. See README.md beside this file.
"""

import argparse
import gc
import json
import pathlib
import sys

import numpy as np
import torch

import decoder
import graphs
import image_encoder
import noise
import pack
import parity
import phantom
import random_weights
import reference
import text_encoder
import tokenizer

GOLDEN_PROMPTS = [
    "liver",
    "CT imaging of the spleen within the abdomen",
    "Presence of the right kidney detected in abdominal CT images",
]
GOLDEN_SEED = 2024
GOLDEN_SLICES = 3


def main(arguments=None):
    """Builds the model, writes the pack, compares. Returns the exit status."""
    args = parse(arguments)
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    merges = tokenizer.read_merges(find_vocabulary(args))
    words = tokenizer.Tokenizer(merges)
    model, config = build_model(args, words)

    say("writing the tokenizer")
    text = json.dumps(tokenizer.tokenizer_json(merges), ensure_ascii=False)
    (args.out / pack.TOKENIZER).write_text(text, encoding="utf-8")
    write_graphs(args, model, config, words)

    say("running the published code for the golden case")
    slices = phantom.slices(GOLDEN_SLICES, args.image_size)
    case = parity.golden_case(model, config, slices, GOLDEN_PROMPTS, GOLDEN_SEED, words)
    pack.write_golden(args.out, case)

    say("comparing with ONNX Runtime")
    rows = parity.compare(args.out, model, config, case, args.threads, args.precision)
    table = parity.table(rows)
    title, description = describe(args)
    pack.write_card(args.out, title, description, table)
    pack.write_pack(
        args.out,
        image_size=args.image_size,
        noise_shapes=reference.noise_shapes(config, args.image_size),
        normalise=(rounded(model.pixel_mean), rounded(model.pixel_std)),
        random_weights=args.random_weights,
        title=title,
        description=description,
    )
    print(table)
    off = sum(not row.holds for row in rows)
    say(f"{args.out}: " + ("parity holds" if off == 0 else f"{off} rows are off"))
    return 0 if off == 0 else 1


def parse(arguments):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repo", type=pathlib.Path, required=True, help="a checkout of BiomedParse v2")
    parser.add_argument("--checkpoint", type=pathlib.Path, help="biomedparse_v2.ckpt")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the pack's folder; its name is the pack's id")
    parser.add_argument("--bpe", type=pathlib.Path, help="bpe_simple_vocab_16e6.txt.gz of CLIP (default: looked for in --repo)")
    parser.add_argument("--precision", choices=["fp32", "fp16"], default="fp32")
    parser.add_argument("--opset", type=int, default=17, help="17 or newer (default 17)")
    parser.add_argument("--image-size", type=int, default=512, help="side of a slice, a multiple of 32 (default 512, as trained)")
    parser.add_argument("--threads", type=int, default=2, help="threads of PyTorch and of ONNX Runtime (default 2)")
    parser.add_argument("--allow", action="append", default=[], metavar="PREFIX", help="leave aside unexpected checkpoint entries that start so")
    parser.add_argument("--trust-checkpoint", action="store_true", help="unpickle more than tensors from the checkpoint")
    parser.add_argument("--random-weights", action="store_true", help="no checkpoint: seeded weights, for tests and benches")
    parser.add_argument("--width", choices=["small", "full"], default="full", help="with --random-weights")
    parser.add_argument("--seed", type=int, default=0, help="of the random weights")
    args = parser.parse_args(arguments)
    if args.random_weights == (args.checkpoint is not None):
        parser.error("give either --checkpoint or --random-weights")
    if args.width == "small" and not args.random_weights:
        parser.error("--width small goes with --random-weights")
    if args.image_size % 32:
        parser.error("--image-size must be a multiple of 32")
    if args.opset < 17:
        parser.error("--opset must be 17 or newer: the graphs use LayerNormalization")
    return args


def find_vocabulary(args):
    """CLIP's merge list: as given, or anywhere in the checkout."""
    if args.bpe:
        return args.bpe
    found = sorted(args.repo.rglob("bpe_simple_vocab_16e6.txt.gz"))
    if not found:
        raise SystemExit("CLIP's bpe_simple_vocab_16e6.txt.gz is not in the checkout; give it with --bpe")
    return found[0]


def build_model(args, words):
    """The published model with the weights asked for, and its configuration."""
    say(f"building the published model from {args.repo}")
    model, config = reference.build(args.repo, words, args.width)
    if args.random_weights:
        random_weights.randomise(model, config, args.seed, args.image_size)
    else:
        state = reference.read_checkpoint(args.checkpoint, args.trust_checkpoint)
        reference.load_strictly(model, state, args.allow)
    return model, config


def write_graphs(args, model, config, words):
    """The three graphs, each traced on the outputs of the one before it."""
    size = args.image_size

    def write(module, kind, examples):
        say(f"writing {kind}.onnx")
        graphs.write(module, kind, examples, args.out / f"{kind}.onnx", args.opset, args.precision)
        gc.collect()

    with torch.no_grad():
        ids, attention = (torch.tensor(rows) for rows in words.padded(GOLDEN_PROMPTS))
        text = text_encoder.TextEncoder(model.sem_seg_head.predictor.language_encoder)
        write(text, "text_encoder", {"input_ids": ids, "attention_mask": attention})
        tokens = text(ids, attention).transpose(0, 1)[: int(attention.sum(1).max())]
        del text
        image = torch.from_numpy(reference.normalised(model, phantom.slices(2, size)))
        encoder = image_encoder.ImageEncoder(model, size, fast=args.precision == "fp32").eval()
        features = dict(zip(encoder.outputs, encoder(image)))
        write(encoder, "image_encoder", {"image": image})
        del encoder
        layers = noise.draw(0, reference.noise_shapes(config, size))
        drawn = {f"noise_{i}": torch.from_numpy(layer) for i, layer in enumerate(layers)}
        write(decoder.Decoder(model, size), "decoder", {**features, "tokens": tokens, **drawn})


def describe(args):
    """Title and description of the pack."""
    precision = "half precision" if args.precision == "fp16" else "single precision"
    if args.random_weights:
        title = f"BiomedParse v2 architecture, random weights, {args.width} width"
        return title, f"{pack.RANDOM_NOTICE} Seed {args.seed}, {precision}."
    description = "MedImageParse 3D, published as BiomedParse v2: text-prompted segmentation of 3D volumes"
    return "BiomedParse v2 (MedImageParse 3D)", f"{description}. Exported in {precision}."


def rounded(channels):
    """The one grey value of a three-channel buffer, as the model uses it: its float32 mean."""
    return float(str(np.float32(channels.mean().item())))


def say(message):
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
