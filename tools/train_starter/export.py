"""Writes the pack: three ONNX graphs, the tokenizer and pack.json with every checksum.

    python3 export.py --checkpoint DIR/checkpoint.pt --text DIR --out ../../packs/starter-brain-mr
"""
from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import onnx
import torch
from torch import nn

from classes import CLASSES, MIDLINE_TARGETS, SIDED_TARGETS, kept_parts
from infer import SIZE, load_net
from layout import tidy_json
from model import MEAN, STD, Mirrored, coordinates
from prompts import SYNONYMS
from synth import SPACING_MM
from text import load as load_text
from tokenizer import CONTEXT

OPSET = 17
VERSION = "0.3.0"
LARGEST_PACK_BYTES = 10_000_000
# A slice of which less than this many pixels (1.5 mm squares) belong to a target does not show it.
LEAST_PIXELS = 3.0


class ImageEncoder(nn.Module):
    """image float32[B, 3, S, S], normalised, to features float32[B, classes, S, S]: the probability of each class.

    A pack's channels are slice, previous, next; the net was trained on previous, slice, next.
    """

    def __init__(self, net: Mirrored) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("place", coordinates(torch.zeros(1, 2), (SIZE, SIZE), SPACING_MM))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        place = self.place + image[:, :2] * 0.0
        return self.net(image[:, [1, 0, 2]], place)


class Decoder(nn.Module):
    """features of B slices, tokens float32[L, P, classes] of P prompts.

    mask_logits float32[B·P, 1, S, S] and existence float32[B·P, 1]; all prompts of slice 0 come first.
    """

    def forward(self, features: torch.Tensor, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        weights = tokens.sum(0)
        p = torch.matmul(weights[None], features.reshape(-1, len(CLASSES), SIZE * SIZE)).clamp(1e-4, 1 - 1e-4)
        logits = torch.log(p) - torch.log(1 - p)
        pixels = (p * (p > 0.5).to(p.dtype)).sum(-1)
        existence = (2 * torch.log((pixels + 0.01) / LEAST_PIXELS)).clamp(-10, 10)
        return logits.reshape(-1, 1, SIZE, SIZE), existence.reshape(-1, 1)


def write(module: nn.Module, examples: dict, outputs: dict, path: Path) -> None:
    """`examples`: name -> (tensor, varying axes); `outputs`: name -> shape, a letter for what varies."""
    axes = {name: varying for name, (_, varying) in examples.items()}
    axes |= {name: {0: shape[0]} for name, shape in outputs.items()}
    torch.onnx.export(
        module.eval(), tuple(tensor for tensor, _ in examples.values()), str(path), input_names=list(examples),
        output_names=list(outputs), dynamic_axes=axes, opset_version=OPSET, do_constant_folding=True,
    )
    model = onnx.load(str(path))
    if {entry.domain for entry in model.opset_import} - {"", "ai.onnx"}:
        raise SystemExit(f"{path.name} uses operators outside ONNX's default domain")
    model.producer_name, model.producer_version, model.doc_string = "parse3d", "", ""
    for node in model.graph.node:
        node.doc_string = ""
    for output in model.graph.output:
        shape = onnx.helper.make_tensor_type_proto(onnx.TensorProto.FLOAT, outputs[output.name])
        output.type.CopyFrom(shape)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def write_graphs(net: Mirrored, text: nn.Module, out: Path) -> None:
    ids = torch.ones(2, CONTEXT, dtype=torch.long)
    write(
        text, {"input_ids": (ids, {0: "P"}), "attention_mask": (ids, {0: "P"})},
        {"tokens": ["P", CONTEXT, len(CLASSES)]}, out / "text_encoder.onnx",
    )
    write(
        ImageEncoder(net), {"image": (torch.randn(2, 3, SIZE, SIZE), {0: "B"})},
        {"features": ["B", len(CLASSES), SIZE, SIZE]}, out / "image_encoder.onnx",
    )
    features, tokens = torch.rand(2, len(CLASSES), SIZE, SIZE), torch.rand(CONTEXT, 3, len(CLASSES))
    write(
        Decoder(), {"features": (features, {0: "B"}), "tokens": (tokens, {0: "L", 1: "P"})},
        {"mask_logits": ["BP", 1, SIZE, SIZE], "existence": ["BP", 1]}, out / "decoder.onnx",
    )


def pack_targets() -> list[dict]:
    found: list[dict] = []
    for name in SIDED_TARGETS:
        synonyms = SYNONYMS[name][1:6]
        found += [{"name": name, "synonyms": synonyms, **kept_parts(name, None)}]
        for side in ("left", "right"):
            found += [{"name": name, "side": side, "synonyms": synonyms, **kept_parts(name, side)}]
    return found + [{"name": name, "synonyms": SYNONYMS[name][1:6], **kept_parts(name, None)} for name in MIDLINE_TARGETS]


def pack_json(out: Path) -> dict:
    files = sorted(path for path in out.iterdir() if path.is_file() and path.name != "pack.json")
    return {
        "schemaVersion": 1,
        "id": "starter-brain-mr",
        "version": VERSION,
        "title": "Starter: brain structures in MR",
        "description": (
            "A small text-prompted model of brain structures in T1-weighted MR, trained only on synthetic images made from 18 "
            "label maps. It lets a fresh machine do the whole job, on a CPU and without a download."
        ),
        "licence": {"spdx": "Apache-2.0"},
        "citation": (
            "Trained with the method and label maps of SynthSeg: Billot et al., SynthSeg: Segmentation of brain MRI scans of any "
            "contrast and resolution without retraining, Medical Image Analysis 86 (2023) 102789."
        ),
        "intendedUse": (
            "Demonstration and tests of parse3d on adult T1-weighted head MR. Not for diagnosis, treatment or measurements to rely on."
        ),
        "demonstration": True,
        "modalities": ["mr"],
        "files": {p.name: {"sha256": hashlib.sha256(p.read_bytes()).hexdigest(), "bytes": p.stat().st_size} for p in files},
        "threshold": 0.5,
        "kind": "promptable-slices",
        "model": {
            "textEncoder": "text_encoder.onnx",
            "imageEncoder": "image_encoder.onnx",
            "decoder": "decoder.onnx",
            "tokenizer": "tokenizer.json",
            "contextLength": CONTEXT,
            "imageSize": SIZE,
            "maskSize": SIZE,
            "orientation": "LPS",
            "sliceAxis": "k",
            "spacingMm": [SPACING_MM] * 3,
            "intensity": {"kind": "percentile", "low": 0.5, "high": 99.5, "of": "positive", "range": [0, 255]},
            "normalise": {"mean": MEAN, "std": STD},
            "fit": "pad-crop",
            "noise": [],
            "suppression": "none",
            "overlap": "most-specific",
            "promptPadding": "longest",
        },
        "targets": pack_targets(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True, help="the folder that text.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    net, training = load_net(args.checkpoint)
    text, tokenizer = load_text(args.text)
    write_graphs(net, text, args.out)
    (args.out / "tokenizer.json").write_text(tokenizer.to_json() + "\n")
    written = pack_json(args.out)
    total = sum(entry["bytes"] for entry in written["files"].values())
    if total > LARGEST_PACK_BYTES:
        raise SystemExit(f"the pack has {total} bytes, more than {LARGEST_PACK_BYTES}")
    (args.out / "pack.json").write_text(tidy_json(written))
    print(f"{args.out}: {total} bytes after {training['step']} steps, {training['spent_s'] / 60:.0f} minutes")


if __name__ == "__main__":
    main()
