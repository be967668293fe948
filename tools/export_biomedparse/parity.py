"""Compares the exported graphs, run by ONNX Runtime, with the published code, run by PyTorch.

Each graph gets what the published code would give it, so that a row judges that graph alone; the
last rows run the three graphs one after the other.
"""

import dataclasses
import pathlib

import numpy as np
import torch

import noise
import pack
import reference
import runtime

#: Largest error allowed, by precision: features relative to their own largest value, then
#: probabilities, then the share of mask pixels that may fall on the other side of 0.5.
LIMITS = {
    "fp32": {"features": 1e-4, "probability": 2e-3, "pixels": 1e-3},
    "fp16": {"features": 2e-2, "probability": 5e-2, "pixels": 1e-2},
}


@dataclasses.dataclass
class Row:
    """One line of the table: what was compared, the error found, and the error allowed."""

    graph: str
    compared: str
    error: float
    limit: float

    @property
    def holds(self):
        return bool(self.error <= self.limit)


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def relative(found, expected):
    """Largest difference, in units of the largest expected value."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def reference_features(model, image):
    """What `image_encoder` must give, by the published modules. image: float32[B,3,S,S]."""
    with torch.no_grad():
        found = model.backbone(torch.from_numpy(image))
        pixels, _, pyramid = model.sem_seg_head.pixel_decoder.forward_features(found)
    features = {f"pyramid_{level}": value for level, value in enumerate(pyramid)} | {"pixels": pixels}
    return {name: value.numpy() for name, value in features.items()}


def reference_tokens(model, prompts):
    """float32[L,P,C]: the grounding tokens as the published code prepares them."""
    with torch.no_grad():
        return model.sem_seg_head.encode_prompts(["[SEP]".join(prompts)])["grounding_tokens"].numpy()


def golden_case(model, config, slices, prompts, seed, tokenizer):
    """Inputs, and what the published code makes of them: the content of golden.npz."""
    masks, existence = reference.predict(model, slices, prompts, seed, config)
    input_ids, attention_mask = tokenizer.padded(prompts)
    return {
        "prompts": prompts,
        "seed": np.int64(seed),
        "slices": slices,
        "input_ids": np.array(input_ids, dtype=np.int64),
        "attention_mask": np.array(attention_mask, dtype=np.int64),
        "mask_logits": masks.astype(np.float32),
        "existence": existence.astype(np.float32),
    }


def masks_of(outputs, depth, prompts):
    """Decoder outputs as [P,D,h,w] and [P,D]."""
    masks = outputs["mask_logits"]
    masks = masks.reshape(depth, prompts, *masks.shape[-2:]).transpose(1, 0, 2, 3)
    return masks, outputs["existence"].reshape(depth, prompts).T


def judge_masks(graph, found, expected, limits):
    """The three rows of a pair of (mask logits, existence logits)."""
    (masks, existence), (true_masks, true_existence) = found, expected
    moved = float(((masks > 0) != (true_masks > 0)).mean())
    return [
        Row(graph, "mask probability", float(np.abs(sigmoid(masks) - sigmoid(true_masks)).max()), limits["probability"]),
        Row(graph, "share of mask pixels moved", moved, limits["pixels"]),
        Row(graph, "existence", float(np.abs(sigmoid(existence) - sigmoid(true_existence)).max()), limits["probability"]),
    ]


def compare(folder, model, config, case, threads, precision):
    """All rows for the pack in `folder`. The sessions are opened one at a time, to spare memory."""
    folder, limits = pathlib.Path(folder), LIMITS[precision]
    prompts, slices = case["prompts"], case["slices"]
    depth, count = len(slices), len(prompts)
    image = reference.normalised(model, slices)
    layers = noise.draw(int(case["seed"]), reference.noise_shapes(config, slices.shape[-1]))
    drawn = {f"noise_{i}": layer for i, layer in enumerate(layers)}
    expected = case["mask_logits"], case["existence"]

    with runtime.open_session(folder / pack.GRAPHS["textEncoder"], threads) as session:
        feeds = {name: case[name] for name in ("input_ids", "attention_mask")}
        tokens = session.run(feeds)[0]["tokens"]
    longest = int(case["attention_mask"].sum(1).max())
    tokens = np.ascontiguousarray(tokens.transpose(1, 0, 2)[:longest])
    true_tokens = reference_tokens(model, prompts)
    rows = [Row("text_encoder", "tokens", relative(tokens, true_tokens), limits["features"])]

    with runtime.open_session(folder / pack.GRAPHS["imageEncoder"], threads) as session:
        features = session.run({"image": image})[0]
    true_features = reference_features(model, image)
    for name, value in true_features.items():
        rows.append(Row("image_encoder", name, relative(features[name], value), limits["features"]))

    with runtime.open_session(folder / pack.GRAPHS["decoder"], threads) as session:
        alone = session.run({**true_features, "tokens": true_tokens, **drawn})[0]
        chain = session.run({**features, "tokens": tokens, **drawn})[0]
        first = {name: value[:1] for name, value in features.items()}
        single = session.run({**first, "tokens": tokens, **drawn})[0]
    rows += judge_masks("decoder", masks_of(alone, depth, count), expected, limits)
    rows += judge_masks("end to end", masks_of(chain, depth, count), expected, limits)
    together = masks_of(chain, depth, count)[0][:, :1]
    apart = np.abs(sigmoid(masks_of(single, 1, count)[0]) - sigmoid(together)).max()
    rows.append(Row("end to end", f"one slice at a time against {depth}", float(apart), limits["probability"]))
    return rows


def table(rows):
    """The rows as a Markdown table."""
    lines = ["| graph | compared | largest error | allowed | |", "|---|---|---|---|---|"]
    for row in rows:
        verdict = "ok" if row.holds else "OFF"
        lines.append(f"| {row.graph} | {row.compared} | {row.error:.2e} | {row.limit:.0e} | {verdict} |")
    return "\n".join(lines)
