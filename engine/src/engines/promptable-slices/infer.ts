import type { Finding, Pack, PromptableSlicesModel } from '@parse3d/shared/contract';
import type { NiftiImage } from '@parse3d/shared/formats';
import { voxelVolumeMl, type Volume } from '@parse3d/shared/geometry';
import { matchPrompts } from '@parse3d/shared/packs';
import { orient, respace } from '../../steps/conform.js';
import { ctWindows, prepareIntensity } from '../../steps/intensity.js';
import { extent } from '../../steps/order-statistics.js';
import type { Found, InferRequest, OnProgress } from '../../types.js';
import { throwIfCanceled } from '../cancel.js';
import type { Tensor } from '../onnx.js';
import { ExactSink } from './exact-sink.js';
import { fitSlices, type SliceFit } from './fit-slices.js';
import { antialiasedPlan, resizeSquare, type ResizePlan } from './resize.js';
import { ResampledSink } from './resampled-sink.js';
import type { SliceSink } from './sink.js';
import type { SliceModel } from './slice-model.js';
import { neighbours, readSlice, sliceStack, type SliceStack } from './slice-stack.js';
import { suppress } from './suppression.js';
import { ctWindowOf } from './windows-of-prompts.js';

export type PromptablePack = Extract<Pack, { kind: 'promptable-slices' }>;

/** Slices that share one run of the image encoder: many small ones, one large one. */
const PIXELS_PER_RUN = 512 * 512;

const GREY: [number, number] = [0, 255];

/** Prompts that look at the volume with the same intensities. */
interface Group {
  readonly prompts: readonly number[];
  readonly tokens: readonly Tensor[];
  /** Grey values of one slice. */
  readonly read: (slice: number) => Float32Array;
}

