import type { Shape } from '@parse3d/volume/geometry';
import { HALF_VALUES, toHalf } from './half.js';
import { tapsOf, type Taps } from './separate.js';

/** Logits of one plane of the grid that they go back to, [channels][j][i], and its place. The array is used again. */
export type OnRestored = (logits: Float32Array, k: number) => void;

/**
 * Logits on their way back from the model's grid: linear along each axis, the nearest slice along `sliced`, rounded to
 * half precision as nnU-Net's arrays are. Takes planes in order, holds two of them, and gives each plane of the other grid
 * as soon as both planes that it lies between are there.
 */
export class LogitsBack {
  readonly #taps: readonly [Taps, Taps, Taps];
  readonly #held = new Map<number, Float32Array>();
  readonly #mixed: Float64Array;
  readonly #out: Float32Array;
  #next = 0;

  constructor(
    private readonly channels: number,
    private readonly from: Shape,
    private readonly to: Shape,
    sliced: 0 | 1 | 2 | undefined,
    private readonly onRestored: OnRestored,
  ) {
    const taps = (axis: 0 | 1 | 2): Taps => tapsOf(from[axis], to[axis], axis === sliced);
    this.#taps = [taps(0), taps(1), taps(2)];
    this.#mixed = new Float64Array(channels * from[0] * from[1]);
    this.#out = new Float32Array(channels * to[0] * to[1]);
  }

  /** Plane k of the model's grid; copied. */
  add(logits: Float32Array, k: number): void {
    this.#held.set(k, logits.slice());
    const { first, second, weight } = this.#taps[2];
    while (this.#next < this.to[2] && second[this.#next] <= k) {
      const low = this.#held.get(first[this.#next]);
      const high = this.#held.get(second[this.#next]);
      if (low === undefined || high === undefined) throw new RangeError(`plane ${k} came before those below it`);
      this.#mix(low, high, weight[this.#next]);
      this.#resize();
      this.onRestored(this.#out, this.#next++);
    }
    const needed = this.#next < this.to[2] ? first[this.#next] : k + 1;
    for (const plane of [...this.#held.keys()]) if (plane < needed) this.#held.delete(plane);
  }

  #mix(low: Float32Array, high: Float32Array, weight: number): void {
    for (let n = 0; n < this.#mixed.length; n++) this.#mixed[n] = (1 - weight) * low[n] + weight * high[n];
  }

  #resize(): void {
    const [ni, nj] = this.from;
    const [ti, tj] = this.to;
    const [alongI, alongJ] = this.#taps;
    const row = new Float64Array(ni);
    for (let channel = 0; channel < this.channels; channel++) {
      for (let j = 0; j < tj; j++) {
        const low = (channel * nj + alongJ.first[j]) * ni;
        const high = (channel * nj + alongJ.second[j]) * ni;
        const w = alongJ.weight[j];
        for (let i = 0; i < ni; i++) row[i] = (1 - w) * this.#mixed[low + i] + w * this.#mixed[high + i];
        const target = (channel * tj + j) * ti;
        for (let i = 0; i < ti; i++) {
          const wi = alongI.weight[i];
          const value = (1 - wi) * row[alongI.first[i]] + wi * row[alongI.second[i]];
          this.#out[target + i] = HALF_VALUES[toHalf(value)];
        }
      }
    }
  }
}
