"""Prints the table of shared/volume/src/geometry/marching-cubes.ts: what scikit-image's marching cubes puts into one cube.

    python3 marching_cubes_table.py

For each of the 256 ways in which eight voxels can lie inside or outside (bit n: corner n, bits 0, 1, 2 of n are its places
along i, j, k): the area vectors of the triangles in the unit cube, three digits each, in eighths and without signs.
"""
import numpy as np
from skimage.measure import marching_cubes


def triangles(code: int) -> str:
    cube = np.array([(code >> n) & 1 for n in range(8)], np.float32).reshape(2, 2, 2).transpose(2, 1, 0)
    if code in (0, 255):
        return ""
    corners, faces, _, _ = marching_cubes(np.ascontiguousarray(cube), 0.5)
    a, b, c = corners[faces].transpose(1, 0, 2)
    eighths = np.abs(np.cross(b - a, c - a)) * 4
    assert np.allclose(eighths, eighths.round()) and eighths.max() < 10
    return "".join("".join(str(int(round(value))) for value in vector) for vector in eighths)


print("\n".join(triangles(code) for code in range(256)))
