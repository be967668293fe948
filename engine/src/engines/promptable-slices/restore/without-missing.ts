import type { MissingVoxels } from '@parse3d/volume/formats';
import { MaskCounts } from './mask-counts.js';
import type { SliceReader } from './way.js';
import type { SliceStack } from '../slices/stack.js';

/** Reads probabilities that are 0 where the volume has no value. */
export class WithoutMissing implements SliceReader {
  readonly #reader: SliceReader;
  readonly #missing: MissingVoxels;
  readonly #stack: SliceStack;

  constructor(reader: SliceReader, missing: MissingVoxels, stack: SliceStack) {
    this.#reader = reader;
    this.#missing = missing;
    this.#stack = stack;
  }

  probabilities(index: number, prompt: number): Float32Array | undefined {
    const slice = this.#reader.probabilities(index, prompt);
    if (slice === undefined) return undefined;
    const { height, width, start, strides } = this.#stack;
    for (let y = 0, n = 0; y < height; y++) {
      let at = start + index * strides[0] + y * strides[1];
      for (let x = 0; x < width; x++, n++, at += strides[2]) if (this.#missing.has(at)) slice[n] = 0;
    }
    return slice;
  }

  /** What the masks hold without the voxels that have no value. */
  count(prompts: number, threshold: number): MaskCounts {
    const counts = new MaskCounts(prompts);
    const limit = Math.fround(threshold);
    for (let prompt = 0; prompt < prompts; prompt++) {
      for (let index = 0; index < this.#stack.depth; index++) {
        let [voxels, sum, max] = [0, 0, 0];
        for (const probability of this.probabilities(index, prompt) ?? []) {
          if (!(probability > limit)) continue;
          voxels++;
          sum += probability;
          max = Math.max(max, probability);
        }
        counts.add(prompt, voxels, sum, max);
      }
    }
    return counts;
  }
}
