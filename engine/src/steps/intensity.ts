import type { VoxelArray } from '@parse3d/volume/geometry';
import type { Intensity, Modality } from '@parse3d/contract';
import { extent, moments, percentiles, type Population } from './order-statistics.js';

/** CT windows in Hounsfield units, as radiologists name them. */
export const ctWindows = {
  'soft-tissue': { width: 400, level: 40 },
  lung: { width: 1500, level: -160 },
  brain: { width: 80, level: 40 },
  bone: { width: 1800, level: 400 },
} as const;
type CtWindow = keyof typeof ctWindows;

export interface IntensityContext {
  readonly modality: Modality;
  /** Window of the `biomedparse` rule for CT. @default soft-tissue */
  readonly ctWindow?: CtWindow | undefined;
  /** 1 for the voxels that `z-score` of `nonzero` counts and changes. @default those that are not 0 */
  readonly mask?: Uint8Array | undefined;
}

/** Voxels as the model wants them. There is no way back: masks do not depend on intensities. */
export interface PreparedIntensity {
  readonly data: Float32Array;
  /** Value for voxels that lie outside of the volume: air, or nnU-Net's 0 after a z-score. */
  readonly outside: number;
  /** What was done, with its numbers, for the manifest. */
  readonly sentence: string;
}

type Range = readonly [number, number];
const GREY: Range = [0, 255];

/** A rule with its numbers, measured of one volume: it can be applied to any part of it. */
export interface IntensityMap {
  /** Leaves the voxels given as they are. */
  readonly apply: (data: VoxelArray) => Float32Array;
  readonly outside: number;
  readonly sentence: string;
}

/** Applies a pack's intensity rule. Statistics are taken of the voxels given. `data` is left as it is. */
export function prepareIntensity(data: VoxelArray, rule: Intensity, context: IntensityContext): PreparedIntensity {
  const { apply, outside, sentence } = measureIntensity(data, rule, context);
  return { data: apply(data), outside, sentence };
}

/** Takes the rule's statistics of the voxels given, for volumes that are prepared slice by slice. */
export function measureIntensity(data: VoxelArray, rule: Intensity, context: IntensityContext): IntensityMap {
  switch (rule.kind) {
    case 'none':
      return asTheyAre(data, 'intensities left as they are');
    case 'min-max':
      return minMax(data, rule.range);
    case 'window':
      return window(rule, rule.range);
    case 'percentile':
      return percentileRange(data, rule, rule.range);
    case 'z-score':
      return rule.of === 'nonzero' ? maskedZScore(data, context.mask) : zScore(data, rule.of);
    case 'clip-z-score':
      return clipZScore(rule);
    case 'biomedparse':
      return biomedparse(data, context);
  }
}

/** [0, 255] left alone; CT by its window; anything else by the 0.5th and 99.5th percentile of the voxels above 0. */
function biomedparse(data: VoxelArray, context: IntensityContext): IntensityMap {
  if (isGrey(data)) return asTheyAre(data, 'intensities already within 0 to 255, left as they are');
  if (context.modality === 'ct') return window(ctWindows[context.ctWindow ?? 'soft-tissue'], GREY);
  return percentileRange(data, { low: 0.5, high: 99.5, of: 'positive' }, GREY);
}

/** Whether every voxel lies within [0, 255] already. */
export function isGrey(data: VoxelArray): boolean {
  const { min, max } = extent(data, 'all') ?? { min: 0, max: 0 };
  return min >= 0 && max <= 255;
}

function asTheyAre(data: VoxelArray, sentence: string): IntensityMap {
  return { apply: (voxels) => Float32Array.from(voxels), outside: extent(data, 'all')?.min ?? 0, sentence };
}

function minMax(data: VoxelArray, range: Range): IntensityMap {
  const { min, max } = extent(data, 'all') ?? { min: 0, max: 0 };
  return {
    apply: (voxels) => rescale(voxels, min, max, range),
    outside: range[0],
    sentence: `intensities from minimum ${show(min)} and maximum ${show(max)} to ${showRange(range)}`,
  };
}

