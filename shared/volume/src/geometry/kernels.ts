export type ResampleMethod = 'nearest' | 'linear' | 'cubic';

export const TAPS = { nearest: 1, linear: 2, cubic: 4 } as const;

/** A position this close to a voxel centre is on it: rounding in affines must not blur or shift a grid that coincides. */
const SNAP = 1e-6;

/** A coordinate in voxels, moved onto the voxel centre that it misses by rounding only. */
export function snap(x: number): number {
  const whole = Math.round(x);
  return Math.abs(x - whole) < SNAP ? whole : x;
}

/** True when a coordinate lies within the extent of the voxels along an axis: half a voxel beyond the outer centres. */
export function isInside(x: number, size: number): boolean {
  return x >= -0.5 - SNAP && x <= size - 0.5 + SNAP;
}

/**
 * The voxels around a coordinate along one axis, and their weights (sum 1). Beyond the edge the edge voxel counts.
 * Nearest: halves go up. Cubic: Catmull-Rom (a = -0.5), which passes through the voxels' values.
 * @param at where in `index` and `weight` the `TAPS[method]` entries begin
 */
export function fillTaps(
  method: ResampleMethod,
  x: number,
  size: number,
  index: Int32Array,
  weight: Float64Array,
  at: number,
): void {
  if (method === 'nearest') {
    index[at] = clampIndex(Math.floor(x + 0.5), size);
    weight[at] = 1;
    return;
  }
  const floor = Math.floor(x);
  const t = x - floor;
  if (method === 'linear') {
    index[at] = clampIndex(floor, size);
    index[at + 1] = clampIndex(floor + 1, size);
    weight[at] = 1 - t;
    weight[at + 1] = t;
    return;
  }
  for (let tap = 0; tap < 4; tap += 1) index[at + tap] = clampIndex(floor + tap - 1, size);
  weight[at] = ((-0.5 * t + 1) * t - 0.5) * t;
  weight[at + 1] = (1.5 * t - 2.5) * t * t + 1;
  weight[at + 2] = ((-1.5 * t + 2) * t + 0.5) * t;
  weight[at + 3] = (0.5 * t - 0.5) * t * t;
}

/** The voxel nearest to an index along an axis: beyond an edge, the edge. */
export function clampIndex(index: number, size: number): number {
  return index < 0 ? 0 : index >= size ? size - 1 : index;
}

/** For every position along a target axis: the source voxels it mixes, their weights, and whether it is inside. */
export interface AxisTaps {
  readonly size: number;
  readonly taps: number;
  readonly index: Int32Array;
  readonly weight: Float64Array;
  readonly inside: Uint8Array;
}

/** Taps for the positions scale·n + offset, n from 0 to `size` - 1, along a source axis of `sourceSize` voxels. */
export function axisTaps(
  method: ResampleMethod,
  size: number,
  sourceSize: number,
  scale: number,
  offset: number,
): AxisTaps {
  const taps = TAPS[method];
  const index = new Int32Array(size * taps);
  const weight = new Float64Array(size * taps);
  const inside = new Uint8Array(size);
  for (let n = 0; n < size; n += 1) {
    const x = snap(scale * n + offset);
    inside[n] = isInside(x, sourceSize) ? 1 : 0;
    fillTaps(method, x, sourceSize, index, weight, n * taps);
  }
  return { size, taps, index, weight, inside };
}
