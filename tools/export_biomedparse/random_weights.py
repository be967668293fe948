"""Weights for tests and benches, for whoever has no checkpoint: seeded, and lively enough to test with.

A trained network's spread is imitated: activations near one, mask logits of a few units with
a twelfth of each slice inside, existence of either sign. Every tensor has a stream of its
own, keyed by its name; the two corrections after that are rounded, so that machines agree on them.
"""

import zlib

import numpy as np
import torch

import phantom

#: Share of a slice that a mask should cover, about.
COVERED = 0.08
#: Share of prompts that should be judged absent, about.
ABSENT = 0.3
#: Standard deviation that existence logits should have over prompts, about.
EXISTENCE_SPREAD = 1.5

PROMPTS = ("liver", "CT imaging of the spleen within the abdomen", "left kidney", "tumor", "aorta in CT")


def randomise(network, seed, image_size):
    """Fills the network's model in place."""
    with torch.no_grad():
        for name, value in network.model.named_parameters():
            rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
            drawn = rng.standard_normal(tuple(value.shape), dtype=np.float32)
            filled = drawn * np.float32(_scale(name, value)) + np.float32(_centre(name, value))
            value.copy_(torch.from_numpy(np.asarray(filled)))
    _correct(network, seed, image_size)


def _centre(name, value):
    if "gamma_" in name:
        return 0.5
    return 1.0 if value.dim() == 1 and name.endswith("weight") else 0.0


def _scale(name, value):
    if value.dim() < 2:
        return 0.1
    if "embedding" in name or "embed_" in name or "query" in name or "level_embed" in name:
        return 0.5
    spread = 1.0 / np.sqrt(np.prod(value.shape[1:]))
    if name.endswith("mask_embed.layers.2.weight"):
        return spread * 4.0 / np.sqrt(value.shape[0])
    return spread * (3.0 if name.endswith("lang_proj") else 1.0)


def _correct(network, seed, image_size):
    """Shifts masks and existence to where they are worth testing, judged on a phantom slice."""
    model, embeddings = network.model, []
    head = model.sem_seg_head.predictor.mask_embed
    watch = head.register_forward_hook(lambda _module, _inputs, output: embeddings.append(output))
    slices = phantom.slices(1, image_size)
    masks, _, existence = network.predict(slices, PROMPTS, seed)
    watch.remove()
    with torch.no_grad():
        # A shift of the mask features along the mean embedding moves every mask by about as much.
        mean = embeddings[-1].mean((0, 1)).numpy().astype(np.float64)
        shift = round(float(np.quantile(masks, 1 - COVERED)), 1)
        bias = model.sem_seg_head.pixel_decoder.mask_features.bias
        bias -= torch.from_numpy((shift * mean / (mean @ mean)).round(3).astype(np.float32))
        gain = round(EXISTENCE_SPREAD / float(existence.std(axis=0).mean()), 1)
        classifier = model.sem_seg_head.predictor.classifier
        classifier.weight *= gain
        classifier.bias *= gain
        classifier.bias -= round(gain * float(np.quantile(existence, ABSENT)), 1)
