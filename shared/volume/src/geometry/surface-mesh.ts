import { determinant, transform } from './affine.js';
import { cellEdges, cellTriangles } from './cell-triangles.js';
import { keepSmallParts } from './keep-parts.js';
import type { Affine, Shape } from './types.js';

/** A closed surface in RAS millimetres. */
export interface SurfaceMesh {
  /** x, y, z of every corner. */
  readonly positions: Float32Array;
  /** Three corners a triangle, anticlockwise as seen from outside. */
  readonly triangles: Uint32Array;
  /** How many voxels along each axis were taken together, since the surface would have had too many triangles. */
  readonly coarsening: number;
}

/** Triangles of one mesh: with them the working memory stays below 300 MB. */
const MAX_TRIANGLES = 4_000_000;

/** Taubin's smoothing: a step in, a step out, so that the surface does not shrink. */
const [IN, OUT, ROUNDS] = [0.5, -0.53, 12] as const;

/** A corner stays so near to where it was, in voxels along each axis. */
const MOST_AWAY = 0.5;

/**
 * The surface of a mask (0 or not, i fastest): marching cubes, smoothed but for parts of a few voxels. Every side belongs to exactly two triangles, also
 * where the mask meets the border of its grid. Masks whose surface is too large are taken at half the resolution, or less.
 * @param affine voxel to RAS millimetres
 * @returns undefined for an empty mask
 */
export function surfaceMesh(
  mask: Uint8Array,
  shape: Shape,
  affine: Affine,
  maxTriangles = MAX_TRIANGLES,
): SurfaceMesh | undefined {
  let [data, size, coarsening] = [mask, shape, 1];
  while (countTriangles(data, size) > maxTriangles) {
    data = halved(data, size);
    size = halvedShape(size);
    coarsening *= 2;
  }
  const { positions, triangles } = extract(data, size);
  if (triangles.length === 0) return undefined;
  smooth(positions, triangles);
  const shift = (coarsening - 1) / 2;
  for (let n = 0; n < positions.length; n += 3) {
    const [i = 0, j = 0, k = 0] = [0, 1, 2].map((axis) => (positions[n + axis] ?? 0) * coarsening + shift);
    positions.set(transform(affine, [i, j, k]), n);
  }
  // A mirroring affine turns the inside out.
  if (determinant(affine) < 0) {
    for (let n = 0; n < triangles.length; n += 3) {
      [triangles[n], triangles[n + 1]] = [triangles[n + 1] ?? 0, triangles[n] ?? 0];
    }
  }
  return { positions, triangles, coarsening };
}

type OnCell = (i: number, j: number, k: number, code: number) => void;

/** Every cell with voxels on both sides, from one before the grid to its last voxels: what lies outside is empty. */
function eachCell(mask: Uint8Array, [ni, nj, nk]: Shape, onCell: OnCell): void {
  for (let k = -1; k < nk; k += 1) {
    for (let j = -1; j < nj; j += 1) {
      // Bits 0, 2, 4, 6 of the column of four voxels at i, moved up as i grows.
      let before = 0;
      for (let i = -1; i < ni; i += 1) {
        let after = 0;
        if (i + 1 < ni) {
          for (let corner = 0; corner < 4; corner += 1) {
            const [y, z] = [j + (corner & 1), k + (corner >> 1)];
            if (y < 0 || z < 0 || y >= nj || z >= nk) continue;
            if (mask[i + 1 + ni * (y + nj * z)] !== 0) after |= 1 << (2 * corner);
          }
        }
        const code = before | (after << 1);
        if (code !== 0 && code !== 255) onCell(i, j, k, code);
        before = after;
      }
    }
  }
}

function countTriangles(mask: Uint8Array, shape: Shape): number {
  let count = 0;
  eachCell(mask, shape, (_i, _j, _k, code) => (count += (cellTriangles[code]?.length ?? 0) / 3));
  return count;
}

