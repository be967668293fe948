import type { Shape, VoxelArray } from '../../geometry/index.js';
import { allocateLike } from '../../geometry/arrays.js';

/**
 * Where the images lie on a grid whose slices are stacked along their normal at equal distances. The images are parallel
 * to the slices and have their spacing, so that each is shifted only.
 */
export interface UprightPlan {
  /** Images in the plane, and how many there are. */
  readonly images: Shape;
  /** The grid. It holds all images whole. */
  readonly grid: Shape;
  /** Of each image, the place of its voxel (0, 0) on the grid; i and j are 0 or more. Ascending in k. */
  readonly places: readonly (readonly [i: number, j: number, k: number])[];
}

/**
 * Takes images onto the grid: linear in the plane and between neighbours. Voxels that no image reaches get the least
 * value of all, as air has. Integers are rounded.
 */
export function ontoGrid<T extends VoxelArray>(images: T, plan: UprightPlan): T {
  const [ni, nj, nk] = plan.grid;
  const out = allocateLike(images, ni * nj * nk);
  let fill = Infinity;
  for (let n = 0; n < images.length; n += 1) fill = Math.min(fill, images[n]);
  const whole = !(out instanceof Float32Array || out instanceof Float64Array);
  const shifted = new Map<number, Float64Array>();
  const imageAt = (index: number): Float64Array => {
    const known = shifted.get(index) ?? shiftedImage(images, plan, index, fill);
    shifted.set(index, known);
    return known;
  };
  for (let k = 0; k < nk; k += 1) {
    const [below, above, share] = neighboursOf(plan, k);
    for (const index of shifted.keys()) if (index < below) shifted.delete(index);
    const lower = imageAt(below);
    const upper = share > 0 ? imageAt(above) : lower;
    const start = k * ni * nj;
    for (let n = 0; n < ni * nj; n += 1) {
      const value = lower[n] * (1 - share) + upper[n] * share;
      out[start + n] = whole ? Math.round(value) : value;
    }
  }
  return out;
}

/** The images on both sides of a slice, and the share of the second. */
function neighboursOf({ places }: UprightPlan, k: number): [below: number, above: number, share: number] {
  const next = places.findIndex(([, , at]) => at >= k - 1e-9);
  if (next <= 0) return next === 0 ? [0, 0, 0] : [places.length - 1, places.length - 1, 0];
  const [low, high] = [places[next - 1]?.[2] ?? 0, places[next]?.[2] ?? 0];
  const share = (k - low) / (high - low);
  return share > 1 - 1e-9 ? [next, next, 0] : [next - 1, next, share];
}

/** One image on the plane of the grid, bilinear with the same weights everywhere. A voxel that it covers in part stays unreached. */
function shiftedImage(images: VoxelArray, plan: UprightPlan, index: number, fill: number): Float64Array {
  const [ni, nj] = plan.grid;
  const [columns, rows] = plan.images;
  const [di = 0, dj = 0] = plan.places[index] ?? [];
  const [wholeI, wholeJ] = [Math.floor(di), Math.floor(dj)];
  const [partI, partJ] = [di - wholeI, dj - wholeJ];
  const out = new Float64Array(ni * nj).fill(fill);
  const start = index * columns * rows;
  // A voxel of the grid lies a part of a voxel before one of the image, between it and the one before.
  const [stepI, stepJ] = [partI === 0 ? 0 : 1, partJ === 0 ? 0 : columns];
  for (let y = wholeJ + Math.sign(partJ); y < wholeJ + rows; y += 1) {
    for (let x = wholeI + Math.sign(partI); x < wholeI + columns; x += 1) {
      const at = start + (y - wholeJ) * columns + x - wholeI;
      const near = images[at] * (1 - partI) + images[at - stepI] * partI;
      const far = images[at - stepJ] * (1 - partI) + images[at - stepJ - stepI] * partI;
      out[y * ni + x] = near * (1 - partJ) + far * partJ;
    }
  }
  return out;
}

/** Takes a mask on the grid back onto the images: each pixel has the value of the voxel nearest to it. */
export function ontoImages(mask: Uint8Array, plan: UprightPlan): Uint8Array {
  const [ni, nj, nk] = plan.grid;
  const [columns, rows, count] = plan.images;
  const out = new Uint8Array(columns * rows * count);
  for (const [index, [di, dj, dk]] of plan.places.entries()) {
    const [shiftI, shiftJ] = [Math.round(di), Math.round(dj)];
    const slice = Math.min(nk - 1, Math.round(dk)) * ni * nj;
    for (let j = 0; j < rows; j += 1) {
      const from = slice + (j + shiftJ) * ni + shiftI;
      out.set(mask.subarray(from, from + columns), (index * rows + j) * columns);
    }
  }
  return out;
}
