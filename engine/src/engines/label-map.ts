import type { Finding, LabelMapModel, Pack, Prompt } from '@parse3d/contract';
import type { NiftiImage } from '@parse3d/volume/formats';
import { voxelCount, voxelVolumeMl, type Geometry, type Shape, type Volume } from '@parse3d/volume/geometry';
import { matchPrompts, type KeepParts, type PromptMatch } from '@parse3d/contract/packs';
import { bodyDepth } from '../steps/body.js';
import type { Labels } from '../steps/step.js';
import type { Engine, EngineOptions, Found, InferRequest, LoadedPack, OnProgress } from '../types.js';
import { throwIfCanceled } from './cancel.js';
import { keepRegions, maskOf } from './keep-regions.js';
import { keepRulesOf, keepSentences } from './keep-rules.js';
import { keepsArena, labelMapArenaBytes } from './memory-policy.js';
import { prepareForLogits, restoredLogits } from './nnunet/index.js';
import { slidingWindow, tiledVolume, wholeVolume, type PassContext } from './passes.js';
import { prepare, tensorGrid, type PreparedVolume } from './prepare.js';
import { regionsOf, type Regions } from './regions.js';
import { Tally } from './tally.js';
import { VolumeSession } from './volume-session.js';

export type LabelMapPack = Extract<Pack, { kind: 'label-map' }>;

/** Opens the engine of models with a fixed list of classes. */
export async function openLabelMapEngine(
  loaded: LoadedPack,
  pack: LabelMapPack,
  options: EngineOptions,
): Promise<Engine> {
  const { device, threads } = options;
  const opened = (graph: string): Promise<VolumeSession> => VolumeSession.open(loaded.file(graph), { device, threads });
  const session = await opened(pack.model.graph);
  const folds: VolumeSession[] = [];
  const close = async (): Promise<void> => {
    for (const one of [session, ...folds]) await one.close();
  };
  try {
    for (const fold of pack.model.folds ?? []) folds.push(await opened(fold));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    pack: loaded,
    device,
    infer: (image, request, onProgress, signal) =>
      infer({ session, folds, pack, options }, image, request, onProgress, signal),
    close,
  };
}

interface Tools {
  readonly session: VolumeSession;
  /** Further graphs whose logits are averaged with those of `session`. */
  readonly folds: readonly VolumeSession[];
  readonly pack: LabelMapPack;
  readonly options: EngineOptions;
}

