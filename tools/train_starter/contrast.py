"""How a synthetic head is painted: intensities per label, most often like T1, sometimes anything at all."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fields import FIELD_SIZE, coarse_field
from heads import COMPACT, NUMBERS

# Place of each tissue between cortex (0) and white matter (1) in T1 images, and how far it strays.
BETWEEN_CORTEX_AND_WHITE_MATTER = {
    (2, 41): (1.0, 0.03), (3, 42): (0.0, 0.03), (7, 46): (0.92, 0.12), (8, 47): (0.02, 0.15), (10, 49): (0.5, 0.17),
    (11, 50): (0.08, 0.13), (12, 51): (0.28, 0.13), (13, 52): (0.72, 0.16), (16,): (0.78, 0.14), (17, 53): (0.05, 0.12),
    (18, 54): (0.02, 0.12), (26, 58): (0.12, 0.15), (28, 60): (0.65, 0.17), (25, 57): (0.4, 0.35), (85,): (0.7, 0.25),
}
FLUID = ((4, 43), (5, 44), (14,), (15,), (24,), (30, 62))
CHOROID = ((136, 163), (137, 164))
HEAD_TISSUE = (502, 506, 507, 508, 509, 511, 512, 514, 515, 516, 530)


@dataclass
class Paint:
    mean: torch.Tensor  # [2 * labels]: the second half where a random blob lies over head tissue
    spread: torch.Tensor
    blobs: torch.Tensor
    blob_level: float
    bias: torch.Tensor
    voxel_mm: tuple[float, float, float]
    slice_gap_mm: float
    coarse: float
    blur_px: float
    noise: float
    gamma: float
    gain: float
    cut: tuple[float, float, float, float]


def draw_paint(rng: np.random.Generator, plain: bool = False) -> Paint:
    """`plain` asks for an unremarkable T1 scan: what evaluate.py measures on beside the full variety."""
    count = len(NUMBERS)
    like_t1 = plain or rng.random() < 0.85
    mean = t1_means(rng) if like_t1 else random_means(rng)
    spread = rng.uniform(0.01, 0.05) * rng.uniform(0.6, 1.4, count)
    second = mean.copy()
    for number in HEAD_TISSUE:
        second[COMPACT[number]] = rng.uniform(0, 1.3)
        spread[COMPACT[number]] = rng.uniform(0.01, 0.15)
    mean, second = strip(mean, second, spread, rng, 0.0 if plain else 0.2)
    gamma = 1.0 if plain else float(np.exp(rng.normal(0, 0.2)))
    brightest = float(mean[[COMPACT[2], COMPACT[3], COMPACT[16]]].max()) ** gamma
    far = rng.uniform(0.1, 0.4) * (np.arange(4) == rng.integers(4)) if not plain and rng.random() < 0.12 else np.zeros(4)
    return Paint(
        mean=torch.tensor(np.concatenate([mean, second]), dtype=torch.float32),
        spread=torch.tensor(np.concatenate([spread, spread]), dtype=torch.float32),
        blobs=coarse_field(rng, 1, FIELD_SIZE, 1.0),
        blob_level=float(rng.uniform(-1, 1.5)),
        bias=coarse_field(rng, 1, int(rng.integers(2, 5)), rng.uniform(0, 0.12 if plain else 0.3)),
        voxel_mm=tuple(1.5 * (rng.uniform(0.9, 1.3, 3) if plain or rng.random() < 0.7 else rng.uniform(1, 2.2, 3))),
        slice_gap_mm=0.0 if plain or rng.random() < 0.88 else float(rng.uniform(2.5, 5)),
        coarse=1.0 if plain or rng.random() < 0.85 else float(rng.choice([4 / 3, 1.6, 2.0])),
        blur_px=0.3 if plain else float(rng.uniform(0, 0.9)),
        noise=0.02 if plain else float(rng.uniform(0, 0.06)),
        gamma=gamma,
        gain=float(rng.uniform(95, 235)) / max(brightest, 0.05),
        cut=tuple(float(share) for share in far),
    )


def t1_means(rng: np.random.Generator) -> np.ndarray:
    """White matter brightest, cortex darker, fluid dark; both sides nearly the same."""
    mean = np.zeros(len(NUMBERS))
    cortex, fluid = rng.uniform(0.52, 0.83), rng.uniform(0.08, 0.42)
    for numbers, (place, stray) in BETWEEN_CORTEX_AND_WHITE_MATTER.items():
        put(mean, numbers, cortex + (1 - cortex) * rng.normal(place, stray), rng)
    for numbers in FLUID:
        put(mean, numbers, fluid + rng.normal(0, 0.05), rng)
    for numbers in CHOROID:
        put(mean, numbers, rng.uniform(fluid, cortex), rng)
    bone, soft, fat = rng.uniform(0.02, 0.35), rng.uniform(0.3, 0.8), rng.uniform(0.5, 1.6)
    for number in HEAD_TISSUE:
        usual = {511: fat, 515: bone, 516: rng.uniform(0.2, 1.2), 507: soft, 512: 0.8, 514: soft}
        guess = usual.get(number, rng.uniform(0, 1.2))
        mean[COMPACT[number]] = guess if rng.random() < 0.75 else rng.uniform(0, 1.3)
    mean[COMPACT[0]] = rng.uniform(0, 0.08)
    return mean.clip(0)


def random_means(rng: np.random.Generator) -> np.ndarray:
    mean = rng.uniform(0, 1, len(NUMBERS))
    for numbers in (*BETWEEN_CORTEX_AND_WHITE_MATTER, *CHOROID):
        put(mean, numbers, rng.uniform(0, 1), rng)
    fluid = rng.uniform(0, 1)
    for numbers in FLUID:
        put(mean, numbers, fluid + rng.normal(0, 0.05), rng)
    mean[COMPACT[0]] = rng.uniform(0, 0.1) if rng.random() < 0.9 else rng.uniform(0, 1)
    return mean.clip(0)


def put(mean: np.ndarray, numbers: tuple[int, ...], value: float, rng: np.random.Generator) -> None:
    for number in numbers:
        mean[COMPACT[number]] = value + rng.normal(0, 0.012)


def strip(
    mean: np.ndarray, second: np.ndarray, spread: np.ndarray, rng: np.random.Generator, chance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Some heads come without skull, some of those without the fluid around the brain. Blobs lie on head tissue only."""
    if rng.random() < chance:
        gone = [*HEAD_TISSUE, 0] + ([24] if rng.random() < 0.4 else [])
        for number in gone:
            mean[COMPACT[number]] = second[COMPACT[number]] = 0
            spread[COMPACT[number]] = 0.001
    return mean, second
