import type { Shape } from '@parse3d/volume/geometry';
import type { Box } from '../../steps/sliding-windows.js';
import { HALF_VALUES, toHalf } from './half.js';

/**
 * Weighted logits of one fold, summed in half precision, for as many planes as a window is deep. Planes that no later
 * window reaches are read and their memory is used again.
 */
export class HalfSums {
  readonly #sums: Uint16Array;
  readonly #plane: number;

  /**
   * @param channels of the graph
   * @param shape of the padded volume
   * @param depth planes that are held: those of a window
   */
  constructor(
    private readonly channels: number,
    private readonly shape: Shape,
    private readonly depth: number,
  ) {
    this.#plane = shape[0] * shape[1];
    this.#sums = new Uint16Array(channels * depth * this.#plane);
  }

  /** Adds one window's logits times its weights; plane 0 of the window goes to the first plane held. */
  add(logits: Float32Array, weights: Float32Array, { start, shape: [ni, nj, nk] }: Box): void {
    const voxels = ni * nj * nk;
    const sums = this.#sums;
    for (let channel = 0; channel < this.channels; channel++) {
      for (let row = 0; row < nj * nk; row++) {
        const k = Math.floor(row / nj);
        const from = row * ni;
        const source = channel * voxels + from;
        const to = this.#at(channel, k) + (start[1] + (row % nj)) * this.shape[0] + start[0];
        for (let i = 0; i < ni; i++) {
          const weighted = Math.fround(logits[source + i] * weights[from + i]);
          sums[to + i] = toHalf(HALF_VALUES[sums[to + i]] + weighted);
        }
      }
    }
  }

  /** Sum of a voxel of plane `k` of those held. */
  value(channel: number, k: number, voxel: number): number {
    return HALF_VALUES[this.#sums[this.#at(channel, k) + voxel]];
  }

  /** Lets the first planes go: the others move up. */
  forget(planes: number): void {
    const gone = Math.min(planes, this.depth) * this.#plane;
    const stride = this.depth * this.#plane;
    for (let channel = 0; channel < this.channels; channel++) {
      const start = channel * stride;
      this.#sums.copyWithin(start, start + gone, start + stride);
      this.#sums.fill(0, start + stride - gone, start + stride);
    }
  }

  #at(channel: number, k: number): number {
    return (channel * this.depth + k) * this.#plane;
  }
}
