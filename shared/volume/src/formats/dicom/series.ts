import { affineFromColumns, makeGeometry, type Geometry, type Vec3 } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import type { SliceHeader } from './types.js';

/** Directions of one series are written by one machine: they differ by rounding alone. */
const DIRECTION_TOLERANCE = 1e-4;
/** A slice further than this from its place on the regular grid is in another place. Unit: distance of slices. */
const PLACE_TOLERANCE = 0.1;
/** Sines of angles below half a degree are rounding of positions, not a tilted gantry. */
const TILT_TOLERANCE = 0.0087;

export interface Series {
  /** Along the normal, which is the row direction × the column direction. */
  readonly slices: readonly [SliceHeader, ...SliceHeader[]];
  readonly geometry: Geometry;
  readonly warnings: readonly string[];
}

/**
 * Orders the slices of one series, of which none is a copy, and places them in the world. One slice alone is a volume of
 * one: its thickness stands for the distance.
 * @throws Problem `dicom-geometry`, `dicom-slices-missing`, `dicom-unsupported`, `volume-not-3d`
 */
export function arrangeSeries(headers: readonly [SliceHeader, ...SliceHeader[]]): Series {
  const [first] = headers;
  const normal = cross(first.rowDirection, first.columnDirection);
  const along = (slice: SliceHeader): number => dot(slice.position, normal);
  const [start = first, ...rest] = headers.toSorted((a, b) => along(a) - along(b));
  const end = rest.at(-1);
  const slices = [start, ...rest] as const;
  if (end === undefined) return alone(start, normal);
  assertRegular(slices.map(along));
  const step = scaled(minus(end.position, start.position), 1 / rest.length);
  assertNotTilted(step, normal);
  return { slices, geometry: geometryOf(start, slices.length, step), warnings: assertComplete(slices) };
}

function alone(slice: SliceHeader, normal: Vec3): Series {
  if (slice.thickness === undefined) {
    throw new Problem(
      'dicom-unsupported',
      'the series is one image that does not say how thick it is (SliceThickness), so that it has no volume',
    );
  }
  const warnings = [`The series is one image: the volume is one slice, as thick as it says (${slice.thickness} mm).`];
  return {
    slices: [slice],
    geometry: geometryOf(slice, 1, scaled(normal, slice.thickness)),
    warnings: [...warnings, ...assertComplete([slice])],
  };
}

/**
 * Refuses images that are no slices of one grid.
 * @throws Problem `dicom-geometry`
 */
export function assertOneGrid([first, ...others]: readonly [SliceHeader, ...SliceHeader[]]): void {
  const frames = new Set([first, ...others].flatMap(({ frameOfReferenceUid }) => frameOfReferenceUid ?? []));
  // A frame of reference for each image says nothing of any two of them; de-identifiers write such.
  const known = frames.size < others.length + 1 || others.length < 2;
  for (const other of others) assertSameGrid(first, other, known);
}

function assertSameGrid(first: SliceHeader, other: SliceHeader, frameIsKnown: boolean): void {
  const differ = (what: string): Problem =>
    new Problem('dicom-geometry', `expected slices of one grid, they differ in ${what}: this is no single volume`, {
      differ: what,
    });
  if (first.pixels.rows !== other.pixels.rows || first.pixels.columns !== other.pixels.columns) {
    throw differ('their number of rows or columns');
  }
  const spacings = [first.rowSpacing - other.rowSpacing, first.columnSpacing - other.columnSpacing];
  if (spacings.some((difference) => Math.abs(difference) > 1e-4 * first.rowSpacing)) throw differ('pixel spacing');
  const turned = [
    ...minus(first.rowDirection, other.rowDirection),
    ...minus(first.columnDirection, other.columnDirection),
  ].some((difference) => Math.abs(difference) > DIRECTION_TOLERANCE);
  if (turned) throw differ(first.localizer ? 'orientation (they are localizers, scout images)' : 'orientation');
  const frames = [first.frameOfReferenceUid, other.frameOfReferenceUid];
  if (frameIsKnown && !frames.includes(undefined) && frames[0] !== frames[1]) throw differ('frame of reference');
}