function extract(mask: Uint8Array, shape: Shape): { positions: Float32Array; triangles: Uint32Array } {
  const count = countTriangles(mask, shape);
  const triangles = new Uint32Array(count * 3);
  // A closed surface has fewer corners than triangles, but for many small parts: these have two for three.
  let positions = new Float32Array(Math.max(24, count * 3));
  let corners = 0;
  let filled = 0;
  const [width, rows] = [shape[0] + 2, shape[1] + 2];
  // Corners by edge in two planes of cells: the upper one becomes the lower one.
  const known = [0, 1, 2].map(() => [new Int32Array(width * rows), new Int32Array(width * rows)]);
  let plane = -2;
  const cornerOn = (i: number, j: number, k: number, edge: number): number => {
    const { corner, axis } = cellEdges[edge] ?? { corner: 0, axis: 0 };
    const [x, y, up] = [i + (corner & 1), j + ((corner >> 1) & 1), corner >> 2];
    const slots = known[axis]?.[(k + up + 2) & 1];
    const slot = x + 1 + width * (y + 1);
    const found = slots?.[slot] ?? 0;
    if (found > 0) return found - 1;
    if (positions.length < (corners + 1) * 3) {
      const larger = new Float32Array(positions.length * 2);
      larger.set(positions);
      positions = larger;
    }
    positions.set([x, y, k + up], corners * 3);
    positions[corners * 3 + axis] = (positions[corners * 3 + axis] ?? 0) + 0.5;
    corners += 1;
    if (slots !== undefined) slots[slot] = corners;
    return corners - 1;
  };
  eachCell(mask, shape, (i, j, k, code) => {
    for (; plane < k; plane += 1) for (const planes of known) planes[(plane + 2) & 1]?.fill(0);
    for (const edge of cellTriangles[code] ?? []) triangles[filled++] = cornerOn(i, j, k, edge);
  });
  return { positions: positions.slice(0, corners * 3), triangles };
}

/** Moves every corner towards the mean of its neighbours, and back by a little more. */
function smooth(positions: Float32Array, triangles: Uint32Array): void {
  const start = positions.slice();
  const sums = new Float32Array(positions.length);
  const neighbours = new Uint16Array(positions.length / 3);
  // Each side comes once in each direction, so that one of the two adds each neighbour.
  for (const corner of triangles) neighbours[corner] = (neighbours[corner] ?? 0) + 1;
  for (let round = 0; round < 2 * ROUNDS; round += 1) {
    const weight = round % 2 === 0 ? IN : OUT;
    sums.fill(0);
    for (let n = 0; n < triangles.length; n += 1) {
      const from = (triangles[n] ?? 0) * 3;
      const to = (triangles[n % 3 === 2 ? n - 2 : n + 1] ?? 0) * 3;
      for (let axis = 0; axis < 3; axis += 1)
        sums[from + axis] = (sums[from + axis] ?? 0) + (positions[to + axis] ?? 0);
    }
    for (let n = 0; n < positions.length; n += 1) {
      const [at, first] = [positions[n] ?? 0, start[n] ?? 0];
      const moved = at + weight * ((sums[n] ?? 0) / (neighbours[Math.floor(n / 3)] ?? 1) - at);
      positions[n] = Math.min(first + MOST_AWAY, Math.max(first - MOST_AWAY, moved));
    }
  }
  keepSmallParts(start, positions, triangles);
}

const halvedShape = ([ni, nj, nk]: Shape): Shape => [Math.ceil(ni / 2), Math.ceil(nj / 2), Math.ceil(nk / 2)];

/** Eight voxels as one, which is inside where half of them are. */
function halved(mask: Uint8Array, shape: Shape): Uint8Array {
  const [ni, nj, nk] = shape;
  const [mi, mj, mk] = halvedShape(shape);
  const counts = new Uint8Array(mi * mj * mk);
  for (let k = 0; k < nk; k += 1) {
    for (let j = 0; j < nj; j += 1) {
      for (let i = 0; i < ni; i += 1) {
        if (mask[i + ni * (j + nj * k)] === 0) continue;
        const at = (i >> 1) + mi * ((j >> 1) + mj * (k >> 1));
        counts[at] = (counts[at] ?? 0) + 1;
      }
    }
  }
  return counts.map((count) => (count >= 4 ? 1 : 0));
}
