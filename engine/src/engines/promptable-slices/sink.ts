import type { Labels } from '../../steps/step.js';

/** Where slices of probabilities go, and what comes back on the input's own grid. */
export interface SliceSink {
  /**
   * @param back for each pixel of the slice its place in the model's grid, or -1
   * @param probabilities one array per prompt on the model's grid
   */
  add(slice: number, back: Int32Array, probabilities: readonly Float32Array[]): void;
  restore(): Restored;
}

export interface SinkOptions {
  /** Label number per prompt. */
  readonly labels: readonly number[];
  /** A voxel belongs to a mask above this probability. */
  readonly threshold: number;
  readonly wantMasks: boolean;
  readonly wantProbabilities: boolean;
}

export interface Restored {
  readonly labels: Labels;
  readonly stats: PromptStats;
  mask(prompt: number): Uint8Array;
  probabilities(prompt: number): Float32Array;
}

/** Counts of each prompt's mask. */
export class PromptStats {
  readonly #entries: { voxels: number; sum: number; max: number }[];

  constructor(
    prompts: number,
    readonly threshold: number,
  ) {
    this.#entries = Array.from({ length: prompts }, () => ({ voxels: 0, sum: 0, max: 0 }));
  }

  /** A voxel of the prompt's mask. */
  add(prompt: number, probability: number): void {
    const entry = this.#entries[prompt];
    if (entry === undefined) return;
    entry.voxels++;
    entry.sum += probability;
    if (probability > entry.max) entry.max = probability;
  }

  of(prompt: number): { voxels: number; mean: number | null; max: number | null } {
    const { voxels = 0, sum = 0, max = 0 } = this.#entries[prompt] ?? {};
    return voxels === 0 ? { voxels, mean: null, max: null } : { voxels, mean: Math.min(1, sum / voxels), max };
  }
}
