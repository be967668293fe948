import type { Labels } from '../../../steps/step.js';
import type { MaskSpool } from '../score/mask-spool.js';
import { probabilitiesOf, type SliceScores } from '../slices/slice-scores.js';
import { writeSlice } from '../slices/stack.js';
import { BestPrompts } from './best-prompts.js';
import { SmoothRenderer, type VolumeTaps } from './interpolate.js';
import type { MaskCounts } from './mask-counts.js';
import type { SliceMasks } from './slice-masks.js';
import type { LabelTarget, LabelWriter, SliceReader } from './way.js';

/** Back by interpolated probabilities, between slices too; the best prompt is chosen on the volume's own grid. */
export class SmoothWriter implements LabelWriter {
  readonly #target: LabelTarget;
  readonly #counts: MaskCounts;
  readonly #taps: VolumeTaps;
  readonly #renderer: SmoothRenderer;
  readonly #best: BestPrompts;
  readonly #slice: Labels;
  readonly #probability: Float32Array;
  /** Probabilities per prompt of the last slice and the one before. */
  #low = new Map<number, Float32Array>();
  #high = new Map<number, Float32Array>();
  #next = 0;

  constructor(target: LabelTarget, counts: MaskCounts, taps: VolumeTaps) {
    const pixels = target.stack.height * target.stack.width;
    this.#target = target;
    this.#counts = counts;
    this.#taps = taps;
    this.#renderer = new SmoothRenderer(taps);
    this.#best = new BestPrompts(pixels);
    this.#slice = target.labels.slice(0, pixels).fill(0);
    this.#probability = new Float32Array(pixels);
  }

  add(scores: SliceScores): void {
    const { masks, onKept } = this.#target;
    [this.#low, this.#high] = [this.#high, this.#low];
    this.#high.clear();
    masks.visit(scores, (prompt, logits, plane) => {
      onKept(scores.index, prompt, plane);
      this.#high.set(prompt, probabilitiesOf(logits));
    });
    const { depth } = this.#taps;
    for (; this.#next < depth.high.length && depth.high[this.#next] <= scores.index; this.#next++) {
      if (depth.inside[this.#next] === 1) this.#writeSlice(this.#next, scores.index);
    }
  }

  /** A slice of the volume that lies at or before the model's slice `newest`. */
  #writeSlice(z: number, newest: number): void {
    const { depth } = this.#taps;
    const at = (index: number): Map<number, Float32Array> => (index === newest ? this.#high : this.#low);
    const low = at(depth.low[z]);
    const high = at(depth.high[z]);
    this.#best.clear();
    for (const prompt of new Set([...low.keys(), ...high.keys()])) {
      const pair = { low: low.get(prompt), high: high.get(prompt), weight: depth.weight[z] };
      this.#renderer.render(pair, this.#probability);
      this.#offer(prompt);
    }
    if (this.#best.empty) return;
    const labelOf = [0, ...this.#target.labelOf];
    for (let n = 0; n < this.#slice.length; n++) this.#slice[n] = labelOf[this.#best.winner[n]] ?? 0;
    writeSlice(this.#slice, this.#target.stack, z, this.#target.labels);
  }

  #offer(prompt: number): void {
    const threshold = Math.fround(this.#target.threshold);
    let voxels = 0;
    let sum = 0;
    let max = 0;
    for (let n = 0; n < this.#probability.length; n++) {
      const probability = this.#probability[n];
      if (!(probability > threshold)) continue;
      voxels++;
      sum += probability;
      if (probability > max) max = probability;
      this.#best.offer(n, prompt, probability);
    }
    this.#counts.add(prompt, voxels, sum, max);
  }
}

/** Reads single masks back the same taps, from the logits in the scratch file. */
export class SmoothReader implements SliceReader {
  readonly #spool: MaskSpool;
  readonly #masks: SliceMasks;
  readonly #taps: VolumeTaps;
  readonly #renderer: SmoothRenderer;
  /** The model's slices used last, of one prompt: neighbours in the volume lie between the same two. */
  readonly #recent = new Map<number, Float32Array | undefined>();
  #prompt = -1;

  constructor(spool: MaskSpool, masks: SliceMasks, taps: VolumeTaps) {
    this.#spool = spool;
    this.#masks = masks;
    this.#taps = taps;
    this.#renderer = new SmoothRenderer(taps);
  }

  probabilities(index: number, prompt: number): Float32Array | undefined {
    const { depth, rows, columns } = this.#taps;
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
