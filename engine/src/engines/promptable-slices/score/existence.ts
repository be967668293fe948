import type { Finding } from '@parse3d/contract';
import { sigmoid } from '../slices/slice-scores.js';
import type { SliceStack } from '../slices/stack.js';
import type { LinearTaps } from '../slices/linear-taps.js';

/** Existence per slice of the model's stack and prompt; slices that were not looked at have none. */
export class ExistenceTable {
  readonly #prompts: number;
  readonly #scores: Float32Array;

  constructor(slices: number, prompts: number) {
    this.#prompts = prompts;
    this.#scores = new Float32Array(slices * prompts).fill(NaN);
  }

  /** @param logits per prompt */
  set(slice: number, logits: Float32Array): void {
    this.#scores.set(logits.map(sigmoid), slice * this.#prompts);
  }

  get(slice: number, prompt: number): number | null {
    const score = this.#scores[slice * this.#prompts + prompt];
    return Number.isNaN(score) ? null : score;
  }

  /**
   * Of the volume: the highest of all slices, since one slice that shows a target is enough. 0 when no slice was looked
   * at, which only happens where all have one grey value.
   */
  ofVolume(prompt: number): number {
    let highest = 0;
    for (let n = prompt; n < this.#scores.length; n += this.#prompts) {
      const score = this.#scores[n];
      if (score > highest) highest = score;
    }
    return highest;
  }

  /** Along the volume's own axis, by its own index; a slice between two of the model's has the higher score. */
  bySlice(prompt: number, stack: SliceStack, depth: LinearTaps): NonNullable<Finding['existenceBySlice']> {
    const scores = Array.from({ length: stack.depth }, (_, z): number | null => {
      if (depth.inside[z] === 0) return null;
      const around = [this.get(depth.low[z], prompt), this.get(depth.high[z], prompt)];
      const known = around.filter((score) => score !== null);
      return known.length === 0 ? null : Math.round(Math.max(...known) * 1000) / 1000;
    });
    return { axis: stack.own.axis, scores: stack.own.reversed ? scores.reverse() : scores };
  }
}
