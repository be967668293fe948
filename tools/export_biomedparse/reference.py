"""The published model, built from a checkout: what every exported graph is compared with.

Nothing of the checkout is copied or changed. Two things are set from outside: the tokenizer (ours,
checked against CLIP's) and `torch.rand_like`, which returns the pack's noise while a run lasts.
"""

import contextlib
import sys

import numpy as np
import torch

import configuration
import noise
import shims

TOKENIZER = "transformers.AutoTokenizer.from_pretrained"


class TokenizerAdapter:
    """Our tokenizer with the one call signature that the published language encoder uses."""

    eos_token = "<|endoftext|>"

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def add_special_tokens(self, _tokens):
        """The published code names the end token as class token too; no id changes."""

    def __call__(self, texts, **_options):
        input_ids, attention_mask = self.tokenizer.padded([texts] if isinstance(texts, str) else texts)
        return {"input_ids": torch.tensor(input_ids), "attention_mask": torch.tensor(attention_mask)}


def build(repo, tokenizer, width="full"):
    """The model of the checkout with its own initial weights. Returns (model, configuration)."""
    shims.install()
    if str(repo) not in sys.path:
        sys.path.insert(0, str(repo))
    config = configuration.read_model_config(repo, width)
    model = configuration.instantiate(config, {TOKENIZER: TokenizerAdapter(tokenizer)})
    # Averages 80 sentences for each of 17 class names; no output of the 3D model depends on it.
    model.sem_seg_head.predictor.language_encoder.get_text_embeddings = lambda *a, **k: None
    return model.eval(), config


def read_checkpoint(path, trust=False):
    """The state dict of a checkpoint, without the `model.` in front of its names."""
    if str(path).endswith(".safetensors"):
        shims.install()
        from safetensors.torch import load_file

        state = load_file(path)
    else:
        try:
            state = torch.load(path, map_location="cpu", weights_only=not trust)
        except Exception as problem:
            raise SystemExit(
                f"{path} holds more than tensors ({problem}). If you trust where it comes from, "
                "run again with --trust-checkpoint."
            ) from problem
        for wrapper in ("state_dict", "model"):
            if isinstance(state.get(wrapper), dict):
                state = state[wrapper]
                break
    return {k[len("model.") :] if k.startswith("model.") else k: v for k, v in state.items()}


def load_strictly(model, state, allowed=()):
    """Loads every tensor, or stops and names those missing, unexpected and of another shape.

    `allowed`: prefixes of unexpected names to leave aside.
    """
    own = model.state_dict()
    missing = sorted(set(own) - set(state))
    unexpected = sorted(
        k for k in set(state) - set(own) if not any(k.startswith(prefix) for prefix in allowed)
    )
    reshaped = sorted(
        f"{k}: checkpoint {tuple(state[k].shape)}, model {tuple(own[k].shape)}"
        for k in set(own) & set(state)
        if state[k].shape != own[k].shape
    )
    problems = [
        f"{len(names)} {what}:\n  " + "\n  ".join(names)
        for what, names in (
            ("missing from the checkpoint", missing),
            ("not known to the model", unexpected),
            ("of another shape", reshaped),
        )
        if names
    ]
    if problems:
        raise SystemExit("the checkpoint does not fit the model.\n" + "\n".join(problems))
    model.load_state_dict({k: v for k, v in state.items() if k in own}, strict=True)


def noise_shapes(config, image_size):
    """(heads, queries, positions) of each decoder layer: strides 32, 16 and 8 in turn."""
    predictor = config["sem_seg_head"]["predictor"]
    return [
        (predictor["nheads"], predictor["num_queries"], (image_size // (32 >> layer % 3)) ** 2)
        for layer in range(predictor["dec_layers"])
    ]


@contextlib.contextmanager
def shared_noise(layers):
    """While it lasts, `torch.rand_like` hands out `layers` in turn, repeated over the batch.

    layers: float32[heads, queries, positions] per decoder layer. The decoder draws once more than
    it has layers, after the last one, and does not use that draw.
    """
    tensors = [torch.from_numpy(layer) for layer in layers]
    calls = 0

    def rand_like(like, **_options):
        nonlocal calls
        turn, calls = calls % (len(tensors) + 1), calls + 1
        if turn == len(tensors):
            return torch.zeros_like(like)
        return tensors[turn].repeat(like.shape[0] // tensors[turn].shape[0], 1, 1)

    original, torch.rand_like = torch.rand_like, rand_like
    try:
        yield
    finally:
        torch.rand_like = original


def neighbours(slices):
    """[D,S,S] to [D,3,S,S]: each slice, its previous and its next; mirrored at the ends."""
    if len(slices) == 1:
        return np.repeat(slices[:, None], 3, axis=1)
    previous = np.concatenate([slices[1:2], slices[:-1]])
    following = np.concatenate([slices[1:], slices[-2:-1]])
    return np.stack([slices, previous, following], axis=1)


def normalised(model, slices):
    """[D,S,S] of 0…255 to the float32[D,3,S,S] that the backbone gets."""
    image = torch.from_numpy(neighbours(slices.astype(np.float32)))
    return ((image - model.pixel_mean.mean()) / model.pixel_std.mean()).numpy()


def predict(model, slices, prompts, seed, config, slice_batch=1):
    """The published forward pass over a stack of slices.

    slices: [D,S,S] of 0…255. Returns mask logits float32[P,D,S/4,S/4] and existence logits
    float32[P,D].
    """
    image = torch.from_numpy(slices.astype(np.float32))[None]
    layers = noise.draw(seed, noise_shapes(config, slices.shape[-1]))
    with torch.no_grad(), shared_noise(layers):
        out = model(
            {"image": image, "text": ["[SEP]".join(prompts)]}, mode="eval", slice_batch_size=slice_batch
        )["predictions"]
    return out["pred_gmasks"].numpy(), out["object_existence"].numpy()
