import type { OnProgress } from '../../../types.js';
import type { SliceNetwork } from '../network/network.js';
import type { Prepared, RunPlan } from '../prepare/prepared.js';
import type { SliceScores } from '../slices/slice-scores.js';
import { coarseSlices, fineSlices } from './adaptive.js';
import { BlankSlices } from './blank-slices.js';
import { ExistenceTable } from './existence.js';
import type { MaskSpool } from './mask-spool.js';
import type { PassSize } from './pass-size.js';
import { scoreSlices } from './score-slices.js';
import type { Scratch } from './scratch.js';

/** What the network says of a volume, slice by slice, by the job's schedule. */
export class Scoring {
  /** Filled as the slices are scored. */
  readonly existence: ExistenceTable;
  readonly #network: SliceNetwork;
  readonly #plan: RunPlan;
  readonly #prepared: Prepared;
  readonly #scratch: Scratch;
  readonly #passSize: PassSize;
  readonly #blanks: BlankSlices;
  #adaptiveSlices: readonly number[] | undefined;

  constructor(network: SliceNetwork, plan: RunPlan, prepared: Prepared, scratch: Scratch, passSize: PassSize) {
    this.existence = new ExistenceTable(prepared.slices.model.depth, plan.prompts.length);
    this.#network = network;
    this.#plan = plan;
    this.#prepared = prepared;
    this.#scratch = scratch;
    this.#passSize = passSize;
    this.#blanks = new BlankSlices(scratch.edges);
  }

  /** Slices that were not run, since the network takes the very same of them as of one that was. */
  get blankSlices(): number {
    return this.#blanks.reused;
  }

  /** The model's slices that an adaptive schedule ran, once it has run; undefined with the full schedule. */
  get adaptiveSlices(): readonly number[] | undefined {
    return this.#adaptiveSlices;
  }

  /**
   * The scores of every slice in rising order; a slice that the schedule left out shows nothing.
   * @throws Problem `inference-failed`, or `canceled` between two passes
   */
  async *slices(onProgress: OnProgress, signal: AbortSignal): AsyncGenerator<SliceScores> {
    const { masks } = this.#scratch;
    if (this.#plan.schedule === 'adaptive' && masks !== undefined) yield* this.#adaptive(masks, onProgress, signal);
    else
      yield* this.#score(
        Array.from({ length: this.#depth }, (_, n) => n),
        0,
        onProgress,
        signal,
      );
  }

  get #depth(): number {
    return this.#prepared.slices.model.depth;
  }

  /** Some slices first, then those around what they show. Masks go through the scratch file, since order is lost. */
  async *#adaptive(masks: MaskSpool, onProgress: OnProgress, signal: AbortSignal): AsyncGenerator<SliceScores> {
    const logits = new Map<number, Float32Array>();
    const scoreAll = async (indices: readonly number[], before: number): Promise<void> => {
      for await (const { index, existence, planes } of this.#score(indices, before, onProgress, signal)) {
        logits.set(index, existence);
        planes.forEach((plane, prompt) => plane && masks.put(index, prompt, plane));
      }
    };
    const { slices } = this.#prepared;
    const coarse = coarseSlices(slices);
    await scoreAll(coarse, 0);
    const fine = fineSlices(slices, coarse, (index) => logits.get(index)?.some((logit) => logit > 0) ?? false);
    await scoreAll(fine, coarse.length);
    this.#adaptiveSlices = [...coarse, ...fine];
    for (let index = 0; index < this.#depth; index++) {
      const existence = logits.get(index) ?? new Float32Array(this.#plan.prompts.length).fill(-Infinity);
      yield { index, existence, planes: Array.from(existence, (_, prompt) => masks.get(index, prompt)) };
    }
  }

  /** Scores slices, reports progress, and notes what exists. @param before slices that were scored already */
  async *#score(
    indices: readonly number[],
    before: number,
    onProgress: OnProgress,
    signal: AbortSignal,
  ): AsyncGenerator<SliceScores> {
    let done = before;
    const report = (count: number): void => {
      done += count;
      onProgress({ stage: 'infer', done, total: before + indices.length });
    };
    report(0);
    const scored = scoreSlices(indices, {
      network: this.#network,
      model: this.#plan.pack.model,
      prepared: this.#prepared,
      prompts: this.#plan.prompts.length,
      objectPrompts: this.#plan.objectPrompts,
      edges: this.#scratch.edges,
      passSize: this.#passSize,
      blanks: this.#blanks,
      signal,
      onSlices: report,
    });
    for await (const scores of scored) {
      this.existence.set(scores.index, scores.existence);
      yield scores;
    }
  }
}