/** @param places along the normal, in mm, ascending */
function assertRegular(places: readonly number[]): void {
  const gaps = places.slice(1).map((place, n) => place - (places[n] ?? 0));
  const usual = gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? 0;
  const closest = Math.min(...gaps);
  if (closest <= 1e-3 || closest < usual * PLACE_TOLERANCE) {
    throw new Problem(
      'volume-not-3d',
      'expected one slice at each position, several lie at the same: the series holds several volumes (times, echoes)',
      { slices: places.length },
    );
  }
  const [first = 0] = places;
  const mean = ((places.at(-1) ?? 0) - first) / gaps.length;
  const worst = Math.max(...places.map((place, n) => Math.abs(place - first - n * mean)));
  if (worst <= PLACE_TOLERANCE * mean) return;
  // Wholly regular but for gaps of several slices: some were left out.
  const holes = gaps.filter((gap) => gap > usual * 1.5);
  const multiples = gaps.every((gap) => Math.abs(gap / usual - Math.round(gap / usual)) < PLACE_TOLERANCE);
  if (holes.length > 0 && multiples) {
    const missing = holes.reduce((sum, gap) => sum + Math.round(gap / usual) - 1, 0);
    throw new Problem(
      'dicom-slices-missing',
      `expected a slice every ${round(usual)} mm, ${missing} are missing (largest gap ${round(Math.max(...holes))} mm)`,
      { missing, spacingMm: round(usual), largestGapMm: round(Math.max(...holes)) },
    );
  }
  throw new Problem(
    'dicom-geometry',
    `expected slices at equal distances, they lie from ${round(closest)} to ${round(Math.max(...gaps))} mm apart`,
    { leastMm: round(closest), mostMm: round(Math.max(...gaps)) },
  );
}

/** A tilted gantry shifts each slice within its plane. Treating that as a box would shear the anatomy. */
function assertNotTilted(step: Vec3, normal: Vec3): void {
  const length = Math.hypot(...step);
  const sine = Math.hypot(...cross(step, normal)) / length;
  if (sine <= TILT_TOLERANCE) return;
  const degrees = round((Math.asin(Math.min(1, sine)) * 180) / Math.PI);
  throw new Problem(
    'dicom-geometry',
    `expected slices stacked along their normal, they are shifted by ${degrees}° (a tilted gantry); correct it first (dcm2niix does)`,
    { tiltDegrees: degrees },
  );
}

/** Up to this share of images that an acquisition gave is missing here, slices are; more, and it gave several series. */
const FEW_MISSING = 0.2;

/**
 * Missing slices at an end leave no gap. What images say of their number may tell of them: NumberOfSlices of PET,
 * ImagesInAcquisition, and the numbers of the images.
 * @returns warnings where that is not certain
 * @throws Problem `dicom-slices-missing`
 */
function assertComplete(slices: readonly SliceHeader[]): string[] {
  const count = slices.length;
  const same = (values: readonly (number | undefined)[]): number =>
    values.every((value) => value === values[0]) ? (values[0] ?? 0) : 0;
  const expected = same(slices.map(({ numberOfSlices }) => numberOfSlices));
  const acquired = same(slices.map(({ imagesInAcquisition }) => imagesInAcquisition));
  if (expected > count || (acquired > count && (acquired - count) / acquired <= FEW_MISSING)) {
    const most = Math.max(expected, acquired);
    throw new Problem(
      'dicom-slices-missing',
      `the images say that there are ${most} of them, here are ${count}: slices at an end are missing`,
      { expected: most, actual: count, missing: most - count },
    );
  }
  const told =
    acquired > count ? [`The images say that their acquisition gave ${acquired}; ${count} are in this series.`] : [];
  return [...told, ...gapsInNumbers(slices)];
}

/** Numbers that begin late may be those of a series that was cut off, or of a part that was given on purpose. */
function gapsInNumbers(slices: readonly SliceHeader[]): string[] {
  const numbers = slices.map(({ instanceNumber }) => instanceNumber);
  if (numbers.length < 2 || !numbers.every((number) => number !== undefined)) return [];
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  if (least <= 1 || new Set(numbers).size !== numbers.length || most - least + 1 !== numbers.length) return [];
  return [`The images are numbered ${least} to ${most}: slices before number ${least} may be missing.`];
}

/** RAS: x and y change sign. Rows run against j, as in the files of dcm2niix, so that the axes are left-handed. */
function geometryOf(start: SliceHeader, count: number, step: Vec3): Geometry {
  const { rows, columns } = start.pixels;
  const i = scaled(start.rowDirection, start.columnSpacing);
  const down = scaled(start.columnDirection, start.rowSpacing);
  const j = scaled(down, -1);
  const origin = start.position.map((value, axis) => value + (down[axis] ?? 0) * (rows - 1));
  const [x = 0, y = 0, z = 0] = origin;
  return makeGeometry([columns, rows, count], affineFromColumns(ras(i), ras(j), ras(step), ras([x, y, z])));
}

const ras = ([x, y, z]: Vec3): Vec3 => [-x, -y, z];
const round = (value: number): number => Number(value.toPrecision(4));
const scaled = ([x, y, z]: Vec3, factor: number): Vec3 => [x * factor, y * factor, z * factor];
const minus = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
