"""Exports BiomedParse v2 to a pack of parse3d: ONNX graphs, tokenizer, pack.json, golden case.

Ends with a table of parity between a network in PyTorch and the graphs in ONNX Runtime, and with exit
status 1 when a row of it is off. See README.md beside this file.
"""

import argparse
import json
import pathlib
import sys

import needs

needs.check()

import numpy as np
import torch

import checkpoint
import configuration
import decoder
import destination
import graphs
import image_encoder
import licence
import noise
import pack
import parity
import phantom
import random_weights
import reference
import runtime
import text_encoder
import tokenizer
import vocabulary
from progress import say

GOLDEN_PROMPTS = [
    "liver",
    "CT imaging of the spleen within the abdomen",
    "Presence of the right kidney detected in abdominal CT images",
]
GOLDEN_SEED = 2024
GOLDEN_SLICES = 3
#: The tensor whose first length is the width of the network.
WIDTH_SHOWS = "backbone.patch_embed.proj.weight"
#: Smaller slices leave the decoder's coarsest level with too few positions to sample from.
LEAST_IMAGE = 128


def main(arguments=None):
    """Builds the model, writes the pack, compares. Returns the exit status."""
    args = parse(arguments)
    # All that can be refused is refused before the long steps.
    pack.check_id(args.out)
    destination.check(args.out, args.overwrite)
    found = None if args.random_weights else checkpoint.Checkpoint(args.checkpoint)
    merges = tokenizer.read_merges(vocabulary.find(args.bpe, args.checkpoint, args.repo))
    runtime.require()
    torch.set_num_threads(args.threads)
    words = tokenizer.Tokenizer(merges)
    network, weights = build_network(args, words, found)
    with destination.Staged(args.out, args.overwrite) as staged:
        if not write_pack(args, staged.folder, network, weights, merges, words):
            say(f"{args.out}: not written")
            return 1
        staged.publish()
    say(f"{args.out}: parity with {network.kind} holds")
    return 0


def write_pack(args, folder, network, weights, merges, words):
    """Writes everything into `folder`; pack.json only when the graphs agree with the network. Returns whether they do."""
    say("writing the tokenizer")
    text = json.dumps(tokenizer.tokenizer_json(merges), ensure_ascii=False)
    (folder / pack.TOKENIZER).write_text(text, encoding="utf-8")
    write_graphs(args, folder, network, words)

    say(f"running {network.kind} for the golden case")
    slices = phantom.slices(GOLDEN_SLICES, args.image_size)
    case = parity.golden_case(network, slices, GOLDEN_PROMPTS, GOLDEN_SEED, words)
    pack.write_golden(folder, case)

    say("comparing with ONNX Runtime")
    rows = parity.compare(folder, network, case, args.threads, args.precision)
    table = parity.table(rows)
    print(table)
    off = sum(not row.holds for row in rows)
    if off:
        say(f"{off} rows are off: the graphs do not compute what {network.kind} computes")
        return False
    title, description = describe(args)
    about = {"spdx": args.weights_licence, "title": title, "description": description}
    pack.write_card(folder, table=table, kind=network.kind, **about)
    pack.write_pack(
        folder,
        pack_id=args.out.name,
        image_size=args.image_size,
        noise_shapes=reference.noise_shapes(network.config, args.image_size),
        normalise=(rounded(network.model.pixel_mean), rounded(network.model.pixel_std)),
        demonstration=args.random_weights or args.width == "small",
        weights=weights,
        **about,
    )
    return True


