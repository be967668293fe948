"""The graph `decoder`: prompts against one slice's features.

BoltzFormer: sixteen queries per prompt read the pyramid level by level, each through a mask that
is sampled at random around what the query has found so far. The noise of that sampling comes in
as an input, so that a seed gives the same masks everywhere.
"""

import torch
import torch.nn.functional as F
from torch import nn

from layers import Attention, FeedForward, LayerNorm, Linear, frozen, position_of


class Sampler(nn.Module):
    """How likely each position stays hidden from a query. logits[B,PQ,T] to chances[B,PQ,T].

    The published code draws `draws` positions with replacement, from a softmax of the mask's
    probability at this layer's temperature; (1 - p)^draws is the chance that a position was never
    drawn. Written as exp(draws · log(1 - p)): as accurate, and several times faster.
    """

    def __init__(self, sampling, layer, positions):
        super().__init__()
        if not sampling["do_boltzmann"] or sampling["mask_threshold"] <= 1:
            raise ValueError("this exporter expects Boltzmann sampling over all positions")
        self.temperature = sampling["base_temp"] / (layer + 1)
        self.draws = int(positions * sampling["sample_ratio"])

    def forward(self, logits):
        weight = torch.exp(logits.sigmoid() / self.temperature)
        drawn = weight / weight.sum(-1, keepdim=True)
        return torch.exp(torch.log(1 - drawn) * self.draws)


class Level(nn.Module):
    """One level of the pyramid as its layers see it: which level it is, and where each position is.

    level[B,C,H,W] to (for keys, for values), both [B,C,T] with positions row-major. The published
    code does this and the projections below for every prompt; here it happens once per slice.
    """

    def __init__(self, predictor, index, side):
        super().__init__()
        self.name = frozen(predictor.level_embed.weight[index][:, None])
        self.place = frozen(position_of(predictor.pe_layer, side))

    def forward(self, level):
        seen = level.flatten(2) + self.name
        return seen + self.place, seen


class Memory(nn.Module):
    """Keys and values of one layer, [B,H,D,T] each, from what `Level` gives."""

    def __init__(self, attention):
        super().__init__()
        self.heads = attention.num_heads
        _, wk, wv = attention.in_proj_weight.chunk(3)
        _, bk, bv = attention.in_proj_bias.chunk(3)
        self.key, self.key_bias = frozen(wk), frozen(bk[:, None])
        self.value, self.value_bias = frozen(wv), frozen(bv[:, None])

    def forward(self, placed, seen):
        keys = torch.matmul(self.key, placed) + self.key_bias
        values = torch.matmul(self.value, seen) + self.value_bias
        shape = (keys.shape[0], self.heads, -1, keys.shape[2])
        return keys.reshape(shape), values.reshape(shape)


