import type { NiftiImage } from '@parse3d/volume/formats';
import { throwIfCanceled } from '../cancel.js';
import { keepRulesOf } from '../keep-rules.js';
import { BatchSize } from './batch-size.js';
import { ExistenceTable } from './existence.js';
import { foundOf } from './found.js';
import { MaskCounts, NearestLabels, SmoothLabels } from './label-slices.js';
import { PresentReader } from './present-reader.js';
import { promptChunks } from './prompt-chunks.js';
import { scheduledSlices } from './scored-slices.js';
import { SliceMasks } from './slice-masks.js';
import { NearestReader, SmoothReader, type SliceReader } from './slice-readers.js';
import { openSlices } from './slice-source.js';
import { MaskSpool } from './spool.js';
import { smoothWay } from './way-back.js';
import type { TextFeatures } from './text.js';
import type { Tools } from './tools.js';
import type { Found, InferRequest, OnProgress } from '../../types.js';

/** Slices per batch on a GPU, where small batches leave it idle; on a CPU a batch only costs memory. */
const GPU_SLICES = 4;

/** Segments one volume slice by slice. Memory holds the volume, its label map and what a few slices need. */
export async function infer(
  tools: Tools,
  image: NiftiImage,
  request: InferRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Found> {
  const { pack, options } = tools;
  const { model } = pack;
  const { prompts, options: wish } = request;
  throwIfCanceled(signal);
  onProgress({ stage: 'prepare', done: 0, total: 1 });
  const texts: TextFeatures[] = [];
  for (const { text } of prompts) texts.push(await tools.text.of(text));
  const source = openSlices(image, model, {
    prompts,
    modality: request.modality,
    window: wish.window,
    intensity: wish.intensity,
  });
  const padding = wish.promptPadding ?? model.promptPadding;
  const chunks = source.looks.map((look) => promptChunks(texts, look.prompts, padding));
  const samples = tools.noise.samples ? (wish.samples ?? 1) : 1;
  const noises = Array.from({ length: samples }, (_, n) => tools.noise.of(wish.seed + n));

  const schedule = wish.schedule ?? 'full';
  const overlap = prompts.length > 1 ? (wish.overlap ?? model.overlap) : 'most-probable';
  const rules = keepRulesOf(pack, prompts, request.modality);
  const split = new Set(prompts.flatMap(({ instances }, prompt) => (instances === true ? [prompt] : [])));
  const keepsMasks =
    split.size > 0 ||
    (request.wantMasks ?? true) ||
    request.wantProbabilities ||
    overlap === 'most-specific' ||
    rules.some((rule) => rule !== undefined) ||
    image.missing !== undefined;
  const openSpool = (): MaskSpool =>
    new MaskSpool(request.scratchFolder, source.model.depth, prompts.length, model.maskSize);
  const spool = keepsMasks || schedule === 'adaptive' ? openSpool() : undefined;
  const edges = split.size > 0 && model.edgeOutput !== undefined ? { spool: openSpool(), prompts: split } : undefined;
  const close = (): void => {
    spool?.close();
    edges?.spool.close();
  };
  try {
    const wide = prompts.some(({ label }) => label > 255);
    const labels = wide ? new Uint16Array(image.data.length) : new Uint8Array(image.data.length);
    const masks = new SliceMasks(model, pack.threshold);
    const counts = new MaskCounts(prompts.length);
    const target = {
      stack: source.volume,
      labels,
      labelOf: prompts.map(({ label }) => label),
      masks,
      threshold: pack.threshold,
      onKept: (index: number, prompt: number, plane: Float32Array): void => {
        if (!keepsMasks) return;
        spool?.put(index, prompt, plane);
        spool?.keep(index, prompt);
        edges?.spool.keep(index, prompt);
      },
    };
    const way = smoothWay(source.volume, source.model, source.fit);
    const smooth = source.resampled || wish.resample === 'smooth';
    const slices = smooth ? new SmoothLabels(target, counts, way) : new NearestLabels(target, counts, source.fit);
    const existence = new ExistenceTable(source.model.depth, prompts.length);
    let ran: readonly number[] | undefined;
    const scored = scheduledSlices({
      ...{ network: tools.network, model, source, prompts: prompts.length, chunks, noises, edges },
      batch: new BatchSize({
        sliceBatch: options.sliceBatch ?? (options.device === 'cpu' ? 1 : GPU_SLICES),
        memoryCapBytes: options.memoryCapBytes,
      }),
      ...{ schedule, spool, existence, signal, onProgress },
      onRan: (indices) => (ran = indices),
    });
    for await (const scores of scored) slices.add(scores);

    throwIfCanceled(signal);
    onProgress({ stage: 'restore', done: 0, total: 1 });
    if (!keepsMasks) spool?.close();
    const readerOf = (held: MaskSpool | undefined): SliceReader | undefined =>
      held && (smooth ? new SmoothReader(held, masks, way) : new NearestReader(held, masks, source.fit));
    const whole = keepsMasks ? readerOf(spool) : undefined;
    const reader = whole && image.missing ? new PresentReader(whole, image.missing, source.volume) : whole;
    image.missing?.clear(labels);
    const present = reader instanceof PresentReader ? reader.count(prompts.length, pack.threshold) : counts;
    return foundOf({
      ...{ pack, image, prompts, texts, source, labels, counts: present, existence, way, ran },
      ...{ rules, overlap, smooth, samples, seed: tools.noise.samples ? wish.seed : undefined, reader },
      edgeReader: readerOf(edges?.spool),
      modality: request.modality,
      wantProbabilities: request.wantProbabilities || split.size > 0,
      close,
    });
  } catch (error) {
    close();
    throw error;
  }
}
