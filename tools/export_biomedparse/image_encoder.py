"""The graph `image_encoder`: FocalNet and the pixel decoder, once per slice whatever the prompts."""

import torch.nn.functional as F
from torch import nn

from layers import Attention, FeedForward, LayerNorm, Linear, LinearFromTokens, frozen, position_of
from winograd import Winograd


class FocalBlock(nn.Module):
    """Focal modulation and its feed-forward part. tokens[B,HW,C] to the same shape.

    The published block moves query, context and gates to channels first and back. Here only the
    context goes there, inside a matrix product, and comes back inside the next one.
    """

    def __init__(self, block):
        super().__init__()
        m = block.modulation
        if not block.use_postln or m.use_postln_in_modulation:
            raise ValueError("this exporter expects use_postln: true, use_postln_in_modulation: false")
        dim = m.dim
        weight, bias = m.f.weight, m.f.bias
        self.query = Linear(weight[:dim], bias[:dim])
        self.context = LinearFromTokens(weight[dim : 2 * dim], bias[dim : 2 * dim])
        self.gates = LinearFromTokens(weight[2 * dim :], bias[2 * dim :])
        self.levels = nn.ModuleList(layer[0] for layer in m.focal_layers)
        share = 1.0 / (m.focal_level + 1) if m.scaling_modulator else 1.0
        self.mix = Linear(m.h.weight.flatten(1) * share, m.h.bias)
        self.project = Linear(m.proj.weight, m.proj.bias)
        self.norm1 = LayerNorm.of(block.norm1, block.gamma_1)
        self.expand = Linear(block.mlp.fc1.weight, block.mlp.fc1.bias)
        self.contract = Linear(block.mlp.fc2.weight, block.mlp.fc2.bias)
        self.norm2 = LayerNorm.of(block.norm2, block.gamma_2)

    def forward(self, tokens, height, width):
        context = self.context(tokens)
        context = context.reshape(context.shape[0], -1, height, width)
        gates = self.gates(tokens)
        gates = gates.reshape(gates.shape[0], -1, height, width)
        total = 0
        for level, conv in enumerate(self.levels):
            context = F.gelu(conv(context))
            total = total + context * gates[:, level : level + 1]
        everywhere = F.gelu(context.mean((2, 3), keepdim=True))
        total = total + everywhere * gates[:, len(self.levels) :]
        modulator = self.mix(total.flatten(2).transpose(1, 2))
        tokens = tokens + self.norm1(self.project(self.query(tokens) * modulator))
        return tokens + self.norm2(self.contract(F.gelu(self.expand(tokens))))


class Embedding(nn.Module):
    """A strided convolution and a norm. image[B,C,H,W] to (tokens[B,H'W',C'], H', W')."""

    def __init__(self, embed):
        super().__init__()
        self.conv = embed.proj
        self.norm = LayerNorm.of(embed.norm)

    def forward(self, image):
        x = self.conv(image)
        return self.norm(x.flatten(2).transpose(1, 2)), x.shape[2], x.shape[3]


class Backbone(nn.Module):
    """FocalNet. image[B,3,S,S] to a list of (tokens[B,HW,C], H, W) at strides 4, 8, 16 and 32."""

    def __init__(self, net):
        super().__init__()
        self.stem = Embedding(net.patch_embed)
        self.stages = nn.ModuleList(
            nn.ModuleList(FocalBlock(block) for block in layer.blocks) for layer in net.layers
        )
        self.downs = nn.ModuleList(
            Embedding(layer.downsample) for layer in net.layers if layer.downsample is not None
        )
        self.norms = nn.ModuleList(
            LayerNorm.of(getattr(net, f"norm{i}")) for i in range(len(net.layers))
        )

    def forward(self, image):
        tokens, height, width = self.stem(image)
        found = []
        for i, (stage, norm) in enumerate(zip(self.stages, self.norms)):
            for block in stage:
                tokens = block(tokens, height, width)
            found.append((norm(tokens), height, width))
            if i < len(self.downs):
                channels_first = tokens.transpose(1, 2).reshape(tokens.shape[0], -1, height, width)
                tokens, height, width = self.downs[i](channels_first)
        return found


