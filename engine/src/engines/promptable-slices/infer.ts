import type { Finding, PromptableSlicesModel } from '@parse3d/shared/contract';
import type { NiftiImage } from '@parse3d/shared/formats';
import { voxelVolumeMl, type Volume } from '@parse3d/shared/geometry';
import { matchPrompts } from '@parse3d/shared/packs';
import { orient, respace } from '../../steps/conform.js';
import { ctWindows, prepareIntensity } from '../../steps/intensity.js';
import { extent } from '../../steps/order-statistics.js';
import type { Found, InferRequest, OnProgress } from '../../types.js';
import { throwIfCanceled } from '../cancel.js';
import type { Tensor } from '../onnx.js';
import { overlapWarnings } from './overlap.js';
import { runSlices, type Group } from './run-slices.js';
import { ExactSink } from './exact-sink.js';
import { ResampledSink } from './resampled-sink.js';
import type { SliceSink } from './sink.js';
import type { PromptablePack, SliceModel } from './slice-model.js';
import { readSlice, sliceStack, type SliceStack } from './slice-stack.js';
import { ctWindowOf } from './windows-of-prompts.js';

const GREY: [number, number] = [0, 255];

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
    warnings: [...warnings, ...overlapWarnings(restored.labels, findings)],
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
