import type { Vec3 } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import type { SliceHeader } from './types.js';

/** Directions of one series are written by one machine: they differ by rounding alone. */
const DIRECTION_TOLERANCE = 1e-4;
/** More grids than any series of several volumes has. */
const MAX_GRIDS = 64;

/** Images that may be slices of one volume: same size, spacing, direction and frame of reference. */
export type Grid = readonly [SliceHeader, ...SliceHeader[]];

/**
 * Images by their grid, in the order of first sight, and how the first two grids differ.
 * @throws Problem `dicom-geometry` when there are more grids than a choice makes sense of
 */
export function splitByGrid(headers: Grid): { grids: readonly Grid[]; differ: string | undefined } {
  const frames = new Set(headers.flatMap(({ frameOfReferenceUid }) => frameOfReferenceUid ?? []));
  // A frame of reference for each image says nothing of any two of them; de-identifiers write such.
  const known = frames.size < headers.length || headers.length < 3;
  const grids: [SliceHeader, ...SliceHeader[]][] = [];
  for (const header of headers) {
    const grid = grids.find(([first]) => differenceOf(first, header, known) === undefined);
    if (grid !== undefined) grid.push(header);
    else grids.push([header]);
    if (grids.length > MAX_GRIDS) throw severalGrids(differBetween(grids, known), []);
  }
  return { grids, differ: grids.length === 1 ? undefined : differBetween(grids, known) };
}

/** @param volumes as told by `describe`, for whoever chooses one */
export function severalGrids(differ: string, volumes: readonly object[], told = ''): Problem {
  return new Problem(
    'dicom-geometry',
    `expected slices of one grid, they differ in ${differ}: this is not a single volume${told}`,
    { differ, ...(volumes.length === 0 ? {} : { volumes }) },
  );
}

function differBetween([first, second]: readonly Grid[], known: boolean): string {
  if (first === undefined || second === undefined) return 'nothing';
  return differenceOf(first[0], second[0], known) ?? 'nothing';
}

function differenceOf(first: SliceHeader, other: SliceHeader, frameIsKnown: boolean): string | undefined {
  if (first.pixels.rows !== other.pixels.rows || first.pixels.columns !== other.pixels.columns) {
    return 'their number of rows or columns';
  }
  const spacings = [first.rowSpacing - other.rowSpacing, first.columnSpacing - other.columnSpacing];
  if (spacings.some((difference) => Math.abs(difference) > 1e-4 * first.rowSpacing)) return 'pixel spacing';
  const turned = [
    ...minus(first.rowDirection, other.rowDirection),
    ...minus(first.columnDirection, other.columnDirection),
  ].some((difference) => Math.abs(difference) > DIRECTION_TOLERANCE);
  if (turned) return first.localizer ? 'orientation (they are localizers, scout images)' : 'orientation';
  const frames = [first.frameOfReferenceUid, other.frameOfReferenceUid];
  return frameIsKnown && !frames.includes(undefined) && frames[0] !== frames[1] ? 'frame of reference' : undefined;
}

const minus = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
