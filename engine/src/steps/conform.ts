import {
  applyAxisPlan,
  assertGrid,
  conformGeometry,
  cropPad,
  invertAxisPlan,
  isIdentityPlan,
  orientationOf,
  planGeometry,
  planOrientation,
  resample,
  resampleLabels,
  type Shape,
  type SpacingOrOwn,
  type Vec3,
  type Volume,
  type VoxelArray,
} from '@parse3d/volume/geometry';
import { unchanged, type Step } from './step.js';

/** Spacings closer than this share of each other are the same: resampling for it would only blur. */
const SAME_SPACING = 1e-3;

/** Swaps and flips axes until they point as `codes` says. Exact, and exactly undone. */
export function orient<T extends VoxelArray>(volume: Volume<T>, codes: string): Step<T> {
  const { geometry, data } = volume;
  const plan = planOrientation(geometry.affine, codes);
  if (isIdentityPlan(plan)) return unchanged(volume);
  const turned = planGeometry(geometry, plan);
  const back = invertAxisPlan(plan);
  return {
    volume: { data: applyAxisPlan(data, geometry.shape, plan), geometry: turned },
    undo: {
      labels: (labels) => applyAxisPlan(labels, turned.shape, back),
      values: (values) => applyAxisPlan(values, turned.shape, back),
    },
    sentence: `axes from ${orientationOf(geometry.affine)} to ${codes}`,
  };
}

/**
 * Resamples linearly to another spacing. Labels come back by a linear vote of all labels at once, real values linearly.
 * @throws Problem `volume-too-large` for a grid that is larger than any that is computed on
 */
export function respace(volume: Volume, wanted: SpacingOrOwn): Step {
  const { geometry } = volume;
  const own = geometry.spacingMm;
  const spacingMm: Vec3 = [wanted[0] ?? own[0], wanted[1] ?? own[1], wanted[2] ?? own[2]];
  const same = spacingMm.every((mm, axis) => Math.abs((geometry.spacingMm[axis] ?? 0) - mm) <= SAME_SPACING * mm);
  if (same) return unchanged(volume);
  const target = conformGeometry(geometry, { spacingMm });
  assertGrid(geometry, target);
  return {
    volume: resample(volume, target, 'linear', { outside: minimumOf(volume.data) }),
    undo: {
      labels: (labels) => resampleLabels({ data: labels, geometry: target }, geometry).data,
      values: (values) => Float32Array.from(resample({ data: values, geometry: target }, geometry, 'linear').data),
    },
    sentence: `resampled from ${showVec(geometry.spacingMm)} mm to ${showVec(spacingMm)} mm`,
  };
}

export interface FitOptions {
  /** Pad or crop to exactly this shape. @default the volume's own */
  readonly shape?: Shape | undefined;
  /** Pad to at least this shape, the window of a sliding window. */
  readonly atLeast?: Shape | undefined;
  /** Pad up to multiples of this. @default 1 */
  readonly multipleOf?: number | undefined;
  /** Value of padded voxels. */
  readonly outside: number;
}

/** Pads or crops about the centre. What was cropped away comes back as background. */
export function fit<T extends VoxelArray>(volume: Volume<T>, options: FitOptions): Step<T> {
  const from = volume.geometry.shape;
  const side = (axis: 0 | 1 | 2): number => {
    const wanted = Math.max(options.shape?.[axis] ?? from[axis], options.atLeast?.[axis] ?? 1);
    const multiple = options.multipleOf ?? 1;
    return Math.ceil(wanted / multiple) * multiple;
  };
  const shape: Shape = [side(0), side(1), side(2)];
  if (shape.every((length, axis) => length === from[axis])) return unchanged(volume);
  const fitted = cropPad(volume, shape, { fill: options.outside });
  return {
    volume: fitted.volume,
    undo: { labels: fitted.undo, values: fitted.undo },
    sentence: `padded or cropped about the centre from ${from.join('×')} to ${shape.join('×')}`,
  };
}

function minimumOf(data: VoxelArray): number {
  let min = Infinity;
  for (let n = 0; n < data.length; n++) min = Math.min(min, data[n]);
  return min;
}

function showVec(vector: Vec3): string {
  return vector.map((value) => String(Number(value.toPrecision(4)))).join('×');
}
