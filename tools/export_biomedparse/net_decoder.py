"""The decoder of BiomedParse v2 (BoltzFormer): queries that look where their own masks sample them to.

Written plainly, a prompt and a slice as one row of the batch, every query's mask at full size in every
layer; `decoder.py` is the arrangement that the graph gets, and is compared with this.
"""

import torch
import torch.nn.functional as F
from torch import nn

from net_parts import AttentionAndNorm, FeedForwardAndNorm, SinePosition


class MaskEmbedding(nn.Module):
    """Three linear maps with rectifiers between them."""

    def __init__(self, channels, outputs):
        super().__init__()
        self.layers = nn.ModuleList((nn.Linear(channels, channels), nn.Linear(channels, channels), nn.Linear(channels, outputs)))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


class Decoder(nn.Module):
    """Queries, text tokens and an existence token against three levels of features."""

    pre_norm = False
    pre_self_attention = True
    output_classifier = True
    num_feature_levels = 3

    def __init__(self, config, language_encoder):
        super().__init__()
        channels, heads, inner = config["hidden_dim"], config["nheads"], config["dim_feedforward"]
        self.num_queries, self.num_heads, self.num_layers = config["num_queries"], heads, config["dec_layers"]
        self.boltzmann_sampling = config["boltzmann_sampling"]
        self.language_encoder = language_encoder
        self.input_proj = ((),) * self.num_feature_levels  # The levels come in the decoder's own width.
        self.pe_layer = SinePosition(channels)

        def layers(make):
            return nn.ModuleList(make() for _ in range(self.num_layers))

        def among():
            return AttentionAndNorm(channels, heads, "self_attn")

        def across():
            return AttentionAndNorm(channels, heads, "multihead_attn")

        def inward():
            return FeedForwardAndNorm(channels, inner)

        self.initial_self_attention_layer, self.initial_ffn_layer = among(), inward()
        self.transformer_self_attention_layers = layers(among)
        self.transformer_cross_attention_layers = layers(across)
        self.transformer_ffn_layers = layers(inward)
        self.classifier_cross_attention_layers = layers(across)
        self.classifier_ffn_layers = layers(inward)
        self.classifier = nn.Linear(channels, 1)
        self.classifier_query = nn.Embedding(1, channels)
        self.query_feat_ = nn.Embedding(self.num_queries, channels)
        self.query_embed_ = nn.Embedding(self.num_queries, channels)
        self.level_embed = nn.Embedding(self.num_feature_levels, channels)
        self.decoder_norm = nn.LayerNorm(channels)
        self.mask_embed = MaskEmbedding(channels, config["mask_dim"])
        # In the weights; no mask depends on it.
        self.class_embed = nn.Parameter(torch.zeros(channels, config["dim_proj"]))

    def masks(self, queries, pixels):
        """Every query's mask: [N,Q,C] and [N,C,H,W] to logits [N,Q,H,W]."""
        return torch.einsum("nqc,nchw->nqhw", self.mask_embed(self.decoder_norm(queries)), pixels)

    def hidden(self, masks, size, layer, noise):
        """Where each query must not look in one layer: bool[N·heads,Q,T].

        A number of positions is drawn with replacement, likelier where the query's mask is; what was
        never drawn stays hidden. noise[heads,Q,T], uniform: stands for the draw.
        """
        small = F.interpolate(masks, size=size, mode="bilinear", align_corners=False).sigmoid().flatten(2)
        weight = (small * ((layer + 1) / self.boltzmann_sampling["base_temp"])).exp()
        draws = int(small.shape[-1] * self.boltzmann_sampling["sample_ratio"])
        never = (1 - weight / weight.sum(-1, keepdim=True)) ** draws
        hidden = noise[None] < never[:, None]
        blind = hidden.all(-1, keepdim=True)  # A query that would see nothing sees everything.
        return (hidden & ~blind).flatten(0, 1)

    def forward(self, levels, pixels, tokens, noise):
        """levels: [N,C,H,W] each, pixels[N,C,H,W], tokens[N,L,C], noise: [heads,Q,T] per layer.

        Returns masks[N,Q,H,W] and existence[N,1], logits.
        """
        rows = len(pixels)
        seen = [level.flatten(2).transpose(1, 2) + self.level_embed.weight[i] for i, level in enumerate(levels)]
        places = [self.pe_layer(level).flatten(2).transpose(1, 2) for level in levels]
        start = self.query_feat_.weight.expand(rows, -1, -1)
        own_place = self.query_embed_.weight.expand(rows, -1, -1)
        exists = self.classifier_query.weight.expand(rows, -1, -1)
        place = torch.cat((own_place, tokens), dim=1)

        def converse(layer, queries, text):
            together = torch.cat((queries, text), dim=1)
            return layer(together, together, place, place)

        together = converse(self.initial_self_attention_layer, start, tokens)
        queries, text = self.initial_ffn_layer(together[:, : self.num_queries]), together[:, self.num_queries :]
        masks = self.masks(queries, pixels)
        for i in range(self.num_layers):
            level = i % self.num_feature_levels
            hidden = self.hidden(masks, levels[level].shape[-2:], i, noise[i])
            look = self.transformer_cross_attention_layers[i]
            queries = look(queries, seen[level], own_place, places[level], hidden)
            together = converse(self.transformer_self_attention_layers[i], queries, text)
            queries, text = self.transformer_ffn_layers[i](together[:, : self.num_queries]), together[:, self.num_queries :]
            masks = self.masks(queries, pixels)
            exists = self.classifier_cross_attention_layers[i](exists, together, 0, place)
            exists = self.classifier_ffn_layers[i](exists)
        return masks, self.classifier(exists[:, 0])
