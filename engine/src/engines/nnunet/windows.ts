import type { Shape } from '@parse3d/volume/geometry';
import { HALF_VALUES, toHalf } from './half.js';
import { roundHalfEven } from './separate.js';

/** Weight of the middle of a window; the others are in proportion. */
const PEAK = 10;

/**
 * First voxels of the windows along one axis, by nnU-Net's rule: as few as give steps of at most `1 - overlap` of a
 * window, evenly spread. Windows of one voxel, which 2D networks have along the slices, stand side by side.
 */
export function nnunetStarts(length: number, window: number, overlap: number): number[] {
  if (window > length) throw new RangeError(`a window of ${window} does not fit into ${length} voxels`);
  const room = length - window;
  const gaps = window === 1 ? room : Math.ceil(room / (window * (1 - overlap)));
  if (gaps === 0) return [0];
  return Array.from({ length: gaps + 1 }, (_, n) => roundHalfEven((room / gaps) * n));
}

/**
 * Weights of a window's voxels, i fastest: a Gaussian with sigma = 1/8 of the window about the voxel at half its length,
 * 10 there, in half precision. What half precision takes for 0 gets the smallest weight that it does not.
 */
export function nnunetWeights(shape: Shape): Float32Array {
  const [wi, wj, wk] = shape.map((length) => {
    const sigma = length / 8;
    const middle = Math.floor(length / 2);
    return Float64Array.from({ length }, (_, n) => Math.exp(-0.5 * ((n - middle) / sigma) ** 2));
  });
  const weights = new Float32Array(shape[0] * shape[1] * shape[2]);
  let least = Infinity;
  let at = 0;
  for (let k = 0; k < shape[2]; k++) {
    for (let j = 0; j < shape[1]; j++) {
      const row = PEAK * (wk?.[k] ?? 1) * (wj?.[j] ?? 1);
      for (let i = 0; i < shape[0]; i++) {
        const weight = HALF_VALUES[toHalf(row * (wi?.[i] ?? 1))];
        if (weight > 0 && weight < least) least = weight;
        weights[at++] = weight;
      }
    }
  }
  for (let n = 0; n < weights.length; n++) if (weights[n] === 0) weights[n] = least;
  return weights;
}

/** Every set of the axes, the empty one first, then by size: the order in which nnU-Net adds mirrored passes up. */
export function mirrorings<T>(axes: readonly T[]): T[][] {
  const ofSize = (size: number, from: number): T[][] =>
    size === 0
      ? [[]]
      : axes.slice(from).flatMap((axis, n) => ofSize(size - 1, from + n + 1).map((rest) => [axis, ...rest]));
  return Array.from({ length: axes.length + 1 }, (_, size) => ofSize(size, 0)).flat();
}

/** Channels of a box of voxels with some axes reversed, as a new array. */
export function mirror(data: Float32Array, [ni, nj, nk]: Shape, axes: readonly number[]): Float32Array {
  const [flipI, flipJ, flipK] = [axes.includes(0), axes.includes(1), axes.includes(2)];
  const out = new Float32Array(data.length);
  const rows = data.length / ni;
  for (let row = 0; row < rows; row++) {
    const j = row % nj;
    const k = Math.floor(row / nj) % nk;
    const channel = Math.floor(row / (nj * nk));
    const from = (channel * nk + (flipK ? nk - 1 - k : k)) * nj + (flipJ ? nj - 1 - j : j);
    const source = data.subarray(from * ni, (from + 1) * ni);
    out.set(source, row * ni);
    if (flipI) out.subarray(row * ni, (row + 1) * ni).reverse();
  }
  return out;
}
