"""A 3×3 convolution with a quarter of the multiplications: Winograd's F(4×4, 3×3), as matrix products.

ONNX Runtime's CPU convolution multiplies directly. Written out like this, the two largest
convolutions of the pixel decoder take a quarter of their time, and differ by about 1e-6 of their
largest value. In half precision the transforms would lose too much: there, convolve directly.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from layers import frozen

TILE, REACH = 4, 6
#: Kernel, input and output transforms for the interpolation points 0, 1, -1, 2, -2 and infinity.
KERNEL = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)
INPUT = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
OUTPUT = np.array(
    [
        [1, 1, 1, 1, 1, 0],
        [0, 1, -1, 2, -2, 0],
        [0, 1, 1, 4, 4, 0],
        [0, 1, -1, 8, -8, 1],
    ]
)


class Winograd(nn.Module):
    """x[B,C,H,W] to [B,out,H,W]; zero padding of one pixel; H and W multiples of four.

    The input transform is a strided convolution with 36 fixed kernels; then one product per point
    of the transformed 6×6 tile; then the output transform, which is one more product.
    """

    def __init__(self, weight, bias=None):
        super().__init__()
        spread = np.einsum("ak,ockl,bl->aboc", KERNEL, weight.detach().double().numpy(), KERNEL)
        self.weight = frozen(torch.from_numpy(spread.reshape(REACH**2, *weight.shape[:2])).float())
        kernels = np.einsum("ai,bj->abij", INPUT, INPUT).reshape(REACH**2, 1, REACH, REACH)
        self.kernels = frozen(torch.from_numpy(kernels).float())
        self.gather = frozen(torch.from_numpy(np.kron(OUTPUT, OUTPUT)).float())
        self.bias = None if bias is None else frozen(bias[:, None, None])

    def forward(self, x):
        batch, channels, height, width = x.shape
        rows, columns = height // TILE, width // TILE
        # Channels in front: the transposition below then folds into the product.
        planes = x.transpose(0, 1).reshape(-1, 1, height, width)
        tiles = F.conv2d(planes, self.kernels, stride=TILE, padding=1)
        tiles = tiles.reshape(channels, -1, REACH**2, rows * columns).permute(1, 2, 0, 3)
        products = torch.matmul(self.weight, tiles)
        pixels = torch.matmul(self.gather, products.reshape(batch, REACH**2, -1))
        pixels = pixels.reshape(batch, TILE, TILE, -1, rows, columns).permute(0, 3, 4, 1, 5, 2)
        y = pixels.reshape(batch, -1, height, width)
        return y if self.bias is None else y + self.bias
