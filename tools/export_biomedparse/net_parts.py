"""Parts that the networks of image and prompts share, under the names that the published weights have."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class AttentionAndNorm(nn.Module):
    """Multi-head attention, a residual sum and a norm. `name`: what the weights call the attention.

    tokens[B,T,C] read memory[B,M,C]; the positions are added where tokens and memory are compared,
    not to what is read. hidden: bool[B·heads,T,M], True where a token must not look.
    """

    def __init__(self, channels, heads, name):
        super().__init__()
        self.name = name
        setattr(self, name, nn.MultiheadAttention(channels, heads, batch_first=True))
        self.norm = nn.LayerNorm(channels)

    def forward(self, tokens, memory, position=0, memory_position=0, hidden=None):
        attention = getattr(self, self.name)
        read, _ = attention(tokens + position, memory + memory_position, memory, attn_mask=hidden, need_weights=False)
        return self.norm(tokens + read)


class FeedForwardAndNorm(nn.Module):
    """Two linear maps with a rectifier between them, a residual sum and a norm."""

    def __init__(self, channels, inner):
        super().__init__()
        self.linear1 = nn.Linear(channels, inner)
        self.linear2 = nn.Linear(inner, channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, tokens):
        return self.norm(tokens + self.linear2(F.relu(self.linear1(tokens))))


class SinePosition(nn.Module):
    """Positions of a grid as sines and cosines: half of the channels for the row, half for the column.

    Rows and columns are numbered from 1 and scaled so that the last is 2π. Channel pairs share one
    frequency; frequencies fall from 1 to about 1/10000. No weights.
    """

    def __init__(self, channels):
        super().__init__()
        self.half = channels // 2

    def forward(self, features):
        """features[B,·,H,W] to [1,C,H,W]."""
        height, width = features.shape[-2:]
        pair = torch.div(torch.arange(self.half, dtype=torch.float32), 2, rounding_mode="floor")
        divisor = 10000 ** (2 * pair / self.half)

        def waves(count):
            place = torch.arange(1, count + 1, dtype=torch.float32)
            angle = (place / (place[-1] + 1e-6) * (2 * math.pi))[:, None] / divisor
            return torch.stack((angle[:, 0::2].sin(), angle[:, 1::2].cos()), dim=2).flatten(1)

        rows = waves(height)[:, None].expand(-1, width, -1)
        columns = waves(width)[None].expand(height, -1, -1)
        return torch.cat((rows, columns), dim=2).permute(2, 0, 1)[None]
