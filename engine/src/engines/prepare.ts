import type { LabelMapModel, Modality } from '@parse3d/contract';
import type { MissingVoxels } from '@parse3d/volume/formats';
import { orientationOf, resample, type Shape, type SpacingOrOwn, type Volume } from '@parse3d/volume/geometry';
import { fit, orient, respace } from '../steps/conform.js';
import { measureIntensity } from '../steps/intensity.js';
import { undoAll, type Undo } from '../steps/step.js';

/**
 * A model's grid in the memory order of a volume, fastest axis first. A tensor of axes k, j, i is that order as it is;
 * for another, the volume's own axes change places once, so that no tensor is ever transposed.
 */
export interface TensorGrid {
  readonly orientation: (own: string) => string;
  readonly spacingMm: SpacingOrOwn | undefined;
  readonly shape: Shape | undefined;
  readonly multipleOf: number | undefined;
  /** Shape of a window or tile. */
  readonly window: Shape | undefined;
  readonly halo: number | undefined;
  /** Axes that windows are mirrored along, in tensor order. */
  readonly mirror: readonly (0 | 1 | 2)[];
}

const PLACES = [0, 1, 2] as const;
const NUMBER_OF = { i: 0, j: 1, k: 2 } as const;

function letterOf(letter: string | undefined): keyof typeof NUMBER_OF {
  return letter === 'i' || letter === 'j' ? letter : 'k';
}

export function tensorGrid({ axes, conform, window, mirror }: LabelMapModel): TensorGrid {
  const axisAt = (place: 0 | 1 | 2): 0 | 1 | 2 => NUMBER_OF[letterOf(axes[2 - place])];
  const places = [axisAt(0), axisAt(1), axisAt(2)] as const;
  const inOrder = <T>(values: readonly [T, T, T]): [T, T, T] => [
    values[places[0]],
    values[places[1]],
    values[places[2]],
  ];
  const order = (codes: string): string => places.map((axis) => codes[axis]).join('');
  return {
    orientation: (own) => order(conform.orientation ?? own),
    mirror: (mirror ?? []).flatMap((letter) => PLACES.filter((place) => places[place] === NUMBER_OF[letter])),
    spacingMm: conform.spacingMm && inOrder(conform.spacingMm),
    shape: conform.shape && inOrder(conform.shape),
    multipleOf: conform.multipleOf,
    window: window && inOrder(window.shape),
    halo: window?.halo,
  };
}

export interface PreparedVolume {
  /** What the graph sees, in tensor order. */
  readonly volume: Volume<Float32Array>;
  readonly undo: Undo;
  /** 1 where the volume had no value, on the same grid; absent where every voxel has one. */
  readonly missing: Uint8Array | undefined;
  readonly sentences: readonly string[];
}

/** A volume of which some voxels may have no value: these are not measured. */
export type MaybeMissing = Volume & { readonly missing?: MissingVoxels | undefined };

/** Orientation, spacing, intensity, size: in this order, so that padding is a value the model knows. */
export function prepare(volume: MaybeMissing, model: LabelMapModel, modality: Modality): PreparedVolume {
  const grid = tensorGrid(model);
  const oriented = orient(volume, grid.orientation(orientationOf(volume.geometry.affine)));
  const spaced = grid.spacingMm === undefined ? oriented : respace(oriented.volume, grid.spacingMm);
  const measured = volume.missing?.present(volume.data) ?? spaced.volume.data;
  const intensity = measureIntensity(measured, model.intensity, { modality });
  const size = {
    shape: grid.shape,
    // A tile may be smaller than it could be, a blended window may not.
    atLeast: grid.halo === undefined ? grid.window : undefined,
    multipleOf: grid.multipleOf,
  };
  const { geometry } = spaced.volume;
  const fitted = fit({ data: intensity.apply(spaced.volume.data), geometry }, { ...size, outside: intensity.outside });
  const steps = spaced === oriented ? [oriented, fitted] : [oriented, spaced, fitted];
  const told = [
    oriented.sentence,
    spaced === oriented ? undefined : spaced.sentence,
    intensity.sentence,
    fitted.sentence,
  ];
  return {
    volume: fitted.volume,
    undo: undoAll(steps),
    missing:
      volume.missing &&
      fit(resample(missingMask(volume, volume.missing), geometry, 'nearest'), { ...size, outside: 0 }).volume.data,
    sentences: told.filter((sentence) => sentence !== undefined),
  };
}

/** 1 for the voxels without a value, on the volume's own grid. */
export function missingMask({ geometry, data }: Volume, missing: MissingVoxels): Volume<Uint8Array> {
  return { data: Uint8Array.from({ length: data.length }, (_, voxel) => (missing.has(voxel) ? 1 : 0)), geometry };
}
