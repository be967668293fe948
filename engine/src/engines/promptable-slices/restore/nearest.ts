import type { Labels } from '../../../steps/step.js';
import type { MaskSpool } from '../score/mask-spool.js';
import { sigmoid, type SliceScores } from '../slices/slice-scores.js';
import type { SliceFit } from '../slices/fit.js';
import { writeSlice } from '../slices/stack.js';
import { BestPrompts } from './best-prompts.js';
import type { MaskCounts } from './mask-counts.js';
import type { SliceMasks } from './slice-masks.js';
import type { LabelTarget, LabelWriter, SliceReader } from './way.js';

/** Back as the published code goes: the best prompt on the model's grid, then the nearest pixel. */
export class NearestWriter implements LabelWriter {
  readonly #target: LabelTarget;
  readonly #counts: MaskCounts;
  readonly #fit: SliceFit;
  readonly #best: BestPrompts;
  readonly #slice: Labels;
  /** How many rows and columns of the volume each row and column of the model's grid becomes. */
  readonly #rowTimes: Uint16Array;
  readonly #columnTimes: Uint16Array;

  constructor(target: LabelTarget, counts: MaskCounts, fit: SliceFit) {
    this.#target = target;
    this.#counts = counts;
    this.#fit = fit;
    this.#best = new BestPrompts(fit.size * fit.size);
    this.#slice = target.labels.slice(0, fit.rows.count * fit.columns.count).fill(0);
    this.#rowTimes = timesUsed(fit.rows.nearest, fit.size);
    this.#columnTimes = timesUsed(fit.columns.nearest, fit.size);
  }

  add(scores: SliceScores): void {
    const { masks, onKept, stack, labels } = this.#target;
    this.#best.clear();
    masks.visit(scores, (prompt, logits, plane) => {
      onKept(scores.index, prompt, plane);
      this.#offer(prompt, logits, masks.cutoff);
    });
    if (this.#best.empty) return;
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
        this.#best.offer(n, prompt, probability);
      }
    }
    this.#counts.add(prompt, voxels, sum, max);
  }

  #readBack(): void {
    const { rows, columns, size } = this.#fit;
    const { winner } = this.#best;
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

/** Reads single masks back the same taps, from the logits in the scratch file. */
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

function timesUsed(nearest: Int32Array, size: number): Uint16Array {
  const times = new Uint16Array(size);
  for (const at of nearest) if (at >= 0) times[at] = times[at] + 1;
  return times;
}
