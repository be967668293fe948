"""The pack around the graphs: pack.json, the golden case and the model card."""

import hashlib
import json
import pathlib
import re

import numpy as np

import licence

GRAPHS = {
    "textEncoder": "text_encoder.onnx",
    "imageEncoder": "image_encoder.onnx",
    "decoder": "decoder.onnx",
}
TOKENIZER = "tokenizer.json"
GOLDEN = "golden.npz"
CARD = "README.md"

CITATION = (
    "Zhao, T., Gu, Y., Yang, J. et al. A foundation model for joint segmentation, detection and "
    "recognition of biomedical objects across nine modalities. Nature Methods (2024). "
    "https://doi.org/10.1038/s41592-024-02499-w. "
    "Zhao, T., Kiblawi, S., Usuyama, N., Lee, H. H., Preston, S., Poon, H., Wei, M. Boltzmann "
    "Attention Sampling for Image Analysis with Small Objects. CVPR 2025. "
    "https://arxiv.org/abs/2503.02841"
)
INTENDED_USE = (
    "Research and model development: segmentation of CT, MR, ultrasound, PET, electron microscopy "
    "and light-sheet volumes from text prompts. For research use only. Not a medical device; not "
    "for diagnosis, treatment or any clinical decision. Out of scope: health data used for a purpose "
    "without consent, and images that are not medical. Check every mask before you rely on it."
)
RANDOM_NOTICE = (
    "This pack holds random weights. Its masks mean nothing: it exists to test and to measure "
    "parse3d without a checkpoint."
)
SMALL_NOTICE = (
    "These weights have the small width that parse3d's tests use, not that of the published model. "
    "Its masks mean nothing."
)


def write_golden(folder, case):
    """golden.npz: plain little-endian arrays, prompts as UTF-8 bytes with newlines between them."""
    arrays = {name: value for name, value in case.items() if name != "prompts"}
    arrays["prompts"] = np.frombuffer("\n".join(case["prompts"]).encode(), dtype=np.uint8)
    np.savez_compressed(pathlib.Path(folder) / GOLDEN, **arrays)


def write_card(folder, *, title, description, spdx, table, kind):
    """The model card: what this is, whose it is, and how closely it follows what it was compared with."""
    lines = [
        f"# {title}",
        "",
        description,
        "",
        f"Licence of the weights, as stated by whoever exported them: {spdx}. Intended use: {INTENDED_USE}",
        "",
        f"Citation: {CITATION}",
        "",
        f"Parity with {kind}, measured when this pack was written:",
        "",
        table,
        "",
    ]
    (pathlib.Path(folder) / CARD).write_text("\n".join(lines), encoding="utf-8")


def checksum(path):
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def check_id(folder):
    """A pack's folder is its id."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", folder.name):
        raise SystemExit(
            f"--out ends in {folder.name!r}; a pack's folder is its id: lower-case letters, digits, hyphens"
        )


def write_pack(folder, *, pack_id, image_size, noise_shapes, normalise, demonstration, weights, spdx, title, description):
    """Writes pack.json last, over everything else that lies in the folder. Returns it.

    weights: {file, bytes, sha256} of what it was exported from, or None. No `targets`: then parse3d's
    own task catalogue, which follows the model card modality by modality, says what is recommended.
    """
    folder = pathlib.Path(folder)
    names = [*GRAPHS.values(), TOKENIZER, GOLDEN, CARD]
    mean, std = normalise
    pack = {
        "schemaVersion": 1,
        "kind": "promptable-slices",
        "id": pack_id,
        "version": "2.0.0",
        "title": title,
        "description": description,
        "licence": licence.entry(spdx),
        "citation": CITATION,
        "intendedUse": INTENDED_USE,
        "demonstration": demonstration,
        **({"weights": weights} if weights else {}),
        "modalities": ["ct", "mr", "us", "pet", "em", "lightsheet"],
        "files": {
            name: {"sha256": checksum(folder / name), "bytes": (folder / name).stat().st_size}
            for name in names
        },
        "threshold": 0.5,
        "model": {
            **GRAPHS,
            "tokenizer": TOKENIZER,
            "contextLength": 77,
            "imageSize": image_size,
            "maskSize": image_size // 4,
            "orientation": "LPS",
            "sliceAxis": "biomedparse",
            "intensity": {"kind": "biomedparse"},
            "normalise": {"mean": mean, "std": std},
            "fit": "pad-resize",
            "noise": [
                {"input": f"noise_{layer}", "shape": list(shape)}
                for layer, shape in enumerate(noise_shapes)
            ],
            "edgeOutput": "edge_logits",
            "suppression": "iou",
            "promptPadding": "longest",
        },
    }
    text = json.dumps(pack, indent=2, ensure_ascii=False)
    (folder / "pack.json").write_text(text + "\n", encoding="utf-8")
    return pack
