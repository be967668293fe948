import type { Shape } from '@parse3d/volume/geometry';
import { RunFinder, type MaskRuns } from './mask-runs.js';

/** Runs that are remembered, of all masks together: 32 MiB. What is beyond is made again from its slices. */
const MOST_RUNS = 4 * 1024 * 1024;

/** Masks that were made once need not be made again: their runs are remembered as far as the limit goes. */
export class MaskStore {
  readonly #shape: Shape;
  readonly #make: (prompt: number) => Iterable<Uint8Array>;
  readonly #runs = new Map<number, MaskRuns>();
  readonly #most: number;
  #count = 0;

  constructor(shape: Shape, make: (prompt: number) => Iterable<Uint8Array>, most = MOST_RUNS) {
    this.#shape = shape;
    this.#make = make;
    this.#most = most;
  }

  /** The mask of a prompt in pieces, in memory order. */
  pieces(prompt: number): Iterable<Uint8Array> {
    return this.#runs.get(prompt)?.pieces(this.#shape) ?? this.#remembered(prompt);
  }

  /** Remembers a mask; one that is too large for what is left is not. */
  put(prompt: number, runs: MaskRuns): void {
    if (this.#runs.has(prompt) || this.#count + runs.count > this.#most) return;
    this.#runs.set(prompt, runs);
    this.#count += runs.count;
  }

  *#remembered(prompt: number): Generator<Uint8Array> {
    const finder = new RunFinder(this.#shape, 0);
    for (const piece of this.#make(prompt)) {
      finder.add(piece);
      yield piece;
    }
    this.put(prompt, finder.runs);
  }
}
