import type { Labels } from '../../steps/step.js';
import type { SliceFit } from './fit-slices.js';
import type { SliceMasks } from './slice-masks.js';
import { probabilitiesOf, sigmoid, type SliceScores } from './slice-scores.js';
import { writeSlice, type SliceStack } from './slice-stack.js';
import { SmoothRenderer, type SmoothWay } from './way-back.js';

/** Takes the network's slices in rising order, every one of them, and writes those of the label map. */
interface LabelSlices {
  add(scores: SliceScores): void;
}

export interface LabelTarget {
  /** The volume's own slices. */
  readonly stack: SliceStack;
  /** Zeroed; in the volume's memory order. */
  readonly labels: Labels;
  /** Label number per prompt. */
  readonly labelOf: readonly number[];
  readonly masks: SliceMasks;
  /** Probability from which a voxel belongs to a mask. */
  readonly threshold: number;
  /** Told of each mask that stayed, before it is used. */
  readonly onKept: (index: number, prompt: number, plane: Float32Array) => void;
}

/** Voxels of each prompt's mask, and their probabilities. */
export class MaskCounts {
  readonly voxels: Float64Array;
  readonly sum: Float64Array;
  readonly max: Float64Array;

  constructor(prompts: number) {
    this.voxels = new Float64Array(prompts);
    this.sum = new Float64Array(prompts);
    this.max = new Float64Array(prompts);
  }

  add(prompt: number, voxels: number, sum: number, max: number): void {
    this.voxels[prompt] = this.voxels[prompt] + voxels;
    this.sum[prompt] = this.sum[prompt] + sum;
    this.max[prompt] = Math.max(this.max[prompt], max);
  }
}

/** The best prompt of each pixel: background unless one is above the threshold, of equals the first prompt. */
class Winners {
  /** Index of the prompt plus 1; 0 is background. */
  readonly winner: Uint16Array;
  readonly best: Float32Array;
  #empty = true;

  constructor(pixels: number) {
    this.winner = new Uint16Array(pixels);
    this.best = new Float32Array(pixels);
  }

  get empty(): boolean {
    return this.#empty;
  }

  clear(): void {
    if (!this.#empty) this.winner.fill(0);
    this.#empty = true;
  }

  offer(pixel: number, prompt: number, probability: number): void {
    const current = this.winner[pixel];
    const best = this.best[pixel];
    if (current !== 0 && (probability < best || (probability === best && prompt >= current - 1))) return;
    this.winner[pixel] = prompt + 1;
    this.best[pixel] = probability;
    this.#empty = false;
  }
}

/** Back as the published code goes: the best prompt on the model's grid, then the nearest pixel. */
export class NearestLabels implements LabelSlices {
  readonly #target: LabelTarget;
  readonly #counts: MaskCounts;
  readonly #fit: SliceFit;
  readonly #winners: Winners;
  readonly #slice: Labels;
  /** How many rows and columns of the volume each row and column of the model's grid becomes. */
  readonly #rowTimes: Uint16Array;
  readonly #columnTimes: Uint16Array;

  constructor(target: LabelTarget, counts: MaskCounts, fit: SliceFit) {
    this.#target = target;
    this.#counts = counts;
    this.#fit = fit;
    this.#winners = new Winners(fit.size * fit.size);
    this.#slice = target.labels.slice(0, fit.rows.count * fit.columns.count).fill(0);
    this.#rowTimes = timesUsed(fit.rows.nearest, fit.size);
    this.#columnTimes = timesUsed(fit.columns.nearest, fit.size);
  }

  add(scores: SliceScores): void {
    const { masks, onKept, stack, labels } = this.#target;
    this.#winners.clear();
    masks.visit(scores, (prompt, logits, plane) => {
      onKept(scores.index, prompt, plane);
      this.#offer(prompt, logits, masks.cutoff);
    });
    if (this.#winners.empty) return;
    this.#readBack();
    writeSlice(this.#slice, stack, scores.index, labels);
  }

  #offer(prompt: number, logits: Float32Array, cutoff: number): void {
    const { size } = this.#fit;
    let voxels = 0;
    let sum = 0;
    let max = 0;
    for (let y = 0; y < size; y++) {
      const rows = this.#rowTimes[y];
      if (rows === 0) continue;
      for (let x = 0, n = y * size; x < size; x++, n++) {
        const logit = logits[n];
        if (!(logit > cutoff)) continue;
        const times = rows * this.#columnTimes[x];
        if (times === 0) continue;
        const probability = sigmoid(logit);
        voxels += times;
        sum += times * probability;
        if (probability > max) max = probability;
        this.#winners.offer(n, prompt, probability);
      }
    }
    this.#counts.add(prompt, voxels, sum, max);
  }

  #readBack(): void {
    const { rows, columns, size } = this.#fit;
    const { winner } = this.#winners;
    const labelOf = [0, ...this.#target.labelOf];
    for (let y = 0, n = 0; y < rows.count; y++) {
      const row = rows.nearest[y];
      for (let x = 0; x < columns.count; x++, n++) {
        const column = columns.nearest[x];
        this.#slice[n] = row < 0 || column < 0 ? 0 : (labelOf[winner[row * size + column]] ?? 0);
      }
    }
  }
}

/** Back by interpolated probabilities, between slices too; the best prompt is chosen on the volume's own grid. */
export class SmoothLabels implements LabelSlices {
  readonly #target: LabelTarget;
  readonly #counts: MaskCounts;
  readonly #way: SmoothWay;
  readonly #renderer: SmoothRenderer;
  readonly #winners: Winners;
  readonly #slice: Labels;
  readonly #probability: Float32Array;
  /** Probabilities per prompt of the last slice and the one before. */
  #low = new Map<number, Float32Array>();
  #high = new Map<number, Float32Array>();
  #next = 0;

  constructor(target: LabelTarget, counts: MaskCounts, way: SmoothWay) {
    const pixels = target.stack.height * target.stack.width;
    this.#target = target;
    this.#counts = counts;
    this.#way = way;
    this.#renderer = new SmoothRenderer(way);
    this.#winners = new Winners(pixels);
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
    const { depth } = this.#way;
    for (; this.#next < depth.high.length && depth.high[this.#next] <= scores.index; this.#next++) {
      if (depth.inside[this.#next] === 1) this.#writeSlice(this.#next, scores.index);
    }
  }

  /** A slice of the volume that lies at or before the model's slice `newest`. */
  #writeSlice(z: number, newest: number): void {
    const { depth } = this.#way;
    const at = (index: number): Map<number, Float32Array> => (index === newest ? this.#high : this.#low);
    const low = at(depth.low[z]);
    const high = at(depth.high[z]);
    this.#winners.clear();
    for (const prompt of new Set([...low.keys(), ...high.keys()])) {
      const pair = { low: low.get(prompt), high: high.get(prompt), weight: depth.weight[z] };
      this.#renderer.render(pair, this.#probability);
      this.#offer(prompt);
    }
    if (this.#winners.empty) return;
    const labelOf = [0, ...this.#target.labelOf];
    for (let n = 0; n < this.#slice.length; n++) this.#slice[n] = labelOf[this.#winners.winner[n]] ?? 0;
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
      this.#winners.offer(n, prompt, probability);
    }
    this.#counts.add(prompt, voxels, sum, max);
  }
}

function timesUsed(nearest: Int32Array, size: number): Uint16Array {
  const times = new Uint16Array(size);
  for (const at of nearest) if (at >= 0) times[at] = times[at] + 1;
  return times;
}
