import type { Labels } from '../../../steps/step.js';
import type { RunPlan } from '../prepare/prepared.js';
import type { PreparedSlices } from '../prepare/grey-slices.js';
import type { MaskSpool } from '../score/mask-spool.js';
import type { Scratch } from '../score/scratch.js';
import type { LinearTaps } from '../slices/linear-taps.js';
import type { SliceScores } from '../slices/slice-scores.js';
import { volumeTaps, type VolumeTaps } from './interpolate.js';
import { MaskCounts } from './mask-counts.js';
import { NearestReader, NearestWriter } from './nearest.js';
import { SliceMasks } from './slice-masks.js';
import { SmoothReader, SmoothWriter } from './smooth.js';
import type { LabelWriter, SliceReader } from './way.js';
import { WithoutMissing } from './without-missing.js';

/** The label map and the masks on the volume's own grid. */
export interface Restored {
  readonly labels: Labels;
  readonly counts: MaskCounts;
  /** Probabilities of single prompts; absent where no mask was kept. */
  readonly masks: SliceReader | undefined;
  /** Edges between objects; absent where the pack has none or nobody asked for objects. */
  readonly edges: SliceReader | undefined;
  /** Between which of the model's slices each slice of the volume lies. */
  readonly depth: LinearTaps;
  readonly smooth: boolean;
}

/** Takes scored slices from the model's grid back to the volume's, by the nearest pixel or by interpolation. */
export class Restoration {
  readonly #plan: RunPlan;
  readonly #slices: PreparedSlices;
  readonly #scratch: Scratch;
  readonly #labels: Labels;
  readonly #counts: MaskCounts;
  readonly #masks: SliceMasks;
  readonly #taps: VolumeTaps;
  readonly #smooth: boolean;
  readonly #writer: LabelWriter;

  constructor(plan: RunPlan, slices: PreparedSlices, scratch: Scratch) {
    const { pack, prompts, volume } = plan;
    const voxels = volume.data.length;
    this.#plan = plan;
    this.#slices = slices;
    this.#scratch = scratch;
    this.#labels = prompts.some(({ label }) => label > 255) ? new Uint16Array(voxels) : new Uint8Array(voxels);
    this.#counts = new MaskCounts(prompts.length);
    this.#masks = new SliceMasks(pack.model, pack.threshold);
    this.#taps = volumeTaps(slices.volume, slices.model, slices.fit);
    // The nearest pixel is exact only where both grids have the same spacing.
    this.#smooth = slices.resampled || plan.options.resample === 'smooth';
    const target = {
      stack: slices.volume,
      labels: this.#labels,
      labelOf: prompts.map(({ label }) => label),
      masks: this.#masks,
      threshold: pack.threshold,
      onKept: (index: number, prompt: number, plane: Float32Array) => this.#keepMask(index, prompt, plane),
    };
    this.#writer = this.#smooth
      ? new SmoothWriter(target, this.#counts, this.#taps)
      : new NearestWriter(target, this.#counts, slices.fit);
  }

  /** Writes a slice into the label map. Slices come in rising order, every one of them. */
  add(scores: SliceScores): void {
    this.#writer.add(scores);
  }

  /** What there is after the last slice: voxels that have no value belong to nothing. */
  finish(): Restored {
    const { keepsMasks, volume, prompts, pack } = this.#plan;
    const { missing } = volume;
    if (!keepsMasks) this.#scratch.masks?.close();
    const all = keepsMasks ? this.#reader(this.#scratch.masks) : undefined;
    const present = all && missing && new WithoutMissing(all, missing, this.#slices.volume);
    missing?.clear(this.#labels);
    return {
      labels: this.#labels,
      counts: present?.count(prompts.length, pack.threshold) ?? this.#counts,
      masks: present ?? all,
      edges: this.#reader(this.#scratch.edges),
      depth: this.#taps.depth,
      smooth: this.#smooth,
    };
  }

  #keepMask(index: number, prompt: number, plane: Float32Array): void {
    if (!this.#plan.keepsMasks) return;
    this.#scratch.masks?.put(index, prompt, plane);
    this.#scratch.masks?.keep(index, prompt);
    this.#scratch.edges?.keep(index, prompt);
  }

  #reader(spool: MaskSpool | undefined): SliceReader | undefined {
    if (spool === undefined) return undefined;
    return this.#smooth
      ? new SmoothReader(spool, this.#masks, this.#taps)
      : new NearestReader(spool, this.#masks, this.#slices.fit);
  }
}
