import type { SliceFit } from './fit-slices.js';
import type { SliceMasks } from './slice-masks.js';
import { probabilitiesOf, sigmoid } from './slice-scores.js';
import type { MaskSpool } from './spool.js';
import { SmoothRenderer, type SmoothWay } from './way-back.js';

/** One prompt's slices on the volume's own grid, from its spooled logits; undefined where there is nothing. */
export interface SliceReader {
  probabilities(index: number, prompt: number): Float32Array | undefined;
}

/** Probabilities above the threshold, as 1. */
export function maskOf(probabilities: Float32Array, threshold: number): Uint8Array {
  const limit = Math.fround(threshold);
  const mask = new Uint8Array(probabilities.length);
  for (let n = 0; n < mask.length; n++) mask[n] = probabilities[n] > limit ? 1 : 0;
  return mask;
}

export class NearestReader implements SliceReader {
  readonly #spool: MaskSpool;
  readonly #masks: SliceMasks;
  readonly #fit: SliceFit;

  constructor(spool: MaskSpool, masks: SliceMasks, fit: SliceFit) {
    this.#spool = spool;
    this.#masks = masks;
    this.#fit = fit;
  }

  probabilities(index: number, prompt: number): Float32Array | undefined {
    const plane = this.#spool.getKept(index, prompt);
    if (plane === undefined) return undefined;
    const logits = this.#masks.enlarge(plane);
    const { rows, columns, size } = this.#fit;
    const out = new Float32Array(rows.count * columns.count);
    for (let y = 0, n = 0; y < rows.count; y++) {
      const row = rows.nearest[y];
      for (let x = 0; x < columns.count; x++, n++) {
        const column = columns.nearest[x];
        if (row >= 0 && column >= 0) out[n] = sigmoid(logits[row * size + column]);
      }
    }
    return out;
  }
}

export class SmoothReader implements SliceReader {
  readonly #spool: MaskSpool;
  readonly #masks: SliceMasks;
  readonly #way: SmoothWay;
  readonly #renderer: SmoothRenderer;
  /** The model's slices used last, of one prompt: neighbours in the volume lie between the same two. */
  readonly #recent = new Map<number, Float32Array | undefined>();
  #prompt = -1;

  constructor(spool: MaskSpool, masks: SliceMasks, way: SmoothWay) {
    this.#spool = spool;
    this.#masks = masks;
    this.#way = way;
    this.#renderer = new SmoothRenderer(way);
  }

  probabilities(index: number, prompt: number): Float32Array | undefined {
    const { depth, rows, columns } = this.#way;
    if (depth.inside[index] === 0) return undefined;
    const low = this.#plane(depth.low[index], prompt);
    const high = this.#plane(depth.high[index], prompt);
    if (low === undefined && high === undefined) return undefined;
    const out = new Float32Array(rows.low.length * columns.low.length);
    this.#renderer.render({ low, high, weight: depth.weight[index] }, out);
    return out;
  }

  #plane(slice: number, prompt: number): Float32Array | undefined {
    if (prompt !== this.#prompt) this.#recent.clear();
    this.#prompt = prompt;
    if (this.#recent.has(slice)) return this.#recent.get(slice);
    const logits = this.#spool.getKept(slice, prompt);
    const plane = logits && probabilitiesOf(this.#masks.enlarge(logits));
    const [oldest] = this.#recent.keys();
    if (this.#recent.size >= 2 && oldest !== undefined) this.#recent.delete(oldest);
    this.#recent.set(slice, plane);
    return plane;
  }
}
