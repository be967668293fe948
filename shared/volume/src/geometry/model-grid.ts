import { Problem } from '@parse3d/contract/problems';
import { voxelCount } from './affine.js';
import { conformGeometry, type SpacingOrOwn } from './conform.js';
import type { Geometry, Vec3 } from './types.js';

/** The largest grid that is ever computed on, in voxels: 4 GiB of float32. */
export const MAX_GRID_VOXELS = 2 ** 30;

/** No scanner takes a longer volume, in mm. */
const LONGEST_MM = 3000;

/** What of a pack decides its grid. */
interface Grid {
  readonly spacingMm?: SpacingOrOwn | undefined;
  readonly orientation?: string | undefined;
}
type PackGrid = { readonly model: { readonly conform: Grid } | (Grid & { readonly conform?: undefined }) };

export interface GridLimits {
  /** @default 1073741824 */
  readonly maxVoxels?: number | undefined;
  /** The units byte of a NIfTI header, for a better guess. */
  readonly xyztUnits?: number | undefined;
}

/**
 * Refuses a volume that the pack's spacing would turn into a grid larger than the limit, before anything is allocated.
 * A small file can ask for that: by a spacing in the wrong unit.
 * @throws Problem `volume-too-large` with both sizes, and a guess at what is wrong
 */
export function assertModelGrid(geometry: Geometry, { model }: PackGrid, limits: GridLimits = {}): void {
  const { spacingMm, orientation } = model.conform ?? model;
  if (spacingMm !== undefined) assertGrid(geometry, conformGeometry(geometry, { spacingMm, orientation }), limits);
}

/** The same for any grid that a volume is resampled to. */
export function assertGrid(volume: Geometry, grid: Geometry, limits: GridLimits = {}): void {
  const maxVoxels = Math.min(limits.maxVoxels ?? MAX_GRID_VOXELS, MAX_GRID_VOXELS);
  const voxels = voxelCount(grid.shape);
  if (voxels <= maxVoxels) return;
  const [from, to] = [volume.shape.join('×'), grid.shape.join('×')];
  throw new Problem(
    'volume-too-large',
    `resampled from ${show(volume.spacingMm)} mm to the pack's ${show(grid.spacingMm)} mm, the volume of ${from} voxels has ${to}; at most ${maxVoxels} are computed. ${unitGuess(volume, limits.xyztUnits) ?? `The volume is ${longestMm(volume)} mm long: are its voxel sizes in millimetres?`}`,
    {
      shape: volume.shape,
      spacingMm: volume.spacingMm,
      resampledShape: grid.shape,
      resampledSpacingMm: grid.spacingMm,
      voxels,
      maxVoxels,
    },
  );
}

/**
 * A guess at a unit error, for volumes longer than any scanner takes, or shorter than any organ: in words for the user;
 * undefined where the size is possible.
 */
export function unitGuess(geometry: Geometry, xyztUnits = 0): string | undefined {
  const longest = longestMm(geometry);
  const unit = xyztUnits & 7;
  const told = `The volume is ${longest} mm long`;
  if (longest > LONGEST_MM) {
    return unit === 1
      ? `${told}: its header says metres (xyzt_units), millimetres are probably meant.`
      : `${told}, longer than any scanner takes: its voxel sizes are probably micrometres, not millimetres.`;
  }
  const isThin = Math.max(...geometry.shape) < 16;
  if (longest >= 1 || isThin || unit === 3) return undefined;
  return `${told}: its voxel sizes are probably metres or centimetres, not millimetres, unless a microscope took it.`;
}

function longestMm({ shape, spacingMm }: Geometry): number {
  return Number(Math.max(...shape.map((length, axis) => length * (spacingMm[axis] ?? 0))).toPrecision(4));
}

function show(spacing: Vec3): string {
  return spacing.map((value) => String(Number(value.toPrecision(4)))).join('×');
}
