"""Synthetic MR slices from label maps: every call a new head, a new contrast, a new scanner.

After the idea of SynthSeg (Billot et al. 2023): paint each label with a random intensity, deform, blur, add a bias
field and noise. Only the few slices that are asked for are painted, each with its two neighbours.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from classes import MIRROR
from contrast import Paint, draw_paint
from fields import FIELD_SIZE, coarse_field, sample_field
from heads import TO_CLASS, Head

SPACING_MM = 1.5
HEIGHT, WIDTH = 128, 112  # the training window, y and x
# Corners of a tetrahedron: four samples of a voxel with the variance of its box along every axis.
TETRAHEDRON = torch.tensor([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=torch.float32)


@dataclass
class Frame:
    """Where a set of slices lies: the deformation from its grid to the head's voxels."""

    matrix: torch.Tensor
    displacement: torch.Tensor  # coarse field [1, 3, FIELD_SIZE...], mm
    centre: torch.Tensor
    mirrored: bool

    def to_head(self, points: torch.Tensor, displacement: torch.Tensor) -> torch.Tensor:
        """Points in mm from the brain's centre [..., 3] (z, y, x) to voxels of the label map."""
        moved = points + displacement
        if self.mirrored:
            moved = moved * torch.tensor([1.0, 1.0, -1.0])
        return moved @ self.matrix.T + self.centre


def draw_frame(head: Head, rng: np.random.Generator, plain: bool = False) -> Frame:
    spread = 0.0 if plain else 1.0
    angles = spread * rng.uniform(-12, 12, 3) * np.pi / 180
    scale = 1 / (rng.uniform(0.9, 1.1) * rng.uniform(0.94, 1.06, 3)) if not plain else np.ones(3)
    shear = np.eye(3) + spread * rng.uniform(-0.04, 0.04, (3, 3)) * (1 - np.eye(3))
    matrix = rotation(angles) @ shear @ np.diag(scale)
    smooth = coarse_field(rng, 3, 5, spread * rng.uniform(0, 4.5))
    fine = coarse_field(rng, 3, FIELD_SIZE, spread * rng.uniform(0, 1.2))
    mirrored = bool(rng.random() < 0.5 and not plain)
    return Frame(torch.from_numpy(matrix.astype(np.float32)), smooth + fine, torch.from_numpy(head.centre), mirrored)


