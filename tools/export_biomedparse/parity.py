"""Compares the exported graphs, run by ONNX Runtime, with a network that PyTorch runs (`reference.py`).

Each graph gets what the network would give it, so that a row judges that graph alone; the last rows
run the three graphs one after the other.
"""

import dataclasses
import pathlib

import numpy as np

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


def golden_case(network, slices, prompts, seed, tokenizer):
    """Inputs, and what the network makes of them: the content of golden.npz."""
    masks, edges, existence = network.predict(slices, prompts, seed)
    input_ids, attention_mask = tokenizer.padded(prompts)
    return {
        "prompts": prompts,
        "seed": np.int64(seed),
        "slices": slices,
        "input_ids": np.array(input_ids, dtype=np.int64),
        "attention_mask": np.array(attention_mask, dtype=np.int64),
        "mask_logits": masks.astype(np.float32),
        "edge_logits": edges.astype(np.float32),
        "existence": existence.astype(np.float32),
    }


def parts_of(outputs, depth, prompts):
    """Decoder outputs as (masks, edges, existence): [P,D,h,w] twice, and [P,D]."""
    planes = (outputs[name] for name in ("mask_logits", "edge_logits"))
    masks, edges = (x.reshape(depth, prompts, *x.shape[-2:]).transpose(1, 0, 2, 3) for x in planes)
    return masks, edges, outputs["existence"].reshape(depth, prompts).T


def judge(graph, found, expected, limits):
    """The rows of (mask, edge, existence) logits."""
    (masks, edges, existence), (true_masks, true_edges, true_existence) = found, expected

    def apart(one, other):
        return float(np.abs(sigmoid(one) - sigmoid(other)).max())

    return [
        Row(graph, "mask probability", apart(masks, true_masks), limits["probability"]),
        Row(graph, "share of mask pixels moved", float(((masks > 0) != (true_masks > 0)).mean()), limits["pixels"]),
        Row(graph, "edge probability", apart(edges, true_edges), limits["probability"]),
        Row(graph, "existence", apart(existence, true_existence), limits["probability"]),
    ]


def compare(folder, network, case, threads, precision):
    """All rows for the pack in `folder`. The sessions are opened one at a time, to spare memory."""
    model, config = network.model, network.config
    folder, limits = pathlib.Path(folder), LIMITS[precision]
    prompts, slices = case["prompts"], case["slices"]
    depth, count = len(slices), len(prompts)
    image = reference.normalised(model, slices)
    layers = noise.draw(int(case["seed"]), reference.noise_shapes(config, slices.shape[-1]))
    drawn = {f"noise_{i}": layer for i, layer in enumerate(layers)}
    expected = case["mask_logits"], case["edge_logits"], case["existence"]

    with runtime.open_session(folder / pack.GRAPHS["textEncoder"], threads) as session:
        feeds = {name: case[name] for name in ("input_ids", "attention_mask")}
        tokens = session.run(feeds)[0]["tokens"]
    longest = int(case["attention_mask"].sum(1).max())
    tokens = np.ascontiguousarray(tokens.transpose(1, 0, 2)[:longest])
    true_tokens = network.tokens(prompts)
    rows = [Row("text_encoder", "tokens", relative(tokens, true_tokens), limits["features"])]

    with runtime.open_session(folder / pack.GRAPHS["imageEncoder"], threads) as session:
        features = session.run({"image": image})[0]
    true_features = network.features(image)
    for name, value in true_features.items():
        rows.append(Row("image_encoder", name, relative(features[name], value), limits["features"]))

    with runtime.open_session(folder / pack.GRAPHS["decoder"], threads) as session:
        alone = session.run({**true_features, "tokens": true_tokens, **drawn})[0]
        chain = session.run({**features, "tokens": tokens, **drawn})[0]
        first = {name: value[:1] for name, value in features.items()}
        single = session.run({**first, "tokens": tokens, **drawn})[0]
    rows += judge("decoder", parts_of(alone, depth, count), expected, limits)
    rows += judge("end to end", parts_of(chain, depth, count), expected, limits)
    together = parts_of(chain, depth, count)[0][:, :1]
    apart = np.abs(sigmoid(parts_of(single, 1, count)[0]) - sigmoid(together)).max()
    rows.append(Row("end to end", f"one slice at a time against {depth}", float(apart), limits["probability"]))
    return rows


def table(rows):
    """The rows as a Markdown table."""
    lines = ["| graph | compared | largest error | allowed | |", "|---|---|---|---|---|"]
    for row in rows:
        verdict = "ok" if row.holds else "OFF"
        lines.append(f"| {row.graph} | {row.compared} | {row.error:.2e} | {row.limit:.0e} | {verdict} |")
    return "\n".join(lines)
