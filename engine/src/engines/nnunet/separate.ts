import type { Vec3 } from '@parse3d/volume/geometry';

/** Voxels more than so many times as long as wide are resampled slice by slice. */
const ANISOTROPY = 3;

/**
 * The axis that nnU-Net resamples by the nearest slice, apart from the two others: the longest one of the voxels on either
 * grid, the grid that is left first; undefined where no axis stands out.
 */
export function slicedAxis(from: Vec3, to: Vec3): 0 | 1 | 2 | undefined {
  const spacing = [from, to].find((mm) => Math.max(...mm) / Math.min(...mm) > ANISOTROPY);
  if (spacing === undefined) return undefined;
  const longest = Math.max(...spacing);
  const axes = ([0, 1, 2] as const).filter((axis) => longest / spacing[axis] === 1);
  return axes.length === 1 ? axes[0] : undefined;
}

/** Python's `round`: of two equally near whole numbers the even one. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** Where a voxel of the new grid lies between two of the old one: `(1 - weight) · first + weight · second`. */
export interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weight: Float64Array;
}

/** Linear between voxel centres, the first and last voxel beyond them; or the nearest voxel. Source: scipy.ndimage.zoom in grid mode. */
export function tapsOf(from: number, to: number, nearest: boolean): Taps {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const weight = new Float64Array(to);
  const zoom = from / to;
  for (let n = 0; n < to; n++) {
    const place = Math.min(from - 1, Math.max(0, (n + 0.5) * zoom - 0.5));
    const start = nearest ? Math.floor(place + 0.5) : Math.floor(place);
    first[n] = start;
    second[n] = nearest ? start : Math.min(from - 1, start + 1);
    weight[n] = nearest ? 0 : place - start;
  }
  return { first, second, weight };
}
