import type { LabelMapModel, Modality } from '@parse3d/contract';
import {
  assertGrid,
  conformGeometry,
  orientationOf,
  resample,
  type Geometry,
  type Shape,
  type Vec3,
} from '@parse3d/volume/geometry';
import { orient } from '../../steps/conform.js';
import { measureIntensity } from '../../steps/intensity.js';
import { undoAll, type Undo } from '../../steps/step.js';
import { missingMask, tensorGrid, type MaybeMissing } from '../prepare.js';
import { cropToNonzero, filledMask } from './nonzero.js';
import { roundHalfEven, slicedAxis } from './separate.js';
import { resizeCubic } from './spline.js';

/** A volume as nnU-Net prepares it, in tensor order, and what the way back needs. */
export interface PreparedForLogits {
  /** Grid of the volume after its axes changed places and it was cropped: here classes are decided. */
  readonly grid: Geometry;
  /** What is cut into windows: resampled, not padded. */
  readonly data: Float32Array;
  readonly shape: Shape;
  /** Axis along which both resamplings take the nearest slice. */
  readonly slicedBack: 0 | 1 | 2 | undefined;
  /** From `grid` to the input's own. */
  readonly undo: Undo;
  /** 1 where the volume had no value, on `grid`; absent where every voxel has one. */
  readonly missing: Uint8Array | undefined;
  readonly sentences: readonly string[];
}

/** Axes, crop, intensity, spacing: in this order, so that no value is measured of a voxel that was not there. */
export function prepareForLogits(volume: MaybeMissing, model: LabelMapModel, modality: Modality): PreparedForLogits {
  const order = tensorGrid(model);
  const oriented = orient(volume, order.orientation(orientationOf(volume.geometry.affine)));
  const cropped = cropToNonzero(oriented.volume);
  const grid = cropped.volume.geometry;
  const own = grid.spacingMm;
  const wanted = order.spacingMm ?? own;
  const spacingMm: Vec3 = [wanted[0] ?? own[0], wanted[1] ?? own[1], wanted[2] ?? own[2]];
  assertGrid(grid, conformGeometry(grid, { spacingMm }));

  const { data } = cropped.volume;
  const masked = model.intensity.kind === 'z-score' && model.intensity.of === 'nonzero';
  const mask = masked ? filledMask(data, grid.shape) : undefined;
  const measured = masked ? data : (volume.missing?.present(volume.data) ?? data);
  const intensity = measureIntensity(measured, model.intensity, { modality, mask });
  const length = (axis: 0 | 1 | 2): number =>
    Math.max(1, roundHalfEven((own[axis] / spacingMm[axis]) * grid.shape[axis]));
  const shape: Shape = [length(0), length(1), length(2)];
  const sliced = slicedAxis(own, spacingMm);
  const resampled = resizeCubic(intensity.apply(data), grid.shape, shape, sliced);
  return {
    grid,
    data: resampled,
    shape,
    slicedBack: slicedAxis(spacingMm, own),
    undo: undoAll([oriented, cropped]),
    missing: volume.missing && resample(missingMask(volume, volume.missing), grid, 'nearest').data,
    sentences: [
      oriented.sentence,
      cropped.sentence,
      intensity.sentence,
      shape.join() === grid.shape.join()
        ? undefined
        : `resampled by cubic splines from ${grid.shape.join('×')} to ${shape.join('×')} voxels${sliced === undefined ? '' : ', slice by slice'}`,
    ].filter((sentence) => sentence !== undefined),
  };
}