class PyramidTransformer(nn.Module):
    """The transformer over the coarsest level. tokens[B,T,C], position[T,C] to the same shape."""

    def __init__(self, layers):
        super().__init__()
        self.attention = nn.ModuleList(Attention(layer.self_attn) for layer in layers)
        self.norm = nn.ModuleList(LayerNorm.of(layer.norm1) for layer in layers)
        self.forward_part = nn.ModuleList(
            FeedForward(layer.linear1, layer.linear2, layer.norm2) for layer in layers
        )

    def forward(self, tokens, position):
        for attention, norm, part in zip(self.attention, self.norm, self.forward_part):
            tokens = part(norm(tokens + attention(tokens, position)))
        return tokens


class Smooth(nn.Module):
    """A 3×3 convolution, its norm and a rectifier. y[B,C,H,W] to the same shape."""

    def __init__(self, conv, fast):
        super().__init__()
        self.conv = Winograd(conv.weight) if fast else nn.Conv2d(1, 1, 3, padding=1, bias=False)
        if not fast:
            self.conv.weight = frozen(conv.weight)
        self.norm = conv.norm

    def forward(self, y):
        return F.relu(self.norm(self.conv(y)))


class PixelDecoder(nn.Module):
    """Backbone levels to feature maps [B,C,H,W] at strides 32, 16, 8 and 4."""

    def __init__(self, pixel_decoder, image_size, fast):
        super().__init__()
        proj = pixel_decoder.input_proj
        self.project = Linear(proj.weight.flatten(1), proj.bias)
        side = image_size // 32
        self.position = frozen(position_of(pixel_decoder.pe_layer, side).t())
        self.transformer = PyramidTransformer(pixel_decoder.transformer.encoder.layers)
        laterals = [conv for conv in pixel_decoder.lateral_convs if conv is not None]
        self.laterals = nn.ModuleList(LinearFromTokens(conv.weight.flatten(1)) for conv in laterals)
        self.lateral_norms = nn.ModuleList(conv.norm for conv in laterals)
        # The two finest levels hold nine tenths of the arithmetic; on the others it would not pay.
        coarse = len(pixel_decoder.output_convs) - 2
        self.smooth = nn.ModuleList(
            Smooth(conv, fast and i >= coarse) for i, conv in enumerate(pixel_decoder.output_convs)
        )

    def forward(self, levels):
        tokens, height, width = levels[-1]
        tokens = self.transformer(self.project(tokens), self.position)
        y = self.smooth[0](tokens.transpose(1, 2).reshape(tokens.shape[0], -1, height, width))
        maps = [y]
        for i, (tokens, height, width) in enumerate(reversed(levels[:-1])):
            lateral = self.laterals[i](tokens)
            lateral = self.lateral_norms[i](lateral.reshape(lateral.shape[0], -1, height, width))
            y = self.smooth[i + 1](lateral + F.interpolate(y, scale_factor=2.0, mode="nearest"))
            maps.append(y)
        return maps


class ImageEncoder(nn.Module):
    """image float32[B,3,S,S], already normalised, to what the decoder needs of it.

    pyramid_l [B,C,H,W] at stride 32, 16 and 8 for l = 0, 1, 2, and the mask features `pixels`
    [B,C,S/4,S/4]. `fast`: take the largest convolutions by Winograd.
    """

    inputs = ("image",)
    outputs = ("pyramid_0", "pyramid_1", "pyramid_2", "pixels")

    def __init__(self, model, image_size, fast=True):
        super().__init__()
        head = model.sem_seg_head
        self.backbone = Backbone(model.backbone)
        self.pixel_decoder = PixelDecoder(head.pixel_decoder, image_size, fast)
        conv = head.pixel_decoder.mask_features
        self.mask_features = Winograd(conv.weight, conv.bias) if fast else conv

    def forward(self, image):
        *pyramid, finest = self.pixel_decoder(self.backbone(image))
        return (*pyramid, self.mask_features(finest))
