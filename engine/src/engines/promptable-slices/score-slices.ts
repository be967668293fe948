import type { PromptableSlicesModel } from '@parse3d/contract';
import { throwIfCanceled } from '../cancel.js';
import type { BatchSize } from './batch-size.js';
import type { Features, PromptChunk, SliceNetwork } from './network.js';
import type { SliceScores } from './slice-scores.js';
import type { Look, SliceSource } from './slice-source.js';
import { neighbours } from './slice-stack.js';
import type { MaskSpool } from './spool.js';

export interface ScoringRun {
  readonly network: SliceNetwork;
  readonly model: PromptableSlicesModel;
  readonly source: SliceSource;
  readonly prompts: number;
  /** Decoder runs of each look of the source. */
  readonly chunks: readonly (readonly PromptChunk[])[];
  /** One draw per sample. */
  readonly noises: readonly Features[];
  /** Receives the edge logits of the prompts that are split into objects; absent when none is. */
  readonly edges?: { readonly spool: MaskSpool; readonly prompts: ReadonlySet<number> } | undefined;
  readonly batch: BatchSize;
  readonly signal: AbortSignal;
  readonly onSlices: (count: number) => void;
}

/** Scores slices in the order given, batch by batch; rising order spares work, since neighbours share slices. */
export async function* scoreSlices(indices: readonly number[], run: ScoringRun): AsyncGenerator<SliceScores> {
  const caches = run.source.looks.map((look) => new SliceCache(look, run.model.normalise));
  for (let at = 0; at < indices.length;) {
    throwIfCanceled(run.signal);
    const members = indices.slice(at, at + run.batch.slices);
    const scores = await run.batch.measure(() => scoreBatch(members, caches, run));
    at += members.length;
    run.onSlices(members.length);
    yield* scores;
  }
}

async function scoreBatch(
  indices: readonly number[],
  caches: readonly SliceCache[],
  run: ScoringRun,
): Promise<SliceScores[]> {
  const scores = indices.map((index) => ({
    index,
    existence: new Float32Array(run.prompts),
    planes: new Array<Float32Array | undefined>(run.prompts).fill(undefined),
  }));
  const { depth } = run.source.model;
  const positions = Float32Array.from(indices, (index) => (depth === 1 ? 0 : (2 * index) / (depth - 1) - 1));
  for (const [n, cache] of caches.entries()) {
    const image = imageBatch(indices, cache, run);
    const features = await run.network.encode(image, indices.length, positions);
    for (const chunk of run.chunks[n] ?? []) {
      throwIfCanceled(run.signal);
      const { edges } = run;
      const wantEdges = edges !== undefined && chunk.prompts.some((prompt) => edges.prompts.has(prompt));
      await run.network.decode(features, indices.length, chunk, run.noises, wantEdges, (slice, prompt, row) => {
        const target = scores[slice];
        if (target === undefined) return;
        target.existence[prompt] = row.existence;
        // The decoder's memory is used again; what does not show is not needed.
        if (!(row.existence > 0)) return;
        target.planes[prompt] = row.maskLogits.slice();
        if (row.edgeLogits && edges?.prompts.has(prompt)) edges.spool.put(target.index, prompt, row.edgeLogits);
      });
    }
  }
  return scores;
}

/** float32 [slices, 3, side, side]: each slice, the one before and the one after, normalised. */
function imageBatch(indices: readonly number[], cache: SliceCache, { model, source }: ScoringRun): Float32Array {
  const pixels = model.imageSize ** 2;
  const image = new Float32Array(indices.length * 3 * pixels);
  indices.forEach((index, n) => {
    cache.forget(index - 1);
    [index, ...neighbours(index, source.model.depth)].forEach((channel, c) => {
      image.set(cache.get(channel), (n * 3 + c) * pixels);
    });
  });
  return image;
}

/** Normalised slices that the next ones still need as neighbours. */
class SliceCache {
  readonly #look: Look;
  readonly #normalise: PromptableSlicesModel['normalise'];
  readonly #slices = new Map<number, Float32Array>();

  constructor(look: Look, normalise: PromptableSlicesModel['normalise']) {
    this.#look = look;
    this.#normalise = normalise;
  }

  get(index: number): Float32Array {
    const slice = this.#slices.get(index) ?? this.#make(index);
    this.#slices.set(index, slice);
    return slice;
  }

  /** Gives up the slices before `first`. */
  forget(first: number): void {
    for (const index of this.#slices.keys()) if (index < first) this.#slices.delete(index);
  }

  #make(index: number): Float32Array {
    const { mean, std } = this.#normalise;
    const slice = this.#look.slice(index);
    for (let n = 0; n < slice.length; n++) slice[n] = (slice[n] - mean) / std;
    return slice;
  }
}
