"""Smooth random fields around the brain: deformation, bias, blobs of tissue."""
from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

# Every field is kept on the same coarse grid, so that one interpolation serves all of them.
FIELD_SIZE = 17
FIELD_REACH_MM = 125.0


def coarse_field(rng: np.random.Generator, channels: int, detail: int, spread: float) -> torch.Tensor:
    """Normal noise on detail³ points, enlarged to [1, channels, FIELD_SIZE, FIELD_SIZE, FIELD_SIZE]."""
    noise = torch.from_numpy(rng.normal(0, spread, (1, channels) + (detail,) * 3).astype(np.float32))
    return F.interpolate(noise, size=(FIELD_SIZE,) * 3, mode="trilinear", align_corners=True)


def sample_field(field: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """A field [1, C, d, h, w] over ±FIELD_REACH_MM, linearly interpolated at points [..., 3] (z, y, x) in mm."""
    grid = (points.flip(-1) / FIELD_REACH_MM).reshape(1, points.shape[0], points.shape[1], -1, 3)
    found = F.grid_sample(field, grid, mode="bilinear", padding_mode="border", align_corners=True)
    return found[0].permute(1, 2, 3, 0).reshape(*points.shape[:-1], -1)
