import { ctWindowFor, type Intensity, type Modality, type Prompt, type PromptableSlicesModel } from '@parse3d/contract';
import { orientationOf, type Volume, type VoxelArray } from '@parse3d/volume/geometry';
import { orient, respace } from '../../../steps/conform.js';
import { isGrey, measureIntensity, type IntensityMap } from '../../../steps/intensity.js';
import type { MaybeMissing } from '../../prepare.js';
import { fitSlices, type SliceFit } from '../slices/fit.js';
import { groupBy } from '../../group-by.js';
import { readSlice, sliceStack, type SliceStack } from '../slices/stack.js';

/** Prompts that see the same grey values. */
export interface GreyView {
  readonly prompts: readonly number[];
  /** One slice of the model's stack on the model's grid, 0 to 255 (or as the pack's rule says). */
  slice(index: number): Float32Array;
  /** Whether every pixel of the slice has the same value. */
  isConstant(index: number): boolean;
}

/** A volume as the model gets to see it, slice by slice. */
export interface PreparedSlices {
  readonly views: readonly GreyView[];
  /** Slices that the model sees. */
  readonly model: SliceStack;
  /** The same stack on the volume's own grid. */
  readonly volume: SliceStack;
  readonly resampled: boolean;
  readonly fit: SliceFit;
  readonly sentences: readonly string[];
}

export interface GreyRequest {
  readonly prompts: readonly Prompt[];
  readonly modality: Modality;
  /** In place of the pack's own rule. */
  readonly intensity?: Intensity | undefined;
  readonly window?: { readonly width: number; readonly level: number } | undefined;
}

/**
 * Intensities measured on the whole volume and applied slice by slice; axes turned by reading them in another order. Only
 * a pack that wants another spacing makes a copy of the volume.
 */
export function prepareSlices(
  volume: MaybeMissing,
  model: PromptableSlicesModel,
  request: GreyRequest,
): PreparedSlices {
  const own = orientationOf(volume.geometry.affine);
  const measured = volume.missing?.present(volume.data) ?? volume.data;
  const grey = greyRules(measured, request.intensity ?? model.intensity, request);
  const spaced = grey.map(({ map }) => resampledView(volume, map, model));
  const spacedViews = spaced.map(
    (view, n) => view ?? { data: volume.data, geometry: volume.geometry, map: grey[n]?.map },
  );
  const first = spacedViews[0]?.geometry ?? volume.geometry;
  const stack = sliceStack(first, model);
  const fit = fitSlices(stack.height, stack.width, model);
  const resampled = spaced.some((view) => view !== undefined);
  const sentences = [
    own === model.orientation ? undefined : `axes read as ${model.orientation}, the volume has ${own}`,
    ...grey.map(({ sentence }) => sentence),
    spaced[0]?.sentence,
    `${stack.depth} slices of ${stack.height}×${stack.width} along axis ${stack.axis} of ${model.orientation}, ${showFit(model)}`,
  ];
  return {
    views: spacedViews.map(({ data, map }, n) => greyView(grey[n]?.prompts ?? [], data, map, stack, fit)),
    model: stack,
    volume: resampled ? sliceStack(volume.geometry, { ...model, sliceAxis: stack.axis }) : stack,
    resampled,
    fit,
    sentences: sentences.filter((sentence) => sentence !== undefined),
  };
}

function greyView(
  prompts: readonly number[],
  data: VoxelArray,
  map: IntensityMap | undefined,
  stack: SliceStack,
  fit: SliceFit,
): GreyView {
  const grey = (index: number): Float32Array => {
    const slice = readSlice(data, stack, index);
    return map === undefined ? Float32Array.from(slice) : map.apply(slice);
  };
  return {
    prompts,
    slice: (index) => fit.toModel(grey(index)),
    isConstant: (index) => {
      const slice = grey(index);
      return slice.every((value) => value === slice[0]);
    },
  };
}

interface GreyRule {
  readonly prompts: readonly number[];
  readonly map: IntensityMap;
  readonly sentence: string;
}

/** One view for each CT window that a prompt needs; one for all where the window does not matter. */
function greyRules(data: VoxelArray, rule: Intensity, { prompts, modality, window }: GreyRequest): GreyRule[] {
  const all = prompts.map((_, prompt) => prompt);
  const alike = (map: IntensityMap): GreyRule[] => [{ prompts: all, map, sentence: map.sentence }];
  if (modality !== 'ct') return alike(measureIntensity(data, rule, { modality }));
  if (window !== undefined && rule.kind !== 'none') {
    return alike(measureIntensity(data, { kind: 'window', ...window, range: [0, 255] }, { modality }));
  }
  if (rule.kind !== 'biomedparse' || isGrey(data)) return alike(measureIntensity(data, rule, { modality }));
  const groups = groupBy(all, (prompt) => ctWindowFor(prompts[prompt]?.text ?? ''));
  return [...groups].map(([ctWindow, members]) => {
    const map = measureIntensity(data, rule, { modality, ctWindow });
    if (groups.size === 1) return { prompts: members, map, sentence: map.sentence };
    const labels = members.map((prompt) => prompts[prompt]?.label).join(', ');
    return { prompts: members, map, sentence: `for label ${labels} (${ctWindow}): ${map.sentence}` };
  });
}

interface ResampledView extends Volume {
  readonly map: undefined;
  readonly sentence: string;
}

/** The volume at the pack's spacing, its grey values already made; undefined when the volume has that spacing already. */
function resampledView(
  volume: Volume,
  map: IntensityMap,
  { orientation, spacingMm }: PromptableSlicesModel,
): ResampledView | undefined {
  if (spacingMm === undefined) return undefined;
  const grey = { data: map.apply(volume.data), geometry: volume.geometry };
  const { volume: spaced, sentence } = respace(orient(grey, orientation).volume, spacingMm);
  return sentence === undefined ? undefined : { ...spaced, map: undefined, sentence };
}

function showFit({ fit, imageSize }: PromptableSlicesModel): string {
  const size = `${imageSize}×${imageSize}`;
  return fit === 'pad-resize' ? `padded to a square and resized to ${size}` : `padded or cropped to ${size}`;
}