async function infer(
  { session, folds, pack, options }: Tools,
  image: NiftiImage,
  request: InferRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Found> {
  const { model } = pack;
  const matches = matchPrompts(pack, request.prompts);
  const regions = regionsOf(model.channels, matches.map(channelsOf));
  const rules = keepRulesOf(pack, request.prompts, request.modality);

  throwIfCanceled(signal);
  onProgress({ stage: 'prepare', done: 0, total: 1 });
  const chosen = { ...model, intensity: request.options.intensity ?? model.intensity };
  const prepared =
    model.recipe === 'nnunet'
      ? prepareForLogits(image, chosen, request.modality)
      : prepare(image, chosen, request.modality);
  const grid = 'grid' in prepared ? prepared.grid : prepared.volume.geometry;

  const voxels = voxelCount(grid.shape);
  const tally = new Tally(voxels, regions, request.prompts.length, {
    maps: request.wantProbabilities,
    inside: rules.some((rule) => rule !== undefined),
    missing: prepared.missing,
  });
  const onWindow = (done: number, total: number): void => onProgress({ stage: 'infer', done, total });
  const arena = keepsArena(labelMapArenaBytes(pack, passVoxels(grid.shape, model)), options);
  await session.with(arena, async (opened) => {
    if ('grid' in prepared) {
      const kind = model.activation === 'sigmoid' ? 'nested' : 'logits';
      const stride = grid.shape[0] * grid.shape[1];
      const others = await Promise.all(folds.map((fold) => fold.with(false, (plain) => Promise.resolve(plain))));
      const sessions = [opened, ...others];
      await restoredLogits(prepared, model, { sessions, onWindow, signal }, (data, k) =>
        tally.add({ data, start: 0, stride, voxels: stride, kind, at: k * stride }),
      );
    } else {
      const depth = model.body && bodyDepth(prepared.volume, model.body.above);
      await score(prepared, model, { session: opened, model, depth, tally, onWindow, signal });
    }
  });

  throwIfCanceled(signal);
  onProgress({ stage: 'restore', done: 0, total: 1 });
  return restore({ image, request, matches, regions, rules, prepared, grid, tally });
}

/** Scores every voxel of the prepared volume in the way the pack asks for. */
async function score({ volume }: PreparedVolume, model: LabelMapModel, context: PassContext): Promise<void> {
  const { window: shape, halo } = tensorGrid(model);
  if (model.window === undefined || shape === undefined) return wholeVolume(volume, context);
  if (halo !== undefined) return tiledVolume(volume, shape, halo, context);
  return slidingWindow(volume, { ...model.window, shape }, context);
}

/** Voxels that the graph sees at a time. */
function passVoxels(shape: Shape, model: LabelMapModel): number {
  const { window, halo = 0 } = tensorGrid(model);
  if (window === undefined) return voxelCount(shape);
  return shape.reduce((voxels, length, axis) => voxels * Math.min(length, (window[axis] ?? 1) + 2 * halo), 1);
}

interface Scored {
  readonly image: NiftiImage;
  readonly request: InferRequest;
  readonly matches: readonly PromptMatch[];
  readonly regions: Regions;
  readonly rules: readonly (KeepParts | undefined)[];
  readonly prepared: Pick<PreparedVolume, 'undo' | 'sentences'>;
  /** What the tally is on. */
  readonly grid: Geometry;
  readonly tally: Tally;
}

/**
 * Back on the input's own grid. Only regions travel; the label map, masks and counts are read off them there. Parts that
 * do not stay are found on this grid, and on the model's own for the probabilities, which are known there.
 */
function restore({ image, request, matches, regions: all, rules, prepared, grid, tally }: Scored): Found {
  const { geometry } = image;
  const { prompts } = request;
  const restored = prepared.undo.labels(tally.regions);
  // Region 0 is background: what has no value is nothing, in the label map, the masks and the counts.
  image.missing?.clear(restored);
  const { regionMap, regions, removed } = keepRegions(restored, all, geometry, prompts, rules);
  const probabilities = tally.probabilities(keepRegions(tally.regions, all, grid, prompts, rules));
  const sizes = countRegions(regionMap, regions.prompts.length);
  const voxelMl = voxelVolumeMl(geometry);
  const findings = prompts.map((prompt, index): Finding => {
    const voxels = regions.prompts.reduce(
      (sum, owners, region) => sum + (owners.includes(index) ? (sizes[region] ?? 0) : 0),
      0,
    );
    const probability = voxels > 0 ? probabilities[index] : null;
    const gone = removed[index];
    return {
      label: prompt.label,
      prompt: prompt.text,
      verdict: voxels > 0 ? 'present' : 'absent',
      voxels,
      volumeMl: voxels * voxelMl,
      meanProbability: probability?.mean ?? null,
      maxProbability: probability?.max ?? null,
      existence: null,
      recommended: matches[index]?.recommended ?? false,
      classes: matches[index]?.classes.map(nameOf) ?? [],
      ...(gone && { removed: gone }),
    };
  });
  const { maps } = tally;
  return {
    labels: labelMap(regionMap, regions, prompts, geometry),
    mask: (index) => maskOf(regionMap, regions.prompts, index),
    ...(maps === undefined ? {} : { probabilities: (index: number) => mapAt(maps, prepared, image, index) }),
    findings,
    preparation: [...prepared.sentences, ...keepSentences(prompts, removed)],
    warnings: [],
    hidden: hiddenOf(all, prompts),
  };
}

function countRegions(regionMap: Labels, regions: number): number[] {
  const sizes = new Array<number>(regions).fill(0);
  for (let n = 0; n < regionMap.length; n++) {
    const region = regionMap[n];
    sizes[region] = (sizes[region] ?? 0) + 1;
  }
  return sizes;
}

function labelMap(
  regionMap: Labels,
  regions: Regions,
  prompts: readonly Prompt[],
  geometry: NiftiImage['geometry'],
): Volume<Labels> {
  const labelOf = regions.owner.map((owner) => (owner === undefined ? 0 : (prompts[owner]?.label ?? 0)));
  const wide = prompts.some(({ label }) => label > 255);
  const data = wide ? new Uint16Array(regionMap.length) : new Uint8Array(regionMap.length);
  for (let n = 0; n < data.length; n++) data[n] = labelOf[regionMap[n]] ?? 0;
  return { data, geometry };
}

function mapAt(
  maps: readonly Float32Array[],
  prepared: Pick<PreparedVolume, 'undo'>,
  image: NiftiImage,
  prompt: number,
): Float32Array {
  const map = maps[prompt];
  if (map === undefined) throw new RangeError(`there is no prompt ${prompt}`);
  const values = prepared.undo.values(map);
  image.missing?.clear(values);
  return values;
}

/** A label map shows each voxel once; who asked for overlapping things should know which it does not show whole. */
function hiddenOf(regions: Regions, prompts: readonly Prompt[]): Found['hidden'] {
  const losers = prompts.filter((_, index) =>
    regions.prompts.some((owners, region) => owners.includes(index) && regions.owner[region] !== index),
  );
  return { labels: losers.map(({ label }) => label), rule: 'most specific prompt' };
}

function channelsOf(match: PromptMatch): number[] {
  return match.classes.map(({ channel }) => channel);
}

function nameOf({ name, side }: { name: string; side?: string | undefined }): string {
  return side === undefined ? name : `${side} ${name}`;
}
