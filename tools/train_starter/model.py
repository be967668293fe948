"""A small 2.5D U-Net: a slice, its two neighbours and the place of each pixel in the frame, to class logits."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from classes import CLASSES, MIRROR

WIDTHS = (16, 32, 64, 112, 144)
# Grey values of 0 to 255 enter the net as (value - MEAN) / STD; pack.json repeats both.
MEAN, STD = 96.0, 64.0
COORDINATE_SCALE_MM = 100.0


def conv(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs, momentum=0.02), nn.ReLU(inplace=True)
    )


class Up(nn.Module):
    """Narrow first, then enlarge: the wide convolution never runs at the higher resolution."""

    def __init__(self, below: int, skip: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(below, skip, 1)
        self.merge = conv(2 * skip, skip)

    def forward(self, below: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        # Nearest: the convolution that follows smooths, and on a CPU the gradient of bilinear costs more than it.
        larger = F.interpolate(self.narrow(below), scale_factor=2.0, mode="nearest")
        return self.merge(torch.cat([larger, skip], 1))


class SliceNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        inputs = (5, *WIDTHS[:-1])
        # One convolution at full resolution, where each costs most; two at every other level.
        self.down = nn.ModuleList(
            conv(i, o) if n == 0 else nn.Sequential(conv(i, o), conv(o, o)) for n, (i, o) in enumerate(zip(inputs, WIDTHS))
        )
        self.up = nn.ModuleList(Up(WIDTHS[n + 1], WIDTHS[n]) for n in reversed(range(len(WIDTHS) - 1)))
        self.head = nn.Conv2d(WIDTHS[0], len(CLASSES), 1)

    def forward(self, image: torch.Tensor, coordinates: torch.Tensor) -> torch.Tensor:
        """image [B, 3, H, W] normalised, coordinates [B, 2, H, W]; logits [B, classes, H, W]."""
        level = torch.cat([image, coordinates], 1)
        skips = []
        for n, block in enumerate(self.down):
            level = block(level if n == 0 else F.max_pool2d(level, 2))
            skips.append(level)
        for block, skip in zip(self.up, reversed(skips[:-1])):
            level = block(level, skip)
        return self.head(level)


class Mirrored(nn.Module):
    """A net's class probabilities, averaged with those of the slice's mirror image: one pass, twice the batch."""

    def __init__(self, net: SliceNet) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("mirror", torch.from_numpy(MIRROR.astype("int64")))

    def forward(self, image: torch.Tensor, coordinates: torch.Tensor) -> torch.Tensor:
        """As SliceNet, but for probabilities. The place stays: a head's mirror image lies where the head does."""
        images = torch.cat([image, image.flip(-1)])
        p = self.net(images, torch.cat([coordinates, coordinates])).softmax(1)
        p = p.reshape(2, -1, *p.shape[1:])
        return (p[0] + p[1].index_select(1, self.mirror).flip(-1)) / 2


def coordinates(offsets_mm: torch.Tensor, size: tuple[int, int], spacing_mm: float) -> torch.Tensor:
    """y and x of each pixel from the frame's centre, for windows centred at offsets_mm [B, 2] (y, x)."""
    axes = [(torch.arange(n, dtype=torch.float32) - (n - 1) / 2) * spacing_mm for n in size]
    y = offsets_mm[:, 0, None, None] + axes[0][None, :, None]
    x = offsets_mm[:, 1, None, None] + axes[1][None, None, :]
    shape = (len(offsets_mm), *size)
    return torch.stack([y.expand(shape), x.expand(shape)], 1) / COORDINATE_SCALE_MM
