"""What the exported graphs are compared with: a network in PyTorch, fed with the pack's own noise.

Two of one shape. `Described` is our own plain description of the model (`net.py`) and needs no
checkout. `Published` is the code of a checkout: nothing of it is copied or changed; the tokenizer is
ours (checked against CLIP's), and `torch.rand_like` returns the pack's noise while a run lasts.
"""

import contextlib
import sys

import numpy as np
import torch

import configuration
import net
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


class Described:
    """The model by our own description, without a checkout."""

    kind = "our plain description of the model (net.py)"

    def __init__(self, tokenizer, width="full"):
        self.tokenizer = tokenizer
        self.model, self.config = net.build(width)

    def features(self, image):
        """float32[B,3,S,S], normalised, to what `image_encoder` must give, by name."""
        with torch.no_grad():
            pixels, levels = self.model.features(torch.from_numpy(image))
        return named_features(pixels, levels)

    def tokens(self, prompts):
        """float32[L,P,C]: what the decoder must get for these prompts."""
        input_ids, attention_mask = (torch.tensor(rows) for rows in self.tokenizer.padded(prompts))
        with torch.no_grad():
            return self.model.tokens(input_ids, attention_mask).numpy()

    def predict(self, slices, prompts, seed):
        """[D,S,S] of 0…255 to (masks, edges, existence): logits [P,D,S/4,S/4] twice, and [P,D]."""
        layers = [torch.from_numpy(layer) for layer in noise.draw(seed, noise_shapes(self.config, slices.shape[-1]))]
        tokens, found = torch.from_numpy(self.tokens(prompts)), []
        with torch.no_grad():
            for image in torch.from_numpy(normalised(self.model, slices)):
                pixels, levels = self.model.features(image[None])
                found.append(self.model.decode(levels, pixels, tokens, layers))
        return tuple(np.stack([part.numpy() for part in parts], axis=1) for parts in zip(*found))


class Published:
    """The model of a checkout, in the newest form (branch v2 of September 2026) or an older one."""

    kind = "the published code"

    def __init__(self, repo, tokenizer, width="full"):
        shims.install()
        if str(repo) not in sys.path:
            sys.path.insert(0, str(repo))
        self.config = configuration.read_model_config(repo, width)
        self.model = configuration.instantiate(self.config, {TOKENIZER: TokenizerAdapter(tokenizer)}).eval()
        # Averages 80 sentences for each of 17 class names; no output of the 3D model depends on it.
        self.model.sem_seg_head.predictor.language_encoder.get_text_embeddings = lambda *a, **k: None

    def features(self, image):
        """As `Described.features`."""
        with torch.no_grad():
            found = self.model.backbone(torch.from_numpy(image))
            pixels, _, levels = self.model.sem_seg_head.pixel_decoder.forward_features(found)
        return named_features(pixels, levels)

    def tokens(self, prompts):
        """As `Described.tokens`."""
        with torch.no_grad():
            return self.model.sem_seg_head.encode_prompts(["[SEP]".join(prompts)])["grounding_tokens"].numpy()

    def predict(self, slices, prompts, seed, slice_batch=1):
        """As `Described.predict`."""
        image = torch.from_numpy(slices.astype(np.float32))[None]
        layers = noise.draw(seed, noise_shapes(self.config, slices.shape[-1]))
        with torch.no_grad(), shared_noise(layers):
            out = self.model({"image": image, "text": ["[SEP]".join(prompts)]}, mode="eval", slice_batch_size=slice_batch)
        return tuple(out["predictions"][name].numpy() for name in ("pred_gmasks", "edge_masks", "object_existence"))


def build(repo, tokenizer, width="full"):
    """The network to export and to compare with, without weights worth having. repo: a checkout, or None."""
    return Described(tokenizer, width) if repo is None else Published(repo, tokenizer, width)


def named_features(pixels, levels):
    """By the names of the graph's outputs."""
    return {f"pyramid_{i}": level.numpy() for i, level in enumerate(levels)} | {"pixels": pixels.numpy()}


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
