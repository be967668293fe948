import { invert, multiply, voxelCount } from './affine.js';
import { allocateLike, allocateReal } from './arrays.js';
import { conformGeometry } from './conform.js';
import { fillTaps, isInside, snap, TAPS, type ResampleMethod } from './kernels.js';
import { alignmentOf, interpolateAligned, nearestAligned } from './resample-aligned.js';
import type { Affine, Geometry, Shape, Vec3, Volume, VoxelArray } from './types.js';

/** A grid to sample on, or only a new spacing (mm): then the source's own axes, extent and centre. */
export type ResampleTarget = Geometry | { readonly spacingMm: number | Vec3 };

export interface ResampleOptions {
  /** Value where the target lies outside of the source's voxels. @default 0 */
  readonly outside?: number | undefined;
}

/**
 * The volume sampled on another grid, voxel centre to voxel centre through both affines. Nothing is smoothed before a
 * reduction. The outermost half voxel repeats the edge; beyond that comes `outside`.
 *
 * `nearest` keeps the type; `linear` and `cubic` (Catmull-Rom, which may overshoot) give float32, or float64 where the
 * source has 32-bit integers or float64. Grids with parallel axes, in any order, take a fast path.
 */
export function resample<T extends VoxelArray>(
  volume: Volume<T>,
  target: ResampleTarget,
  method: 'nearest',
  options?: ResampleOptions,
): Volume<T>;
export function resample(
  volume: Volume,
  target: ResampleTarget,
  method: 'linear' | 'cubic',
  options?: ResampleOptions,
): Volume<Float32Array | Float64Array>;
export function resample(
  volume: Volume,
  target: ResampleTarget,
  method: ResampleMethod,
  options?: ResampleOptions,
): Volume;
export function resample(
  volume: Volume,
  target: ResampleTarget,
  method: ResampleMethod,
  options: ResampleOptions = {},
): Volume {
  const { data, geometry: source } = volume;
  const geometry = 'affine' in target ? target : conformGeometry(source, { spacingMm: target.spacingMm });
  const outside = options.outside ?? 0;
  const toSource = multiply(invert(source.affine), geometry.affine);
  const alignment = alignmentOf(toSource, geometry.shape);
  if (alignment !== undefined) {
    const aligned =
      method === 'nearest'
        ? nearestAligned(data, source.shape, geometry.shape, alignment, outside)
        : interpolateAligned(data, source.shape, geometry.shape, alignment, method, outside);
    return { data: aligned, geometry };
  }
  const length = voxelCount(geometry.shape);
  const out = method === 'nearest' ? allocateLike(data, length) : allocateReal(data, length);
  sampleOblique(data, source.shape, out, geometry.shape, toSource, method, outside);
  return { data: out, geometry };
}

/** Any grid from any grid: every target voxel finds its neighbours on its own. */
function sampleOblique(
  data: VoxelArray,
  shape: Shape,
  out: VoxelArray,
  target: Shape,
  toSource: Affine,
  method: ResampleMethod,
  outside: number,
): void {
  const [si, sj, sk] = shape;
  const [xi, xj, xk, x0, yi, yj, yk, y0, zi, zj, zk, z0] = toSource;
  const taps = TAPS[method];
  const index = new Int32Array(3 * taps);
  const weight = new Float64Array(3 * taps);
  let to = 0;
  for (let k = 0; k < target[2]; k += 1) {
    for (let j = 0; j < target[1]; j += 1) {
      for (let i = 0; i < target[0]; i += 1, to += 1) {
        const x = snap(xi * i + xj * j + xk * k + x0);
        const y = snap(yi * i + yj * j + yk * k + y0);
        const z = snap(zi * i + zj * j + zk * k + z0);
        if (!isInside(x, si) || !isInside(y, sj) || !isInside(z, sk)) {
          out[to] = outside;
          continue;
        }
        fillTaps(method, x, si, index, weight, 0);
        fillTaps(method, y, sj, index, weight, taps);
        fillTaps(method, z, sk, index, weight, 2 * taps);
        let sum = 0;
        for (let c = 2 * taps; c < 3 * taps; c += 1) {
          for (let b = taps; b < 2 * taps; b += 1) {
            const row = (index[c] * sj + index[b]) * si;
            const w = weight[c] * weight[b];
            for (let a = 0; a < taps; a += 1) sum += w * weight[a] * data[row + index[a]];
          }
        }
        out[to] = sum;
      }
    }
  }
}
