"""Pieces that several graphs share. All tensors here are batch first: [batch, tokens, channels]."""

import torch
import torch.nn.functional as F
from torch import nn


def frozen(tensor):
    """A constant of the graph, detached from the model it came from."""
    return nn.Parameter(tensor.detach().clone().contiguous(), requires_grad=False)


def position_of(layer, side):
    """The sine position of a square level, [C, side·side], from the model's own layer."""
    with torch.no_grad():
        return layer(torch.zeros(1, 1, side, side)).flatten(2)[0]


class Linear(nn.Module):
    """y = x · weightᵀ + bias, with the weight stored as the matrix product wants it: [in, out]."""

    def __init__(self, weight, bias=None):
        super().__init__()
        self.weight = frozen(weight.t())
        self.bias = None if bias is None else frozen(bias)

    def forward(self, x):
        y = torch.matmul(x, self.weight)
        return y if self.bias is None else y + self.bias


class LinearFromTokens(nn.Module):
    """Channels-first result of a linear map over channels-last tokens.

    x[B,T,in] to [B,out,T]: the transposition folds into the matrix product at run time.
    """

    def __init__(self, weight, bias=None):
        super().__init__()
        self.weight = frozen(weight)
        self.bias = None if bias is None else frozen(bias[:, None])

    def forward(self, x):
        y = torch.matmul(self.weight, x.transpose(1, 2))
        return y if self.bias is None else y + self.bias


class LayerNorm(nn.Module):
    """Normalises the last axis; `gain` is folded into the affine part."""

    def __init__(self, weight, bias, eps, gain=None):
        super().__init__()
        self.weight = frozen(weight if gain is None else weight * gain)
        self.bias = frozen(bias if gain is None else bias * gain)
        self.eps = eps

    @classmethod
    def of(cls, norm, gain=None):
        """From a torch LayerNorm."""
        return cls(norm.weight, norm.bias, norm.eps, gain)

    def forward(self, x):
        return F.layer_norm(x, (self.weight.shape[0],), self.weight, self.bias, self.eps)


class Attention(nn.Module):
    """Multi-head attention; query and key may carry a position.

    tokens[B,T,C], position[T,C] or [B,T,C] or None, mask[T,T] added to the scores or None.
    """

    def __init__(self, attention):
        super().__init__()
        self.heads = attention.num_heads
        channels = attention.embed_dim
        self.size = channels // self.heads
        wq, wk, wv = attention.in_proj_weight.chunk(3)
        bq, bk, bv = attention.in_proj_bias.chunk(3)
        scale = self.size**-0.5
        self.query = Linear(wq * scale, bq * scale)
        self.key = Linear(wk, bk)
        self.value = Linear(wv, bv)
        self.out = Linear(attention.out_proj.weight, attention.out_proj.bias)

    def split(self, x):
        """[B,T,C] to [B,heads,T,C/heads]."""
        return x.reshape(x.shape[0], -1, self.heads, self.size).transpose(1, 2)

    def forward(self, tokens, position=None, mask=None, keys=None):
        """`keys`: tokens to attend to, when they are not `tokens`; then `position` is theirs."""
        placed = tokens if keys is None else keys
        values = placed
        placed = placed if position is None else placed + position
        query = self.split(self.query(placed if keys is None else tokens))
        scores = torch.matmul(query, self.split(self.key(placed)).transpose(2, 3))
        if mask is not None:
            scores = scores + mask
        mixed = torch.matmul(scores.softmax(-1), self.split(self.value(values)))
        return self.out(mixed.transpose(1, 2).reshape(tokens.shape[0], -1, self.heads * self.size))


class FeedForward(nn.Module):
    """x + second(relu(first(x))), normalised: the block after each attention."""

    def __init__(self, first, second, norm):
        super().__init__()
        self.first = Linear(first.weight, first.bias)
        self.second = Linear(second.weight, second.bias)
        self.norm = LayerNorm.of(norm)

    def forward(self, x):
        return self.norm(x + self.second(F.relu(self.first(x))))
