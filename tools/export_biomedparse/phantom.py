"""Synthetic slices for golden cases and corrections: no one's data, the same on every machine."""

import numpy as np


def slices(depth, size, seed=0):
    """uint8[depth,size,size]: a body with a few organs that move and shrink along the stack."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:size, 0:size] / size - 0.5
    organs = [
        (*rng.uniform(-0.22, 0.22, 2), *rng.uniform(0.05, 0.16, 2), rng.uniform(60, 230))
        for _ in range(7)
    ]
    stack = np.zeros((depth, size, size))
    for k in range(depth):
        drift = 0.02 * k
        stack[k][(rows / 0.38) ** 2 + (columns / 0.45) ** 2 < 1] = 90
        for row, column, high, wide, grey in organs:
            inside = ((rows - row - drift) / high) ** 2 + ((columns - column) / wide) ** 2 < 1 - drift
            stack[k][inside] = grey
    ripple = 12 * np.sin(40 * rows) * np.cos(31 * columns)
    grain = rng.integers(-6, 7, stack.shape)
    return np.clip(np.where(stack > 0, stack + ripple + grain, grain), 0, 255).astype(np.uint8)
