"""BiomedParse v2 (3D) in our own words: modules whose weights have the published names and shapes.

It needs no checkout. Given one (`--repo`), the exporter compares with the published code instead.
"""

import torch
from torch import nn

import configuration
import net_decoder
import net_image
import net_text

#: Red, green and blue means and deviations of ImageNet; the model uses their averages for all three.
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


class Head(nn.Module):
    """Only a name in front of both decoders, as the weights have it."""

    def __init__(self, pixel_decoder, predictor):
        super().__init__()
        self.pixel_decoder, self.predictor = pixel_decoder, predictor


class BiomedParse(nn.Module):
    """Slices and prompts to masks, edges and existence."""

    convolute_outputs = False

    def __init__(self, config):
        super().__init__()
        head = config["sem_seg_head"]
        self.backbone = net_image.FocalNet(config["backbone"])
        pixel_decoder = net_image.PixelDecoder(head["pixel_decoder"], self.backbone.dims)
        language = net_text.LanguageEncoder(head["predictor"]["language_encoder"])
        self.sem_seg_head = Head(pixel_decoder, net_decoder.Decoder(head["predictor"], language))
        self.edge_queries = config["edge_queries"]
        for name, channels in (("pixel_mean", MEAN), ("pixel_std", STD)):
            self.register_buffer(name, torch.full((1, 3, 1, 1), sum(channels) / 3))

    def features(self, image):
        """image[B,3,S,S], normalised, to (pixels, levels)."""
        return self.sem_seg_head.pixel_decoder(self.backbone(image))

    def tokens(self, input_ids, attention_mask):
        """int64[P,77] each to float32[L,P,C]."""
        return self.sem_seg_head.predictor.language_encoder(input_ids, attention_mask)

    def decode(self, levels, pixels, tokens, noise):
        """One slice's levels[1,C,H,W] and pixels[1,C,H,W] against tokens[L,P,C].

        Returns (masks, edges, existence): logits [P,h,w], [P,h,w] and [P].
        """
        count = tokens.shape[1]
        rows = [level.expand(count, -1, -1, -1) for level in levels]
        predictor = self.sem_seg_head.predictor
        masks, existence = predictor(rows, pixels.expand(count, -1, -1, -1), tokens.transpose(0, 1), noise)
        split = masks.shape[1] - self.edge_queries
        return masks[:, :split].mean(1), masks[:, split:].mean(1), existence[:, 0]


def build(width="full"):
    """The model without weights worth having, and its configuration. width: 'full' or 'small'."""
    config = configuration.described(width)
    return BiomedParse(config).eval(), config
