"""Makes the golden arrays of objects.test.ts with scikit-image, by the steps of BiomedParse's published notebook.

    /usr/bin/python3 make_golden.py        # Debian 12: python3-skimage 0.19.3, python3-scipy 1.10.1

spheres.classes.gz: uint8 [z, y, x], 0 outside, 1 interior, 2 edge: 500 touching spheres with membranes of one to three
voxels between them. spheres.objects.gz: uint16 of the same shape, the objects numbered as scikit-image numbers them.
"""

import gzip
from pathlib import Path

import numpy as np
from skimage.measure import label
from skimage.segmentation import expand_labels

SHAPE = (90, 94, 98)
COUNT = 500


def phantom() -> np.ndarray:
    random = np.random.default_rng(7)
    lattice = np.stack(np.meshgrid(*[np.arange(8)] * 3, indexing="ij"), -1).reshape(-1, 3)[:COUNT]
    centres = 8 + lattice * 10.6 + random.uniform(-1.2, 1.2, (COUNT, 3))
    radii = random.uniform(5.2, 6.8, COUNT)
    places = np.stack(np.indices(SHAPE), -1).astype(np.float64)
    nearest = np.full(SHAPE, np.inf)
    second = np.full(SHAPE, np.inf)
    for centre, radius in zip(centres, radii):
        distance = np.linalg.norm(places - centre, axis=-1) - radius
        second = np.minimum(second, np.maximum(nearest, distance))
        nearest = np.minimum(nearest, distance)
    mask = nearest < 0
    # Membranes where two spheres meet, and along part of the surface, as edge maps have them.
    edge = mask & ((second - nearest < 1.7) | ((nearest > -0.9) & (places[..., 0] > 40)))
    return mask.astype(np.uint8) + edge


def main() -> None:
    classes = phantom()
    mask, edge = classes > 0, classes == 2
    instances = label(mask & ~edge, connectivity=1)
    objects = expand_labels(instances, distance=1) * mask
    print(objects.max(), "objects;", int((mask & (objects == 0)).sum()), "voxels of the mask in none")
    folder = Path(__file__).parent
    for name, array in (("classes", classes), ("objects", objects.astype("<u2"))):
        (folder / f"spheres.{name}.gz").write_bytes(gzip.compress(array.tobytes(), 9, mtime=0))


if __name__ == "__main__":
    main()
