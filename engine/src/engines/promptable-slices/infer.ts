import type { NiftiImage } from '@parse3d/volume/formats';
import { throwIfCanceled } from '../cancel.js';
import { keepRulesOf } from '../keep-rules.js';
import { promptChunks } from './network/prompt-chunks.js';
import type { TextFeatures } from './network/text.js';
import type { Tools } from './network/tools.js';
import { prepareSlices } from './prepare/grey-slices.js';
import type { Prepared, RunPlan } from './prepare/prepared.js';
import { report } from './report/report.js';
import { Restoration } from './restore/restoration.js';
import { PassSize, slicesPerPass } from './score/pass-size.js';
import { Scoring } from './score/scoring.js';
import { openScratch, type Scratch } from './score/scratch.js';
import type { Found, InferRequest, OnProgress } from '../../types.js';

/**
 * Segments one volume slice by slice: prepare, score, restore, report. Memory holds the volume, its label map and what a
 * few slices need; masks that must outlast their slice are in scratch files until `Found` is closed.
 * @throws Problem `volume-too-large`, `inference-failed` or `canceled`
 */
export async function infer(
  tools: Tools,
  volume: NiftiImage,
  request: InferRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Found> {
  throwIfCanceled(signal);
  onProgress({ stage: 'prepare', done: 0, total: 1 });
  const plan = planRun(tools, volume, request);
  const prepared = await prepare(tools, plan);
  const scratch = openScratchOf(plan, prepared, request.scratchFolder);
  try {
    const scoring = new Scoring(tools.network, plan, prepared, scratch, passSize(tools));
    const restoration = new Restoration(plan, prepared.slices, scratch);
    // A slice is taken back as soon as it is scored, so that its logits need no memory afterwards.
    for await (const scores of scoring.slices(onProgress, signal)) restoration.add(scores);

    throwIfCanceled(signal);
    onProgress({ stage: 'restore', done: 0, total: 1 });
    const restored = restoration.finish();
    return report({ plan, prepared, scoring, restored, scratch });
  } catch (error) {
    scratch.close();
    throw error;
  }
}

/** Decides everything that the job leaves open, before any voxel is read. */
function planRun({ pack, noise }: Tools, volume: NiftiImage, request: InferRequest): RunPlan {
  const { prompts, options, modality } = request;
  const overlap = prompts.length > 1 ? (options.overlap ?? pack.model.overlap) : 'most-probable';
  const keepRules = keepRulesOf(pack, prompts, modality);
  const objectPrompts = new Set(prompts.flatMap(({ instances }, prompt) => (instances === true ? [prompt] : [])));
  return {
    pack,
    volume,
    modality,
    prompts,
    options,
    schedule: options.schedule ?? 'full',
    overlap,
    keepRules,
    objectPrompts,
    keepsMasks:
      objectPrompts.size > 0 ||
      (request.wantMasks ?? true) ||
      request.wantProbabilities ||
      overlap === 'most-specific' ||
      keepRules.some((rule) => rule !== undefined) ||
      volume.missing !== undefined,
    wantProbabilities: request.wantProbabilities || objectPrompts.size > 0,
    seed: noise.samples ? options.seed : undefined,
    samples: noise.samples ? (options.samples ?? 1) : 1,
  };
}

/** Encodes the prompts, reads the volume as the model's slices, and draws the noise of each sample. */
async function prepare({ text, noise }: Tools, plan: RunPlan): Promise<Prepared> {
  const { prompts, modality, options, volume, pack } = plan;
  const texts: TextFeatures[] = [];
  for (const prompt of prompts) texts.push(await text.of(prompt.text));
  const { window, intensity } = options;
  const slices = prepareSlices(volume, pack.model, { prompts, modality, window, intensity });
  const padding = options.promptPadding ?? pack.model.promptPadding;
  return {
    slices,
    texts,
    chunks: slices.views.map((view) => promptChunks(texts, view.prompts, padding)),
    noises: Array.from({ length: plan.samples }, (_, n) => noise.of(options.seed + n)),
  };
}

function openScratchOf(plan: RunPlan, { slices }: Prepared, folder: string | undefined): Scratch {
  const { model } = plan.pack;
  return openScratch({
    folder,
    slices: slices.model.depth,
    prompts: plan.prompts.length,
    maskSize: model.maskSize,
    // The adaptive schedule needs it too, since it does not go in order.
    masks: plan.keepsMasks || plan.schedule === 'adaptive',
    edges: plan.objectPrompts.size > 0 && model.edgeOutput !== undefined,
  });
}

function passSize({ options }: Tools): PassSize {
  return new PassSize({
    slicesPerPass: slicesPerPass(options),
    memoryCapBytes: options.memoryCapBytes,
  });
}
