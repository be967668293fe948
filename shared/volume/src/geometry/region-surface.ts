import type { LabelArray } from './label-map.js';
import { marchingCubesAreas } from './marching-cubes.js';
import type { RegionBox } from './region-diameter.js';
import type { Geometry, Vec3 } from './types.js';

/**
 * Surface area of every region in mm², index 0 unused: the triangles of marching cubes, with corners half-way between a
 * voxel centre inside and its neighbour outside. What lies outside of the grid does not belong to any region.
 *
 * On the grid of `geometry` as if its axes stood at right angles.
 */
export function regionSurfaces(
  labels: LabelArray,
  { shape, spacingMm }: Geometry,
  regions: number,
  boxes: readonly RegionBox[],
): Float64Array {
  const [ni, nj, nk] = shape;
  const areas = marchingCubesAreas(spacingMm);
  const out = new Float64Array(regions + 1);
  const outside = labels.slice(0, ni).fill(0);
  const rowAt = (j: number, k: number): LabelArray => {
    if (j < 0 || k < 0 || j >= nj || k >= nk) return outside;
    const start = ni * (j + nj * k);
    return labels.subarray(start, start + ni);
  };
  const corners = new Uint32Array(8);
  const { min, max } = around(boxes);
  for (let k = min[2]; k <= max[2] + 1; k += 1) {
    for (let j = min[1]; j <= max[1] + 1; j += 1) {
      const [a, b, c, d] = [rowAt(j - 1, k - 1), rowAt(j, k - 1), rowAt(j - 1, k), rowAt(j, k)];
      // The four labels of the last step along i, and whether they are one.
      let [a0, b0, c0, d0] = [0, 0, 0, 0];
      let same0 = true;
      for (let i = min[0]; i <= max[0] + 1; i += 1) {
        const [a1, b1, c1, d1] = i < ni ? [a[i], b[i], c[i], d[i]] : [0, 0, 0, 0];
        const same1 = a1 === b1 && a1 === c1 && a1 === d1;
        if (!(same0 && same1 && a0 === a1)) {
          corners[0] = a0;
          corners[1] = a1;
          corners[2] = b0;
          corners[3] = b1;
          corners[4] = c0;
          corners[5] = c1;
          corners[6] = d0;
          corners[7] = d1;
          addCube(corners, areas, out);
        }
        a0 = a1;
        b0 = b1;
        c0 = c1;
        d0 = d1;
        same0 = same1;
      }
    }
  }
  return out;
}

/** The box around all regions: nothing else has a surface. */
function around(boxes: readonly RegionBox[]): { readonly min: Vec3; readonly max: Vec3 } {
  const min: [number, number, number] = [Infinity, Infinity, Infinity];
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    for (const axis of [0, 1, 2] as const) {
      min[axis] = Math.min(min[axis], box.min[axis]);
      max[axis] = Math.max(max[axis], box.max[axis]);
    }
  }
  return { min, max };
}

/** Adds the surface inside of one cube of eight voxel centres to each region that it holds. */
function addCube(corners: Uint32Array, areas: Float64Array, out: Float64Array): void {
  let left = 0xff;
  while (left !== 0) {
    const label = corners[31 - Math.clz32(left)];
    let code = 0;
    for (let n = 0; n < 8; n += 1) if (corners[n] === label) code |= 1 << n;
    left &= ~code;
    if (label !== 0) out[label] = out[label] + areas[code];
  }
}