/** Segments one volume slice by slice; see docs/decisions/0007. */
export async function inferSlices(
  model: SliceModel,
  pack: PromptablePack,
  image: NiftiImage,
  request: InferRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Found> {
  const { prompts } = request;
  const matches = matchPrompts(pack, prompts);
  throwIfCanceled(signal);
  onProgress({ stage: 'prepare', done: 0, total: 1 });
  const oriented = orient(image, pack.model.orientation);
  const told = oriented.sentence === undefined ? [] : [oriented.sentence];
  const sinkOptions = {
    labels: prompts.map(({ label }) => label),
    threshold: pack.threshold,
    wantMasks: request.wantMasks ?? true,
    wantProbabilities: request.wantProbabilities,
  };

  let stack: SliceStack;
  let sink: SliceSink;
  let groups: Group[];
  const warnings: string[] = [];
  const tokensFor = async (indices: readonly number[]): Promise<readonly Tensor[]> => {
    const texts = indices.map((index) => prompts[index]?.text ?? '');
    const { groups: tokens, cut } = await model.tokens(texts);
    texts.forEach((text, n) => {
      if (cut[n] === true)
        warnings.push(`Only the first ${pack.model.contextLength} tokens of "${text.slice(0, 40)}…" were read.`);
    });
    return tokens;
  };
  const everyone = prompts.map((_, index) => index);

  if (needsWindows(oriented.volume, pack.model, request)) {
    // A window is a matter of single voxels: it is applied slice by slice, so that no volume is held per window.
    const { volume } = oriented;
    stack = sliceStack(volume.geometry.shape, pack.model.sliceAxis);
    sink = new ExactSink(volume.geometry, stack, oriented.undo, sinkOptions);
    groups = [];
    for (const [window, indices] of byWindow(prompts.map(({ text }) => text))) {
      const rule = { kind: 'window' as const, ...ctWindows[window], range: GREY };
      told.push(
        `CT window ${window} (width ${rule.width}, level ${rule.level}) for ${indices.length} of ${prompts.length} prompts`,
      );
      groups.push({
        prompts: indices,
        tokens: await tokensFor(indices),
        read: (slice) =>
          prepareIntensity(readSlice(volume.data, stack, slice), rule, { modality: request.modality }).data,
      });
    }
  } else {
    const intensity = prepareIntensity(oriented.volume.data, pack.model.intensity, { modality: request.modality });
    told.push(intensity.sentence);
    const grey: Volume<Float32Array> = { data: intensity.data, geometry: oriented.volume.geometry };
    const spaced = pack.model.spacingMm === undefined ? undefined : respace(grey, pack.model.spacingMm);
    if (spaced?.sentence !== undefined) told.push(spaced.sentence);
    const { data, geometry } = spaced?.volume ?? grey;
    stack = sliceStack(geometry.shape, pack.model.sliceAxis);
    sink =
      spaced?.sentence === undefined
        ? new ExactSink(geometry, stack, oriented.undo, sinkOptions)
        : new ResampledSink(geometry, oriented.volume.geometry, stack, oriented.undo, sinkOptions);
    groups = [{ prompts: everyone, tokens: await tokensFor(everyone), read: (slice) => readSlice(data, stack, slice) }];
  }

  const existence = await runSlices({
    model,
    pack,
    stack,
    groups,
    sink,
    seed: request.options.seed,
    prompts: prompts.length,
    onProgress,
    signal,
  });

  throwIfCanceled(signal);
  onProgress({ stage: 'restore', done: 0, total: 1 });
  const restored = sink.restore();
  const voxelMl = voxelVolumeMl(image.geometry);
  const findings = prompts.map((prompt, index): Finding => {
    const { voxels, mean, max } = restored.stats.of(index);
    return {
      label: prompt.label,
      prompt: prompt.text,
      verdict: voxels > 0 ? 'present' : 'absent',
      voxels,
      volumeMl: voxels * voxelMl,
      meanProbability: mean,
      maxProbability: max,
      existence: existence[index] ?? 0,
      recommended: matches[index]?.recommended ?? false,
    };
  });
  return {
    labels: { data: restored.labels, geometry: image.geometry },
    mask: (index) => restored.mask(index),
    ...(request.wantProbabilities ? { probabilities: (index: number) => restored.probabilities(index) } : {}),
    findings,
    preparation: [...told, `${stack.depth} slices along axis ${stack.axis} of ${pack.model.orientation}`],
    warnings,
  };
}

/** CT in its own units, by a pack that windows per prompt. */
function needsWindows(volume: Volume, model: PromptableSlicesModel, request: InferRequest): boolean {
  if (model.intensity.kind !== 'biomedparse' || request.modality !== 'ct' || model.spacingMm !== undefined)
    return false;
  const { min, max } = extent(volume.data, 'all') ?? { min: 0, max: 0 };
  return min < 0 || max > 255;
}

function byWindow(texts: readonly string[]): Map<ReturnType<typeof ctWindowOf>, number[]> {
  const groups = new Map<ReturnType<typeof ctWindowOf>, number[]>();
  texts.forEach((text, index) => {
    const window = ctWindowOf(text);
    groups.set(window, [...(groups.get(window) ?? []), index]);
  });
  return groups;
}

interface SliceRun {
  readonly model: SliceModel;
  readonly pack: PromptablePack;
  readonly stack: SliceStack;
  readonly groups: readonly Group[];
  readonly sink: SliceSink;
  readonly seed: number;
  readonly prompts: number;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** Runs every slice and hands its probabilities to the sink. Returns the highest existence of each prompt, 0 to 1. */
async function runSlices(run: SliceRun): Promise<number[]> {
  const { pack, stack, groups, sink } = run;
  const { imageSize, maskSize, suppression } = pack.model;
  const fit = fitSlices(stack.height, stack.width, pack.model);
  const upsample = maskSize === imageSize ? undefined : antialiasedPlan(maskSize, imageSize);
  const perRun = Math.max(1, Math.floor(PIXELS_PER_RUN / imageSize ** 2));
  const highest = new Array<number>(run.prompts).fill(0);
  run.onProgress({ stage: 'infer', done: 0, total: stack.depth });
  for (let first = 0; first < stack.depth; first += perRun) {
    throwIfCanceled(run.signal);
    const count = Math.min(perRun, stack.depth - first);
    const scores = Array.from({ length: count }, () => new Array<number>(run.prompts).fill(0));
    const masks = Array.from({ length: count }, () => new Array<Float32Array>(run.prompts));
    for (const group of groups) {
      const decoded = await run.model.run(stackImages(group, fit, run, first, count), count, group.tokens, run.seed);
      for (let slice = 0; slice < count; slice++) {
        group.prompts.forEach((prompt, column) => {
          const score = sigmoid(decoded.existence(slice, column));
          const score_ = scores[slice];
          const mask_ = masks[slice];
          if (score_ === undefined || mask_ === undefined) return;
          score_[prompt] = score;
          mask_[prompt] =
            score > 0.5 ? probabilitiesOf(decoded.mask(slice, column), upsample) : new Float32Array(imageSize ** 2);
        });
      }
    }
    for (let slice = 0; slice < count; slice++) {
      const found = masks[slice] ?? [];
      const score = scores[slice] ?? [];
      score.forEach((value, prompt) => (highest[prompt] = Math.max(highest[prompt] ?? 0, value)));
      if (suppression === 'iou' && run.prompts > 1) {
        suppress(found, score).forEach((stays, prompt) => {
          if (!stays) found[prompt]?.fill(0);
        });
      }
      sink.add(first + slice, fit.back, found);
    }
    run.onProgress({ stage: 'infer', done: first + count, total: stack.depth });
  }
  return highest;
}

/** Slice, previous and next as three channels, normalised: float32 [count, 3, S, S]. */
function stackImages(
  group: Group,
  fit: SliceFit,
  { pack, stack }: SliceRun,
  first: number,
  count: number,
): Float32Array {
  const { imageSize, normalise } = pack.model;
  const area = imageSize ** 2;
  const out = new Float32Array(count * 3 * area);
  const fitted = new Map<number, Float32Array>();
  const at = (slice: number): Float32Array => {
    const known = fitted.get(slice) ?? fit.toModel(group.read(slice));
    fitted.set(slice, known);
    return known;
  };
  for (let n = 0; n < count; n++) {
    const slice = first + n;
    [slice, ...neighbours(slice, stack.depth)].forEach((source, channel) => {
      const grey = at(source);
      const start = (n * 3 + channel) * area;
      for (let p = 0; p < area; p++) out[start + p] = ((grey[p] ?? 0) - normalise.mean) / normalise.std;
    });
  }
  return out;
}

function probabilitiesOf(logits: Float32Array, upsample: ResizePlan | undefined): Float32Array {
  const mask = upsample === undefined ? Float32Array.from(logits) : resizeSquare(logits, upsample);
  for (let n = 0; n < mask.length; n++) mask[n] = sigmoid(mask[n] ?? 0);
  return mask;
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
