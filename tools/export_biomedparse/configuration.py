"""The model's configuration: as described here, or as a checkout's own files say.

For a checkout, Hydra and PyYAML are not needed: the subset of both that it uses is read here. The
subset: nested maps by indentation, lists of scalars (in brackets or as dashes), a `defaults` list of
`group: choice` that pulls a file in, `_self_` in that list, and `_target_`.
"""

import importlib
import pathlib
import re

MODEL_CONFIG = pathlib.Path("configs/model/biomedparse_3D.yaml")

#: The sizes of the published 3D model, under the names that its configuration gives them.
FULL = {
    "edge_queries": 4,
    "backbone": {
        "embed_dim": 192,
        "in_chans": 3,
        "depths": [2, 2, 18, 2],
        "focal_levels": [4, 4, 4, 4],
        "focal_windows": [3, 3, 3, 3],
        "mlp_ratio": 4.0,
    },
    "sem_seg_head": {
        "pixel_decoder": {
            "conv_dim": 512,
            "mask_dim": 512,
            "transformer_nheads": 8,
            "transformer_dim_feedforward": 2048,
            "transformer_enc_layers": 6,
        },
        "predictor": {
            "in_channels": 512,
            "hidden_dim": 512,
            "dim_proj": 512,
            "mask_dim": 512,
            "num_queries": 16,
            "nheads": 8,
            "dim_feedforward": 2048,
            "dec_layers": 9,
            "boltzmann_sampling": {"mask_threshold": 1.1, "do_boltzmann": True, "sample_ratio": 0.1, "base_temp": 1},
            "language_encoder": {
                "encoder_transformer": {
                    "config_encoder": {"CONTEXT_LENGTH": 77, "VOCAB_SIZE": 49408, "WIDTH": 512, "LAYERS": 12, "HEADS": 8}
                },
                "lang_projection": {"data": {"size": [512, 512]}},
            },
        },
    },
}

#: A model of the same anatomy and a thousandth of the size, for tests and benches.
SMALL = {
    "backbone": {"embed_dim": 16, "depths": [1, 1, 2, 1]},
    "sem_seg_head": {
        "pixel_decoder": {
            "conv_dim": 64,
            "mask_dim": 64,
            "transformer_dim_feedforward": 128,
            "transformer_enc_layers": 1,
        },
        "predictor": {
            "in_channels": 64,
            "hidden_dim": 64,
            "dim_proj": 64,
            "mask_dim": 64,
            "dim_feedforward": 128,
            "dec_layers": 3,
            "language_encoder": {
                "encoder_transformer": {"config_encoder": {"WIDTH": 64, "LAYERS": 2, "HEADS": 4}},
                "lang_projection": {"data": {"size": [64, 64]}},
            },
        },
    },
}


def scalar(text):
    """A YAML scalar of the kinds that occur: null, booleans, numbers, quoted and bare strings."""
    if text in ("", "~", "null"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text.startswith("[") and text.endswith("]"):
        inner = text[1:-1].strip()
        return [scalar(part.strip()) for part in inner.split(",")] if inner else []
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    if re.fullmatch(r"[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d+)?", text):
        return float(text)
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text


def parse_yaml(text):
    """Parses the subset into dictionaries and lists."""
    lines = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(^|\s)#.*$", "", raw).rstrip()
        if line.strip():
            lines.append((len(line) - len(line.lstrip()), line.strip(), number))
    value, rest = _block(lines, 0)
    if rest != len(lines):
        raise ValueError(f"line {lines[rest][2]}: indentation not understood")
    return value


def _block(lines, at):
    """Parses the block that starts at line `at`; returns it and the line after it."""
    if at >= len(lines):
        return {}, at
    indent = lines[at][0]
    block = [] if lines[at][1].startswith("- ") else {}
    while at < len(lines) and lines[at][0] == indent:
        _, content, number = lines[at]
        if isinstance(block, list):
            if not content.startswith("- "):
                raise ValueError(f"line {number}: expected a list item")
            item = content[2:].strip()
            key = re.fullmatch(r"([\w./-]+):(?:\s+(.*))?", item)
            block.append({key.group(1): scalar(key.group(2) or "")} if key else scalar(item))
            at += 1
            continue
        key = re.fullmatch(r"([\w./-]+):(?:\s+(.*))?", content)
        if not key:
            raise ValueError(f"line {number}: expected 'key: value', got {content!r}")
        at += 1
        if key.group(2):
            block[key.group(1)] = scalar(key.group(2).strip())
        elif at < len(lines) and (
            lines[at][0] > indent or (lines[at][0] == indent and lines[at][1].startswith("- "))
        ):
            block[key.group(1)], at = _block(lines, at)
        else:
            block[key.group(1)] = None
    return block, at


def compose(path):
    """Reads one file and the files that its `defaults` list names, each under its group's key.

    The file's own keys win over those of its groups, as with `_self_` at the end of the list or without it.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; --repo must be a checkout of BiomedParse v2")
    config = parse_yaml(path.read_text())
    for entry in config.pop("defaults", None) or []:
        if isinstance(entry, dict):
            (group, choice), = entry.items()
            config[group] = merge_over(compose(path.parent / group / f"{choice}.yaml"), config.get(group))
        elif entry != "_self_":
            config = merge_over(compose(path.parent / f"{entry}.yaml"), config)
    return config


def merge_over(base, own):
    """`base` with the file's own keys over it, new ones included."""
    merged = dict(base)
    for key, value in (own or {}).items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge_over(merged[key], value) if both else value
    return merged


def merge(base, changes):
    """`base` with the leaves of `changes` in their places; a name that `base` lacks is an error."""
    merged = dict(base)
    for key, value in changes.items():
        if key not in base:
            raise KeyError(f"the configuration has no {key!r}; this exporter expected one")
        merged[key] = merge(base[key], value) if isinstance(value, dict) else value
    return merged


def described(width="full"):
    """The 3D model's configuration by our own description, or its small variant."""
    return merge(FULL, SMALL) if width == "small" else FULL


def read_model_config(repo, width="full"):
    """The 3D model's configuration as published, or its small variant."""
    config = compose(pathlib.Path(repo) / MODEL_CONFIG)
    return merge(config, SMALL) if width == "small" else config


def instantiate(node, replacements=None):
    """Builds what `_target_` names from its sibling keys, innermost first, as Hydra does.

    `replacements` maps a target to an object that is used instead of building it.
    """
    replacements = replacements or {}
    if isinstance(node, list):
        return [instantiate(item, replacements) for item in node]
    if not isinstance(node, dict):
        return node
    target = node.get("_target_")
    if target in replacements:
        return replacements[target]
    values = {k: instantiate(v, replacements) for k, v in node.items() if k != "_target_"}
    return locate(target)(**values) if target else values


def locate(dotted):
    """The object at a dotted path: the longest importable prefix, then attributes."""
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError as missing:
            if missing.name and not ".".join(parts[:cut]).startswith(missing.name):
                raise
            continue
        for name in parts[cut:]:
            found = getattr(found, name)
        return found
    raise ImportError(f"cannot find {dotted}")