def rotation(angles: np.ndarray) -> np.ndarray:
    cz, cy, cx = np.cos(angles)
    sz, sy, sx = np.sin(angles)
    about_z = np.array([[1, 0, 0], [0, cz, -sz], [0, sz, cz]])
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    about_x = np.array([[cx, -sx, 0], [sx, cx, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def draw_depths(head: Head, count: int, rng: np.random.Generator) -> np.ndarray:
    """Slice positions in mm from the brain's centre: by area, by detail, and anywhere in the head."""
    chance = [rng.random() for _ in range(count)]
    pick = lambda p: rng.choice(head.depth, p=p)  # noqa: E731
    anywhere = (float(head.depth[0]) * 0.95, float(head.depth[-1]) * 0.95)
    return np.array(
        [pick(head.by_area) if c < 0.5 else pick(head.by_detail) if c < 0.84 else rng.uniform(*anywhere) for c in chance]
    ) + rng.uniform(-0.5, 0.5, count)


def draw_slices(head: Head, count: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """image uint8 [count, 3, H, W], classes uint8 [count, H, W], window centre in mm from the frame's centre (y, x)."""
    frame, paint = draw_frame(head, rng), draw_paint(rng)
    depths = draw_depths(head, count, rng)
    shift = rng.uniform(-1, 1, 2) * (12, 9)
    image, classes = render(head, frame, paint, depths, (HEIGHT, WIDTH), shift, rng)
    # The frame that inference sees is centred on the field of view, the brain is somewhere near.
    offset = rng.uniform(-1, 1, 2) * (38, 14)
    return image, classes, torch.tensor(offset, dtype=torch.float32)


def render(
    head: Head, frame: Frame, paint: Paint, depths: np.ndarray, size: tuple[int, int], shift: np.ndarray,
    rng: np.random.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    planes = torch.tensor((depths[:, None] + np.array([-1, 0, 1]) * SPACING_MM).reshape(-1), dtype=torch.float32)
    if paint.slice_gap_mm:
        planes = torch.round(planes / paint.slice_gap_mm) * paint.slice_gap_mm
    points = grid_points(planes, size, shift)
    field = sample_field(torch.cat([frame.displacement, paint.bias, paint.blobs], 1), points)
    voxels = frame.to_head(points, field[..., :3])
    truth_at = voxels[1::3]
    if paint.slice_gap_mm:  # the truth lies where the slice is asked for, not where it was acquired
        asked = grid_points(torch.tensor(depths, dtype=torch.float32), size, shift)
        truth_at = frame.to_head(asked, sample_field(frame.displacement, asked))

    flat = torch.from_numpy(head.labels.reshape(-1))
    mean, spread = torch.zeros(voxels.shape[:-1]), torch.zeros(voxels.shape[:-1])
    blob = (field[..., 4] > paint.blob_level) * len(TO_CLASS)
    half = torch.tensor(paint.voxel_mm, dtype=torch.float32) * 0.2887
    for corner in TETRAHEDRON:
        label = lookup(flat, head.labels.shape, voxels + corner * half).long()
        entry = label + blob
        mean += paint.mean[entry]
        spread += paint.spread[entry]
    mean, spread = mean / 4, spread / 4
    image = mean + spread * torch.randn(mean.shape, generator=generator)
    image = image * torch.exp(field[..., 3])
    image = scan(image, paint, generator)

    table = torch.from_numpy(TO_CLASS)
    classes = table[lookup(flat, head.labels.shape, truth_at).long()]
    if frame.mirrored:
        classes = torch.from_numpy(MIRROR)[classes.long()]
    image, classes = cut(image, classes, paint)
    return image.reshape(len(depths), 3, *size), classes


def grid_points(planes: torch.Tensor, size: tuple[int, int], shift: np.ndarray) -> torch.Tensor:
    """Points [planes, H, W, 3] in mm from the brain's centre (z, y, x)."""
    y = (torch.arange(size[0]) - (size[0] - 1) / 2) * SPACING_MM + float(shift[0])
    x = (torch.arange(size[1]) - (size[1] - 1) / 2) * SPACING_MM + float(shift[1])
    return torch.stack(torch.meshgrid(planes, y, x, indexing="ij"), -1)


def lookup(flat: torch.Tensor, shape: tuple[int, ...], voxels: torch.Tensor) -> torch.Tensor:
    """Nearest label; the map's rim (air, or the cut neck) goes on outside of it."""
    z, y, x = torch.round(voxels).to(torch.int32).unbind(-1)
    z, y, x = z.clamp(0, shape[0] - 1), y.clamp(0, shape[1] - 1), x.clamp(0, shape[2] - 1)
    return flat[((z * shape[1] + y) * shape[2] + x).long()]


def scan(image: torch.Tensor, paint: Paint, generator: torch.Generator) -> torch.Tensor:
    """Blur, noise and grey scale of the scanner; the result is uint8."""
    stack = image[:, None]
    if paint.coarse > 1:
        low = F.interpolate(stack, scale_factor=1 / paint.coarse, mode="bilinear", align_corners=False, antialias=False)
        stack = F.interpolate(low, size=image.shape[-2:], mode="bilinear", align_corners=False)
    if paint.blur_px > 0.25:
        reach = torch.arange(-3, 4, dtype=torch.float32)
        kernel = torch.exp(-0.5 * (reach / paint.blur_px) ** 2)
        kernel = kernel / kernel.sum()
        stack = F.conv2d(F.conv2d(stack, kernel.view(1, 1, 7, 1), padding=(3, 0)), kernel.view(1, 1, 1, 7), padding=(0, 3))
    noisy = stack[:, 0] + paint.noise * torch.randn(image.shape, generator=generator)
    grey = noisy.abs().clamp(1e-4) ** paint.gamma
    return (grey * paint.gain).clamp(0, 255).to(torch.uint8)


def cut(image: torch.Tensor, classes: torch.Tensor, paint: Paint) -> tuple[torch.Tensor, torch.Tensor]:
    """A field of view that ends inside the head: nothing seen, nothing to find."""
    height, width = image.shape[1:]
    top, bottom, before, after = (int(round(s * n)) for s, n in zip(paint.cut, (height, height, width, width)))
    if top or bottom or before or after:
        keep = torch.zeros((height, width), dtype=torch.bool)
        keep[top : height - bottom, before : width - after] = True
        image, classes = image * keep, classes * keep
    return image, classes