def parse(arguments):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=pathlib.Path, help="biomedparse_v2.ckpt, a bare state dict, a .safetensors, or a folder that holds one of them")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the pack's folder; its name is the pack's id")
    parser.add_argument("--overwrite", action="store_true", help="replace the pack that is in --out")
    parser.add_argument("--weights-licence", metavar="SPDX", help="of the weights, as your copy states it; asked for at a terminal, else NOASSERTION")
    parser.add_argument("--bpe", type=pathlib.Path, help="bpe_simple_vocab_16e6.txt.gz of CLIP (default: looked for beside the weights and in installed packages)")
    parser.add_argument("--repo", type=pathlib.Path, help="a checkout of BiomedParse v2: compare with the published code itself")
    parser.add_argument("--precision", choices=["fp32", "fp16"], default="fp32")
    parser.add_argument("--opset", type=int, default=17, help="17 or newer (default 17)")
    parser.add_argument("--image-size", type=int, default=512, help=f"side of a slice, a multiple of 32 from {LEAST_IMAGE} (default 512, as trained)")
    parser.add_argument("--threads", type=int, default=2, help="threads of PyTorch and of ONNX Runtime (default 2)")
    parser.add_argument("--allow", action="append", default=[], metavar="PREFIX", help="leave aside unexpected entries of the weights that start so")
    parser.add_argument("--random-weights", action="store_true", help="no checkpoint: seeded weights, for tests and benches")
    parser.add_argument("--width", choices=["small", "full"], help="with --random-weights (default full)")
    parser.add_argument("--seed", type=int, default=0, help="of the random weights")
    args = parser.parse_args(arguments)
    if args.random_weights == (args.checkpoint is not None):
        parser.error("give either --checkpoint or --random-weights")
    if args.width and not args.random_weights:
        parser.error("--width goes with --random-weights; that of a checkpoint is read from it")
    if args.image_size % 32 or args.image_size < LEAST_IMAGE:
        parser.error(f"--image-size must be a multiple of 32, and at least {LEAST_IMAGE}")
    if args.threads < 1:
        parser.error("--threads must be at least 1")
    if args.repo and not args.repo.is_dir():
        parser.error(f"--repo {args.repo} is not a folder")
    if args.opset < 17:
        parser.error("--opset must be 17 or newer: the graphs use LayerNormalization")
    return args


def build_network(args, words, found=None):
    """(the network with the weights asked for, what pack.json says of their file or None)."""
    if args.random_weights:
        args.width, args.weights_licence = args.width or "full", "MIT"
    else:
        args.weights_licence = licence.of_weights(args.weights_licence)
        args.width = width_of(found)
        aside = f"; left aside, as they belong to the loss: {', '.join(found.set_aside)}" if found.set_aside else ""
        say(f"{found.path.name}: {found.form} of {len(found.tensors)} tensors{aside}")
    say(f"building {'the published model from ' + str(args.repo) if args.repo else 'the model from our description'}")
    network = reference.build(args.repo, words, args.width)
    return network, fill(network, args, found)


def fill(network, args, found=None):
    """Puts the weights asked for into a network. Returns what pack.json says of their file, or None."""
    if args.random_weights:
        random_weights.randomise(network, args.seed, args.image_size)
        return None
    found = found or checkpoint.Checkpoint(args.checkpoint)
    found.load_into(network.model, args.allow)
    return found.provenance()


def width_of(found):
    """'small' for weights of the small variant that tests use; else 'full', and loading says what does not fit."""
    small = configuration.SMALL["backbone"]["embed_dim"]
    return "small" if (found.shape(WIDTH_SHOWS) or (0,))[0] == small else "full"


def write_graphs(args, folder, network, words):
    """The three graphs, each traced on the outputs of the one before it."""
    size, model = args.image_size, network.model
    done = 0

    def write(module, kind, examples):
        nonlocal done
        done += 1
        say(f"writing {kind}.onnx ({done} of 3)")
        graphs.write(module, kind, examples, folder / f"{kind}.onnx", args.opset, args.precision)

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
        layers = noise.draw(0, reference.noise_shapes(network.config, size))
        drawn = {f"noise_{i}": torch.from_numpy(layer) for i, layer in enumerate(layers)}
        write(decoder.Decoder(model, size), "decoder", {**features, "tokens": tokens, **drawn})


def describe(args):
    """Title and description of the pack."""
    precision = "half precision" if args.precision == "fp16" else "single precision"
    if args.random_weights:
        title = f"BiomedParse v2 architecture, random weights, {args.width} width"
        return title, f"{pack.RANDOM_NOTICE} Seed {args.seed}, {precision}."
    if args.width == "small":
        return "BiomedParse v2 architecture, small width", f"{pack.SMALL_NOTICE} Exported in {precision}."
    description = "MedImageParse 3D, published as BiomedParse v2: text-prompted segmentation of 3D volumes"
    return "BiomedParse v2 (MedImageParse 3D)", f"{description}. Exported in {precision}."


def rounded(channels):
    """The one grey value of a three-channel buffer, as the model uses it: its float32 mean."""
    return float(str(np.float32(channels.mean().item())))


def run():
    """`main`, with faults of the machine in a sentence. Whatever ends it, --out holds a whole pack or what it held."""
    try:
        return main()
    except KeyboardInterrupt:
        say("interrupted: nothing was written")
        return 130
    except OSError as error:
        say(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return 1


if __name__ == "__main__":
    sys.exit(run())
