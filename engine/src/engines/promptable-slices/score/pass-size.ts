import type { EngineOptions } from '../../../types.js';
import { peakMemoryBytes } from '../../../peak-memory.js';

/** Of the memory cap, so that something is left for what comes after. */
const SHARE = 0.85;

/** Slices in one pass on a GPU, where small passes leave it idle; on a CPU more slices only cost memory. */
const GPU_SLICES = 4;

/** Most slices of a pass, as asked for or by the device. */
export const slicesPerPass = (options: EngineOptions): number =>
  options.slicesPerPass ?? (options.device === 'cpu' ? 1 : GPU_SLICES);

export interface PassLimits {
  /** Most slices of a pass. */
  readonly slicesPerPass: number;
  readonly memoryCapBytes?: number | undefined;
}

/**
 * How many slices go through the image encoder together. With a memory cap the first pass is one slice, and what that
 * took shows how many fit.
 */
export class PassSize {
  readonly #limits: PassLimits;
  #fits: number | undefined;

  constructor(limits: PassLimits) {
    this.#limits = limits;
    if (limits.memoryCapBytes === undefined || limits.slicesPerPass === 1) this.#fits = limits.slicesPerPass;
  }

  get slices(): number {
    return this.#fits ?? 1;
  }

  /** Runs a pass, and learns from the first one. */
  async measure<T>(run: () => Promise<T>): Promise<T> {
    const { memoryCapBytes: cap, slicesPerPass } = this.#limits;
    if (this.#fits !== undefined || cap === undefined) return run();
    const before = process.memoryUsage.rss();
    const result = await run();
    const perSlice = Math.max(1, peakMemoryBytes() - before);
    this.#fits = Math.min(slicesPerPass, Math.max(1, Math.floor((cap * SHARE - before) / perSlice)));
    return result;
  }
}
