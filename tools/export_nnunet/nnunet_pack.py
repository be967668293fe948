"""pack.json of an nnU-Net model, and the card beside it."""

import hashlib
import json

import licence
import names

CITATION = (
    "Isensee, F., Jaeger, P. F., Kohl, S. A. A., Petersen, J., Maier-Hein, K. H. nnU-Net: a self-configuring method for "
    "deep learning-based biomedical image segmentation. Nature Methods 18, 203-211 (2021). "
    "https://doi.org/10.1038/s41592-020-01008-z"
)
INTENDED_USE = "Research on images like those that the model was trained on; see where its weights were published."
#: The axes of an array as nnU-Net's readers give it, slowest first.
READ = "kji"


def axes_of(configuration):
    """The order of the tensor's axes, slowest first, in the letters of the volume's own axes."""
    return "".join(READ[axis] for axis in configuration.transpose)


def by_axis(configuration, values):
    """Values in the order of the tensor, as [i, j, k]."""
    axes = axes_of(configuration)
    return [values[axes.index(letter)] for letter in "ijk"]


def intensity_of(configuration):
    scheme = configuration.scheme
    if scheme == "CTNormalization":
        of = configuration.fingerprint
        return {"kind": "clip-z-score", "low": of["percentile_00_5"], "high": of["percentile_99_5"], "mean": of["mean"], "std": of["std"]}
    if scheme == "ZScoreNormalization":
        return {"kind": "z-score", "of": "nonzero" if configuration.masked else "all"}
    if scheme == "RescaleTo01Normalization":
        return {"kind": "min-max", "range": [0, 1]}
    return {"kind": "none"}


def model_of(configuration, graphs, mirrored):
    """The `model` of pack.json."""
    axes = axes_of(configuration)
    flat = configuration.network.dimensions == 2
    regions = configuration.labels.heads is not None
    # Of a 2D network, axis 0 of the tensor is the slice, which is never mirrored.
    mirror = [axes[axis + flat] for axis in mirrored or []]
    return {
        "graph": graphs[0],
        **({"folds": graphs[1:]} if len(graphs) > 1 else {}),
        "recipe": "nnunet",
        **({"mirror": mirror} if mirror else {}),
        "input": "image",
        "output": "logits",
        "axes": axes,
        "channels": configuration.labels.outputs + regions,
        "activation": "sigmoid" if regions else "softmax",
        "conform": {
            **({"orientation": configuration.orientation} if configuration.orientation else {}),
            "spacingMm": by_axis(configuration, configuration.spacing),
        },
        "intensity": intensity_of(configuration),
        "window": {"shape": by_axis(configuration, configuration.patch), "overlap": 0.5},
        "classes": names.classes_of(configuration.labels),
    }


def checksum(path):
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def write(folder, *, pack_id, title, spdx, configuration, graphs, mirrored, folds, table):
    """Writes the card, then pack.json over everything that lies in the folder."""
    trained = ", ".join(fold.path.parent.name for fold in folds)
    description = (
        f"nnU-Net v2, {configuration.network.kind}, {configuration.name}, {trained}"
        f"{', mirrored along ' + str(len(mirrored)) + ' axes' if mirrored else ''}; trained by {folds[0].trainer or 'an unknown trainer'}."
    )
    sources = "\n".join(f"- `{fold.path.parent.name}/{fold.path.name}`: {fold.path.stat().st_size:,} bytes, SHA-256 `{fold.sha256}`" for fold in folds)
    card = (
        f"# {title}\n\n{description}\n\nLicence of the weights, as stated by whoever exported them: {spdx}. {INTENDED_USE}\n\n"
        f"Citation: {CITATION}\n\nExported from:\n\n{sources}\n\nParity of PyTorch and ONNX Runtime, measured when this pack was written:\n\n{table}\n"
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
    files = sorted([*graphs, "README.md"])
    pack = {
        "schemaVersion": 1,
        "id": pack_id,
        "version": "1.0.0",
        "kind": "label-map",
        "title": title,
        "description": description,
        "licence": licence.entry(spdx),
        "citation": CITATION,
        "intendedUse": INTENDED_USE,
        "weights": folds[0].provenance(),
        "modalities": [configuration.modality],
        "model": model_of(configuration, graphs, mirrored),
        "files": {name: {"sha256": checksum(folder / name), "bytes": (folder / name).stat().st_size} for name in files},
    }
    (folder / "pack.json").write_text(json.dumps(pack, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