class CrossAttention(nn.Module):
    """Queries to one level of the pyramid, through the sampled mask.

    queries[B,PQ,C], position[Q,C], keys and values [B,H,D,T], chances[B,PQ,T], noise[H,Q,T].
    All prompts of a slice share keys, values and noise, so their queries form one matrix.
    """

    def __init__(self, attention, norm):
        super().__init__()
        self.heads = attention.num_heads
        channels = attention.embed_dim
        scale = (channels // self.heads) ** -0.5
        self.query = Linear(
            attention.in_proj_weight[:channels] * scale, attention.in_proj_bias[:channels] * scale
        )
        self.out = Linear(attention.out_proj.weight, attention.out_proj.bias)
        self.norm = LayerNorm.of(norm)

    def forward(self, queries, position, keys, values, chances, noise):
        batch, rows, channels = queries.shape
        count, positions = noise.shape[1:]
        placed = self.query((queries.reshape(batch, -1, count, channels) + position).reshape(queries.shape))
        split = placed.reshape(batch, rows, self.heads, -1).transpose(1, 2)
        scores = torch.matmul(split, keys)
        if chances is not None:
            grouped = (batch, self.heads, -1, count, positions)
            margin = chances.reshape(batch, 1, -1, count, positions) - noise.unsqueeze(1)
            # A query that would see nothing sees everything instead.
            blind = margin.amin(-1, keepdim=True) > 0
            limit = blind.to(margin.dtype) * 2.0
            scores = scores.reshape(grouped).masked_fill(margin > limit, float("-inf"))
            scores = scores.reshape(batch, self.heads, -1, positions)
        mixed = torch.matmul(scores.softmax(-1), values.transpose(2, 3))
        mixed = mixed.transpose(1, 2).reshape(queries.shape)
        return self.norm(queries + self.out(mixed))


class SelfAttention(nn.Module):
    """Queries and text tokens among themselves, then the norm. tokens[N,Q+L,C], position alike."""

    def __init__(self, attention, norm):
        super().__init__()
        self.attention = Attention(attention)
        self.norm = LayerNorm.of(norm)

    def forward(self, tokens, position):
        return self.norm(tokens + self.attention(tokens, position))


class Existence(nn.Module):
    """The existence token's turn in a layer. token[N,1,C], seen[N,Q+L,C], position alike."""

    def __init__(self, cross, feed_forward):
        super().__init__()
        self.attention = Attention(cross.multihead_attn)
        self.norm = LayerNorm.of(cross.norm)
        self.feed_forward = FeedForward(feed_forward.linear1, feed_forward.linear2, feed_forward.norm)

    def forward(self, token, seen, position):
        return self.feed_forward(self.norm(token + self.attention(token, position, keys=seen)))


class DecoderLayer(nn.Module):
    """One of the decoder's layers, with the sampler of the mask that its cross-attention uses."""

    def __init__(self, predictor, index, positions):
        super().__init__()
        cross = predictor.transformer_cross_attention_layers[index]
        own = predictor.transformer_self_attention_layers[index]
        part = predictor.transformer_ffn_layers[index]
        self.sampler = Sampler(predictor.boltzmann_sampling, index, positions)
        self.memory = Memory(cross.multihead_attn)
        self.cross = CrossAttention(cross.multihead_attn, cross.norm)
        self.among = SelfAttention(own.self_attn, own.norm)
        self.feed_forward = FeedForward(part.linear1, part.linear2, part.norm)
        self.existence = Existence(
            predictor.classifier_cross_attention_layers[index], predictor.classifier_ffn_layers[index]
        )


class Decoder(nn.Module):
    """Features of B slices and tokens of P prompts to masks and existence, slice by slice.

    pyramid_l and pixels: as `image_encoder` gives them. tokens float32[L,P,C]: grounding tokens, zero where a
    prompt is shorter than L. noise_i float32[heads, queries, T]: uniform in [0, 1), per layer.
    Returns mask_logits[B·P,1,S/4,S/4], existence[B·P,1] and edge_logits, shaped as the masks: where two
    objects of one target touch. All prompts of slice 0 come first.
    """

    outputs = ("mask_logits", "existence", "edge_logits")

    def __init__(self, model, image_size):
        super().__init__()
        predictor = model.sem_seg_head.predictor
        if predictor.pre_norm or not predictor.pre_self_attention or not predictor.output_classifier:
            raise ValueError("this exporter expects pre_norm: false, pre_self_attention: true")
        if model.edge_queries < 1:
            raise ValueError("this exporter expects edge queries")
        if model.convolute_outputs:
            raise ValueError("this exporter expects convolute_outputs: False")
        if any(len(projection) for projection in predictor.input_proj):
            raise ValueError("this exporter expects the decoder to take the pyramid as it is")
        self.sides = [image_size // (32 >> i) for i in range(predictor.num_feature_levels)]
        self.levels = nn.ModuleList(Level(predictor, i, side) for i, side in enumerate(self.sides))
        self.queries = predictor.num_queries
        self.mask_queries = self.queries - model.edge_queries
        self.query_start = frozen(predictor.query_feat_.weight)
        self.query_position = frozen(predictor.query_embed_.weight)
        self.existence_start = frozen(predictor.classifier_query.weight)
        first = predictor.initial_self_attention_layer
        part = predictor.initial_ffn_layer
        self.first = SelfAttention(first.self_attn, first.norm)
        self.first_part = FeedForward(part.linear1, part.linear2, part.norm)
        self.layers = nn.ModuleList(
            DecoderLayer(predictor, i, self.sides[i % len(self.sides)] ** 2)
            for i in range(predictor.num_layers)
        )
        self.norm = LayerNorm.of(predictor.decoder_norm)
        self.embed = nn.ModuleList(Linear(l.weight, l.bias) for l in predictor.mask_embed.layers)
        self.classifier = Linear(predictor.classifier.weight, predictor.classifier.bias)
        self.inputs = (
            *(f"pyramid_{i}" for i in range(len(self.sides))),
            "pixels",
            "tokens",
            *(f"noise_{i}" for i in range(predictor.num_layers)),
        )

    def mask_embedding(self, queries):
        """The vector whose product with the mask features is a query's mask. [..,C] to [..,C]."""
        x = self.norm(queries)
        for layer in self.embed[:-1]:
            x = F.relu(layer(x))
        return self.embed[-1](x)

    @staticmethod
    def reduced(pixels, side):
        """Mask features at a level's size, [B,C,T]: reducing them reduces every query's mask alike."""
        return F.interpolate(pixels, size=(side, side), mode="bilinear", align_corners=False).flatten(2)

    @staticmethod
    def mean_mask(embeddings, pixels):
        """The mean mask of some queries, given their embeddings. [N,Q,C] to [N,1,H,W].

        The mean of the masks is the mask of the mean embedding: one product per prompt, not twelve.
        """
        batch, channels, height, width = pixels.shape
        masks = torch.matmul(embeddings.mean(1).reshape(batch, -1, channels), pixels.flatten(2))
        return masks.reshape(-1, 1, height, width)

    def forward(self, *inputs):
        count = len(self.sides)
        pyramid, (pixels, tokens), noise = inputs[:count], inputs[count : count + 2], inputs[count + 2 :]
        batch, prompts, channels = pixels.shape[0], tokens.shape[1], tokens.shape[2]
        seen_levels = [level(x) for level, x in zip(self.levels, pyramid)]
        small_pixels = [self.reduced(pixels, side) for side in self.sides]

        def for_each(x):
            """[T,C] to [B·P,T,C]."""
            return x.unsqueeze(0).expand(batch * prompts, -1, -1)

        text = tokens.transpose(0, 1).unsqueeze(0).expand(batch, -1, -1, -1)
        text = text.reshape(batch * prompts, -1, channels)
        position = torch.cat([for_each(self.query_position), text], dim=1)
        seen = self.first(torch.cat([for_each(self.query_start), text], dim=1), position)
        queries, text = self.first_part(seen[:, : self.queries]), seen[:, self.queries :]
        existence = for_each(self.existence_start)
        for i, layer in enumerate(self.layers):
            embedding = self.mask_embedding(queries).reshape(batch, -1, channels)
            chances = None
            if layer.sampler.draws > 0:
                chances = layer.sampler(torch.matmul(embedding, small_pixels[i % count]))
            keys, values = layer.memory(*seen_levels[i % count])
            queries = queries.reshape(batch, -1, channels)
            queries = layer.cross(queries, self.query_position, keys, values, chances, noise[i])
            queries = queries.reshape(batch * prompts, -1, channels)
            seen = layer.among(torch.cat([queries, text], dim=1), position)
            queries, text = layer.feed_forward(seen[:, : self.queries]), seen[:, self.queries :]
            existence = layer.existence(existence, seen, position)
        embeddings = self.mask_embedding(queries)
        masks = self.mean_mask(embeddings[:, : self.mask_queries], pixels)
        edges = self.mean_mask(embeddings[:, self.mask_queries :], pixels)
        return masks, self.classifier(existence[:, 0]), edges
