import { LRUCache } from 'lru-cache';
import type { SliceScores } from '../slices/slice-scores.js';
import type { MaskSpool } from './mask-spool.js';

/** Kinds that are remembered, each with a mask per prompt: air and padding are one or two. */
const KINDS = 4;

/** A slice of one grey value between others of one value: its place in the stack, and what the network takes of it. */
export interface Blank {
  readonly index: number;
  /** The values of all channels of all views: all that the network's answer depends on. */
  readonly key: string;
}

/**
 * What the network says of slices without content, asked once for each kind. A network that is given the very same numbers
 * gives the very same answer, so that nothing changes but the time.
 */
export class BlankSlices {
  readonly #edges: MaskSpool | undefined;
  readonly #known = new LRUCache<string, SliceScores>({ max: KINDS });
  #reused = 0;

  /** @param edges where the edge logits of the slices go */
  constructor(edges: MaskSpool | undefined) {
    this.#edges = edges;
  }

  /** Slices that were not run. */
  get reused(): number {
    return this.#reused;
  }

  /** Remembers the answer for a blank slice of a kind that is not known. */
  learn({ key }: Blank, scores: SliceScores): void {
    // Later steps may write into what they are given.
    this.#known.set(key, { ...scores, planes: scores.planes.map((plane) => plane?.slice()) });
  }

  /** The answer for a slice like one that was run already; undefined where there was none. */
  find({ index, key }: Blank): SliceScores | undefined {
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    this.#reused++;
    known.existence.forEach((_, prompt) => {
      if (this.#edges?.has(known.index, prompt) !== true) return;
      const logits = this.#edges.get(known.index, prompt);
      if (logits !== undefined) this.#edges.put(index, prompt, logits);
    });
    return { index, existence: known.existence.slice(), planes: known.planes.map((plane) => plane?.slice()) };
  }
}
