"""The image side of BiomedParse v2: a FocalNet backbone and the pixel decoder over it.

Written from the architecture's description, plainly; `image_encoder.py` is the arrangement of the same
arithmetic that the graph gets, and is compared with this.
"""

import torch
import torch.nn.functional as F
from torch import nn

from net_parts import SinePosition


class FocalModulation(nn.Module):
    """Each position's query times what its surroundings say, seen at growing distances.

    [B,H,W,C] to the same shape. Depth-wise convolutions widen the context step by step, a gate per
    position weighs each step, and the mean of the whole image is the last.
    """

    use_postln_in_modulation = False

    def __init__(self, dim, levels, window):
        super().__init__()
        self.dim, self.focal_level, self.scaling_modulator = dim, levels, True
        self.f = nn.Linear(dim, 2 * dim + levels + 1)
        self.h = nn.Conv2d(dim, dim, 1)
        self.proj = nn.Linear(dim, dim)
        self.focal_layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(dim, dim, window + 2 * k, padding=(window + 2 * k) // 2, groups=dim, bias=False), nn.GELU())
            for k in range(levels)
        )

    def forward(self, x):
        query, context, gates = self.f(x).split((self.dim, self.dim, self.focal_level + 1), dim=-1)
        context, gates = context.permute(0, 3, 1, 2), gates.permute(0, 3, 1, 2)
        seen = torch.zeros_like(context)
        for k, widen in enumerate(self.focal_layers):
            context = widen(context)
            seen = seen + context * gates[:, k, None]
        everywhere = F.gelu(context.mean(dim=(2, 3), keepdim=True))
        seen = (seen + everywhere * gates[:, -1, None]) / (self.focal_level + 1)
        return self.proj(query * self.h(seen).permute(0, 2, 3, 1))


class Mlp(nn.Module):
    """Two linear maps with a GELU between them."""

    def __init__(self, dim, inner):
        super().__init__()
        self.fc1 = nn.Linear(dim, inner)
        self.fc2 = nn.Linear(inner, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class FocalBlock(nn.Module):
    """Focal modulation, then a feed-forward part; each is normed and scaled after it, then added."""

    use_postln = True

    def __init__(self, dim, inner, levels, window):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.modulation = FocalModulation(dim, levels, window)
        self.mlp = Mlp(dim, inner)
        self.gamma_1, self.gamma_2 = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.ones(dim))

    def forward(self, x):
        x = x + self.gamma_1 * self.norm1(self.modulation(x))
        return x + self.gamma_2 * self.norm2(self.mlp(x))


class Shrink(nn.Module):
    """A strided convolution and a norm: [B,C,H,W] to [B,H',W',C']."""

    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        self.proj = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2 if stride == 2 else 2)
        self.norm = nn.LayerNorm(outputs)

    def forward(self, x):
        return self.norm(self.proj(x).permute(0, 2, 3, 1))


class Stage(nn.Module):
    """Blocks at one stride, and the step to the next; `downsample` is None in the last stage."""

    def __init__(self, dim, depth, config, index, last):
        super().__init__()
        inner = int(dim * config["mlp_ratio"])
        levels, window = config["focal_levels"][index], config["focal_windows"][index]
        self.blocks = nn.ModuleList(FocalBlock(dim, inner, levels, window) for _ in range(depth))
        self.downsample = None if last else Shrink(dim, 2 * dim, 3, 2)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class FocalNet(nn.Module):
    """image[B,3,S,S] to {res2 … res5}: [B,C,H,W] at strides 4, 8, 16 and 32."""

    def __init__(self, config):
        super().__init__()
        width, depths = config["embed_dim"], config["depths"]
        self.dims = [width << i for i in range(len(depths))]
        self.patch_embed = Shrink(config["in_chans"], width, 7, 4)
        self.layers = nn.ModuleList(
            Stage(dim, depth, config, i, i + 1 == len(depths)) for i, (dim, depth) in enumerate(zip(self.dims, depths))
        )
        for i, dim in enumerate(self.dims):
            setattr(self, f"norm{i}", nn.LayerNorm(dim))

    def forward(self, image):
        x, found = self.patch_embed(image), {}
        for i, stage in enumerate(self.layers):
            x = stage(x)
            found[f"res{i + 2}"] = getattr(self, f"norm{i}")(x).permute(0, 3, 1, 2)
            if stage.downsample is not None:
                x = stage.downsample(x.permute(0, 3, 1, 2))
        return found


