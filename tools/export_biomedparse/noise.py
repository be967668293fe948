"""The uniform noise of the decoder's attention masks: Philox4x32-10, counter based.

Element `e` of layer `l` (row-major over [heads, queries, positions]) is word `e % 4` of the block
whose counter is (e // 4, l, 0, 0) and whose key is (seed mod 2^32, seed // 2^32). A word becomes
a uniform number in [0, 1) as (word >> 8) * 2^-24, exactly, in float32.
"""

import numpy as np

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
MASK32 = np.uint64(0xFFFFFFFF)


def philox4x32(counter, key):
    """Ten rounds of Philox4x32.

    counter: uint64[4, n] holding 32-bit words. key: two 32-bit integers. Returns uint64[4, n].
    """
    c0, c1, c2, c3 = (np.asarray(word, dtype=np.uint64) for word in counter)
    k0, k1 = key
    for _ in range(ROUNDS):
        first = c0 * np.uint64(MULTIPLIERS[0])
        second = c2 * np.uint64(MULTIPLIERS[1])
        c0, c1, c2, c3 = (
            (second >> np.uint64(32)) ^ c1 ^ np.uint64(k0),
            second & MASK32,
            (first >> np.uint64(32)) ^ c3 ^ np.uint64(k1),
            first & MASK32,
        )
        k0 = (k0 + WEYL[0]) & 0xFFFFFFFF
        k1 = (k1 + WEYL[1]) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3])


def layer_noise(seed, layer, shape):
    """float32 noise of one layer, uniform in [0, 1). shape: (heads, queries, positions)."""
    if not 0 <= seed < 2**53:
        raise ValueError(f"seed must be an integer from 0 to 2^53 - 1, got {seed}")
    count = int(np.prod(shape))
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    zero = np.zeros_like(blocks)
    words = philox4x32(
        (blocks, zero + np.uint64(layer), zero, zero), (seed & 0xFFFFFFFF, seed >> 32)
    )
    flat = words.T.reshape(-1)[:count]
    return ((flat >> np.uint64(8)).astype(np.float32) * np.float32(2.0**-24)).reshape(shape)


def draw(seed, shapes):
    """One float32 tensor per layer; shapes: a (heads, queries, positions) per layer."""
    return [layer_noise(seed, layer, tuple(shape)) for layer, shape in enumerate(shapes)]