function window({ width, level }: { width: number; level: number }, range: Range): IntensityMap {
  return {
    apply: (voxels) => rescale(voxels, level - width / 2, level + width / 2, range),
    outside: range[0],
    sentence: `intensities clipped to the window of width ${show(width)} at level ${show(level)}, scaled to ${showRange(range)}`,
  };
}

function percentileRange(
  data: VoxelArray,
  rule: { low: number; high: number; of: Population },
  range: Range,
): IntensityMap {
  // A volume without a voxel above 0 is measured whole rather than refused.
  const found = percentiles(data, [rule.low, rule.high], rule.of) ?? percentiles(data, [rule.low, rule.high], 'all');
  const [low = 0, high = 0] = found ?? [];
  return {
    apply: (voxels) => rescale(voxels, low, high, range),
    outside: range[0],
    sentence:
      `intensities clipped to the percentiles ${rule.low} (${show(low)}) and ${rule.high} (${show(high)}) ` +
      `of ${showPopulation(rule.of)}, scaled to ${showRange(range)}`,
  };
}

function zScore(data: VoxelArray, of: Population): IntensityMap {
  const { mean, std } = moments(data, of) ?? moments(data, 'all') ?? { mean: 0, std: 1 };
  const scale = std > 0 ? 1 / std : 1;
  return {
    apply: (voxels) => {
      const out = new Float32Array(voxels.length);
      for (let n = 0; n < out.length; n++) out[n] = (voxels[n] - mean) * scale;
      return out;
    },
    outside: 0,
    sentence: `intensities less the mean ${show(mean)}, over the standard deviation ${show(std)}, of ${showPopulation(of)}`,
  };
}

/** nnU-Net's z-score within a mask: what lies outside stays as it is, which is 0. */
function maskedZScore(data: VoxelArray, mask?: Uint8Array): IntensityMap {
  const inside = (n: number, value: number): boolean => (mask === undefined ? value !== 0 : mask[n] === 1);
  let count = 0;
  for (let n = 0; n < data.length; n++) if (inside(n, data[n])) count++;
  const counted = new Float64Array(count);
  for (let n = 0, at = 0; n < data.length; n++) if (inside(n, data[n])) counted[at++] = data[n];
  const { mean, std } = moments(counted, 'all') ?? { mean: 0, std: 1 };
  const scale = 1 / Math.max(std, 1e-8);
  return {
    apply: (voxels) => {
      const out = new Float32Array(voxels.length);
      for (let n = 0; n < out.length; n++) {
        out[n] = inside(n, voxels[n]) ? (voxels[n] - mean) * scale : voxels[n];
      }
      return out;
    },
    outside: 0,
    sentence: `intensities less the mean ${show(mean)}, over the standard deviation ${show(std)}, of the voxels other than 0`,
  };
}

function clipZScore({ low, high, mean, std }: Extract<Intensity, { kind: 'clip-z-score' }>): IntensityMap {
  return {
    apply: (voxels) => {
      const out = new Float32Array(voxels.length);
      for (let n = 0; n < out.length; n++) out[n] = (Math.min(high, Math.max(low, voxels[n])) - mean) / std;
      return out;
    },
    outside: 0,
    sentence: `intensities clipped to ${showRange([low, high])}, less ${show(mean)}, over ${show(std)}`,
  };
}

/** Clips to [low, high] and scales linearly to the range; a constant volume becomes the range's lower end. */
function rescale(data: VoxelArray, low: number, high: number, [from, to]: Range): Float32Array {
  const out = new Float32Array(data.length);
  const scale = high > low ? (to - from) / (high - low) : 0;
  for (let n = 0; n < out.length; n++) {
    const value = data[n];
    out[n] = value <= low ? from : value >= high && scale !== 0 ? to : from + (value - low) * scale;
  }
  return out;
}

function show(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function showRange([from, to]: Range): string {
  return `[${show(from)}, ${show(to)}]`;
}

function showPopulation(of: Population): string {
  return of === 'positive' ? 'the voxels above 0' : 'all voxels';
}