class ConvAndNorm(nn.Conv2d):
    """A convolution without bias and a group norm of 32 groups."""

    def __init__(self, inputs, outputs, kernel):
        super().__init__(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.GroupNorm(32, outputs)

    def forward(self, x):
        return self.norm(super().forward(x))


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward part over the coarsest level. tokens[B,T,C], position[1,T,C]."""

    def __init__(self, channels, heads, inner):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(channels, heads, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(channels, inner), nn.Linear(inner, channels)
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)

    def forward(self, tokens, position):
        placed = tokens + position
        read, _ = self.self_attn(placed, placed, tokens, need_weights=False)
        tokens = self.norm1(tokens + read)
        return self.norm2(tokens + self.linear2(F.relu(self.linear1(tokens))))


class Layers(nn.Module):
    """Only a name in front of `layers`, as the weights have it."""

    def __init__(self, layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)


class Encoder(nn.Module):
    """Only a name in front of `encoder`, as the weights have it."""

    def __init__(self, layers):
        super().__init__()
        self.encoder = Layers(layers)


class PixelDecoder(nn.Module):
    """A transformer over the coarsest level, then a feature pyramid up to stride 4."""

    def __init__(self, config, dims):
        super().__init__()
        channels, inner = config["conv_dim"], config["transformer_dim_feedforward"]
        for i, dim in enumerate(dims[:-1], 1):
            setattr(self, f"adapter_{i}", ConvAndNorm(dim, channels, 1))
        for i in range(1, len(dims) + 1):
            setattr(self, f"layer_{i}", ConvAndNorm(channels, channels, 3))
        self.count = len(dims)
        self.mask_features = nn.Conv2d(channels, config["mask_dim"], 3, padding=1)
        self.input_proj = nn.Conv2d(dims[-1], channels, 1)
        heads = config["transformer_nheads"]
        self.transformer = Encoder(EncoderLayer(channels, heads, inner) for _ in range(config["transformer_enc_layers"]))
        self.pe_layer = SinePosition(channels)

    @property
    def lateral_convs(self):
        """From stride 16 to stride 4."""
        return [getattr(self, f"adapter_{i}") for i in range(self.count - 1, 0, -1)]

    @property
    def output_convs(self):
        """From stride 32 to stride 4."""
        return [getattr(self, f"layer_{i}") for i in range(self.count, 0, -1)]

    def forward(self, features):
        """{res2 … res5} to (pixels[B,C,S/4,S/4], [level[B,C,H,W] at strides 32, 16, 8])."""
        *finer, coarsest = (features[f"res{i + 2}"] for i in range(self.count))
        x = self.input_proj(coarsest)
        tokens = x.flatten(2).transpose(1, 2)
        position = self.pe_layer(x).flatten(2).transpose(1, 2)
        for layer in self.transformer.encoder.layers:
            tokens = layer(tokens, position)
        y = F.relu(self.output_convs[0](tokens.transpose(1, 2).reshape(x.shape)))
        levels = [y]
        for lateral, smooth, feature in zip(self.lateral_convs, self.output_convs[1:], reversed(finer)):
            beside = lateral(feature)
            y = F.relu(smooth(beside + F.interpolate(y, size=beside.shape[-2:], mode="nearest")))
            levels.append(y)
        return self.mask_features(y), levels[:3]
