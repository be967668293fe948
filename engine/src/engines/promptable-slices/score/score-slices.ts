import type { PromptableSlicesModel } from '@parse3d/contract';
import { throwIfCanceled } from '../../cancel.js';
import type { Blank, BlankSlices } from './blank-slices.js';
import type { PassSize } from './pass-size.js';
import type { SliceNetwork } from '../network/network.js';
import type { SliceScores } from '../slices/slice-scores.js';
import type { GreyView } from '../prepare/grey-slices.js';
import type { Prepared } from '../prepare/prepared.js';
import { neighbours } from '../slices/stack.js';
import type { MaskSpool } from './mask-spool.js';

export interface ScoringRun {
  readonly network: SliceNetwork;
  readonly model: PromptableSlicesModel;
  readonly prepared: Prepared;
  readonly prompts: number;
  /** Prompts whose mask is split into objects. */
  readonly objectPrompts: ReadonlySet<number>;
  /** Receives the edge logits of those prompts; absent where the decoder gives none. */
  readonly edges: MaskSpool | undefined;
  readonly passSize: PassSize;
  /** Remembers the slices without content. */
  readonly blanks: BlankSlices;
  readonly signal: AbortSignal;
  readonly onSlices: (count: number) => void;
}

/** Scores slices in the order given, pass by pass; rising order spares work, since neighbours share slices. */
export async function* scoreSlices(indices: readonly number[], run: ScoringRun): AsyncGenerator<SliceScores> {
  const caches = run.prepared.slices.views.map((view) => new SliceCache(view, run.model.normalise));
  for (let at = 0; at < indices.length;) {
    throwIfCanceled(run.signal);
    const members = indices.slice(at, at + run.passSize.slices);
    const blank = blankOf(members, caches, run);
    const known = blank && run.blanks.find(blank);
    const scores = known ? [known] : await run.passSize.measure(() => scorePass(members, caches, run));
    for (const score of scores) if (blank !== undefined && known === undefined) run.blanks.learn(blank, score);
    at += members.length;
    run.onSlices(members.length);
    yield* scores;
  }
}

/**
 * A pass whose input is the same for every slice of its kind; undefined for any other. Passes of several slices are run,
 * since the order in which the runtime adds depends on how many there are, and so is a model that knows where a slice
 * lies.
 */
function blankOf(
  indices: readonly number[],
  caches: readonly SliceCache[],
  { model, prepared }: ScoringRun,
): Blank | undefined {
  const [index, ...others] = indices;
  if (index === undefined || others.length > 0 || model.positionInput !== undefined) return undefined;
  const greys: number[] = [];
  for (const cache of caches) {
    cache.forget(index - 1);
    for (const channel of [index, ...neighbours(index, prepared.slices.model.depth)]) {
      const grey = cache.constant(channel);
      if (grey === undefined) return undefined;
      greys.push(grey);
    }
  }
  return { index, key: greys.join(' ') };
}

async function scorePass(
  indices: readonly number[],
  caches: readonly SliceCache[],
  run: ScoringRun,
): Promise<SliceScores[]> {
  const scores = indices.map((index) => ({
    index,
    existence: new Float32Array(run.prompts),
    planes: new Array<Float32Array | undefined>(run.prompts).fill(undefined),
  }));
  const { edges, objectPrompts, prepared } = run;
  const { depth } = prepared.slices.model;
  const positions = Float32Array.from(indices, (index) => (depth === 1 ? 0 : (2 * index) / (depth - 1) - 1));
  for (const [n, cache] of caches.entries()) {
    const image = imageTensor(indices, cache, run);
    const features = await run.network.encode(image, indices.length, positions);
    for (const chunk of prepared.chunks[n] ?? []) {
      throwIfCanceled(run.signal);
      const wantEdges = edges !== undefined && chunk.prompts.some((prompt) => objectPrompts.has(prompt));
      await run.network.decode(features, indices.length, chunk, prepared.noises, wantEdges, (slice, prompt, row) => {
        const target = scores[slice];
        if (target === undefined) return;
        target.existence[prompt] = row.existence;
        // The decoder's memory is used again; what does not show is not needed.
        if (!(row.existence > 0)) return;
        target.planes[prompt] = row.maskLogits.slice();
        if (row.edgeLogits && objectPrompts.has(prompt)) edges?.put(target.index, prompt, row.edgeLogits);
      });
    }
  }
  return scores;
}

/** float32 [slices, 3, side, side]: each slice, the one before and the one after, normalised. */
function imageTensor(indices: readonly number[], cache: SliceCache, { model, prepared }: ScoringRun): Float32Array {
  const pixels = model.imageSize ** 2;
  const image = new Float32Array(indices.length * 3 * pixels);
  indices.forEach((index, n) => {
    cache.forget(index - 1);
    [index, ...neighbours(index, prepared.slices.model.depth)].forEach((channel, c) => {
      image.set(cache.get(channel), (n * 3 + c) * pixels);
    });
  });
  return image;
}

/** Normalised slices that the next ones still need as neighbours. */
class SliceCache {
  readonly #view: GreyView;
  readonly #normalise: PromptableSlicesModel['normalise'];
  readonly #slices = new Map<number, Float32Array>();

  constructor(view: GreyView, normalise: PromptableSlicesModel['normalise']) {
    this.#view = view;
    this.#normalise = normalise;
  }

  get(index: number): Float32Array {
    const slice = this.#slices.get(index) ?? this.#make(index);
    this.#slices.set(index, slice);
    return slice;
  }

  /** The value of all pixels of a slice; undefined where they differ. */
  constant(index: number): number | undefined {
    const slice = this.get(index);
    return slice.every((value) => value === slice[0]) ? slice[0] : undefined;
  }

  /** Gives up the slices before `first`. */
  forget(first: number): void {
    for (const index of this.#slices.keys()) if (index < first) this.#slices.delete(index);
  }

  #make(index: number): Float32Array {
    const { mean, std } = this.#normalise;
    const slice = this.#view.slice(index);
    for (let n = 0; n < slice.length; n++) slice[n] = (slice[n] - mean) / std;
    return slice;
  }
}
