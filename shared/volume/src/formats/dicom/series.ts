import {
  affineFromColumns,
  columnOf,
  makeGeometry,
  transform,
  type Geometry,
  type Shape,
  type Vec3,
} from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import type { SliceHeader } from './types.js';
import type { UprightPlan } from './upright.js';

/** A slice further than this from its place on the regular grid is in another place. Unit: distance of slices. */
const PLACE_TOLERANCE = 0.1;
/** Sines of angles below half a degree are rounding of positions, not a tilted gantry. */
const TILT_TOLERANCE = 0.0087;
/** A gap that is larger than expected by more than this share is not resampled: what lies in it was not seen. */
const MOST_UNEVEN = 0.5;

/** What may be mended by taking the images onto another grid. */
export interface ArrangeOptions {
  /** Images of a tilted gantry. @default refuse */
  readonly tilt?: 'refuse' | 'correct' | undefined;
  /** Images at unequal distances, none larger than expected by more than half. @default refuse */
  readonly spacing?: 'refuse' | 'resample' | undefined;
}

export interface Series {
  /** Along the normal, which is the row direction × the column direction, or against it in some mosaics. */
  readonly slices: readonly [SliceHeader, ...SliceHeader[]];
  readonly geometry: Geometry;
  /** How the images come onto the grid of `geometry`; undefined where they are its slices. */
  readonly plan?: UprightPlan | undefined;
  readonly warnings: readonly string[];
}

/**
 * Orders the slices of one volume, one a place, and places them in the world. One slice alone is a volume of one: its
 * thickness stands for the distance.
 * @param images of the whole series, for their count
 * @throws Problem `dicom-geometry`, `dicom-slices-missing`, `dicom-unsupported`, `volume-not-3d`
 */
export function arrangeSeries(
  headers: readonly [SliceHeader, ...SliceHeader[]],
  images: readonly SliceHeader[],
  options: ArrangeOptions = {},
): Series {
  const [first] = headers;
  const normal = scaled(cross(first.rowDirection, first.columnDirection), first.tile?.backwards === true ? -1 : 1);
  const along = (slice: SliceHeader): number => dot(slice.position, normal);
  const [start = first, ...rest] = headers.toSorted((a, b) => along(a) - along(b));
  const end = rest.at(-1);
  const slices = [start, ...rest] as const;
  const complete = assertComplete(slices, images);
  if (end === undefined) return alone(start, normal, complete);
  const uneven = assertRegular(slices, slices.map(along), options.spacing ?? 'refuse');
  const step = scaled(minus(end.position, start.position), 1 / rest.length);
  const shifted = assertStraight(slices, step, normal, options.tilt ?? 'refuse');
  const mended = [uneven, shifted].filter((told) => told !== undefined);
  if (mended.length === 0) return { slices, geometry: geometryOf(start, slices.length, step), warnings: complete };
  return { slices, ...uprightGrid(slices, normal), warnings: [...mended, ...complete] };
}

function alone(slice: SliceHeader, normal: Vec3, warnings: readonly string[]): Series {
  if (slice.thickness === undefined) {
    throw new Problem(
      'dicom-unsupported',
      'the series is one image that does not say how thick it is (SliceThickness), so that it has no volume',
    );
  }
  const told = `The series is one image: the volume is one slice, as thick as it says (${slice.thickness} mm).`;
  return {
    slices: [slice],
    geometry: geometryOf(slice, 1, scaled(normal, slice.thickness)),
    warnings: [told, ...warnings],
  };
}

/** A distance of neighbouring images in mm, and the one that their thickness and the others let expect. */
interface Gap {
  readonly mm: number;
  readonly expected: number;
}

/**
 * Heads are often scanned with thin slices at the base and thick ones above: where images are thicker than usual, their
 * distance is expected to be larger by as much.
 */
function gapsBetween(
  slices: readonly SliceHeader[],
  places: readonly number[],
): { gaps: readonly Gap[]; usual: number } {
  const found = places.slice(1).map((place, n) => {
    const [below, above] = [slices[n]?.thickness, slices[n + 1]?.thickness];
    const thickness = below === undefined || above === undefined ? undefined : (below + above) / 2;
    return { mm: place - (places[n] ?? 0), thickness };
  });
  const typical = found.toSorted((a, b) => a.mm - b.mm)[found.length >> 1];
  const usual = typical?.mm ?? 0;
  const gaps = found.map(({ mm, thickness }) => ({
    mm,
    expected: usual * ((thickness ?? 1) / (thickness === undefined ? 1 : (typical?.thickness ?? thickness))),
  }));
  return { gaps, usual };
}

/**
 * @param places of the slices along the normal, in mm, ascending
 * @returns what was accepted of uneven distances, in words for the user
 */
function assertRegular(
  slices: readonly SliceHeader[],
  places: readonly number[],
  spacing: 'refuse' | 'resample',
): string | undefined {
  const { gaps, usual } = gapsBetween(slices, places);
  const [closest, widest] = [Math.min(...gaps.map(({ mm }) => mm)), Math.max(...gaps.map(({ mm }) => mm))];
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
  if (worst <= PLACE_TOLERANCE * mean) return undefined;
  // Wholly regular but for gaps of several slices: some were left out.
  const holes = gaps.filter(({ mm, expected }) => mm > expected * 1.5);
  const steps = gaps.map(({ mm, expected }) => mm / expected);
  if (holes.length > 0 && steps.every((step) => Math.abs(step - Math.round(step)) < PLACE_TOLERANCE)) {
    const missing = steps.reduce((sum, step) => sum + Math.round(step) - 1, 0);
    throw new Problem(
      'dicom-slices-missing',
      `expected a slice every ${round(usual)} mm, ${missing} are missing (largest gap ${round(widest)} mm)`,
      { missing, spacingMm: round(usual), largestGapMm: round(widest) },
    );
  }
  const [leastMm, mostMm, share] = [round(closest), round(widest), Math.max(...steps) - 1];
  const found = `they lie from ${leastMm} to ${mostMm} mm apart`;
  if (spacing === 'resample' && share <= MOST_UNEVEN) {
    return `The images are not at equal distances: ${found}. They were resampled to equal ones, linear between neighbours.`;
  }
  const way =
    share <= MOST_UNEVEN
      ? '; --spacing resample resamples them to equal distances'
      : `; a gap is ${percent(share)} larger than expected, and up to ${percent(MOST_UNEVEN)} can be resampled`;
  throw new Problem('dicom-geometry', `expected slices at equal distances, ${found}${way}`, {
    leastMm,
    mostMm,
    share: round(share),
    mostShare: MOST_UNEVEN,
  });
}

/**
 * A tilted gantry shifts each slice within its plane. Treating that as a box would shear the anatomy.
 * @returns what was accepted, in words for the user
 */
function assertStraight(
  slices: readonly SliceHeader[],
  step: Vec3,
  normal: Vec3,
  tilt: 'refuse' | 'correct',
): string | undefined {
  const [first] = slices;
  if (first === undefined) return undefined;
  const sine = Math.hypot(...cross(step, normal)) / Math.hypot(...step);
  const pixel = Math.min(first.rowSpacing, first.columnSpacing);
  // Beside the line through the first and the last, whatever its direction.
  const astray = Math.max(
    ...slices.map(({ position }, n) => {
      const off = minus(minus(position, first.position), scaled(step, n));
      return Math.hypot(...minus(off, scaled(normal, dot(off, normal))));
    }),
  );
  if (sine <= TILT_TOLERANCE && astray <= pixel / 2) return undefined;
  const degrees = round((Math.asin(Math.min(1, sine)) * 180) / Math.PI);
  const what =
    sine > TILT_TOLERANCE ? `by ${degrees}° (a tilted gantry)` : `by up to ${round(astray)} mm in their planes`;
  if (tilt === 'correct') {
    return `The images are shifted against each other ${what}: they were resampled onto an upright grid, linear in the plane.`;
  }
  throw new Problem(
    'dicom-geometry',
    `expected slices stacked along their normal, they are shifted ${what}; --tilt correct resamples them onto an upright grid`,
    sine > TILT_TOLERANCE ? { tiltDegrees: degrees } : { shiftMm: round(astray) },
  );
}

/** The smallest grid with the spacing and directions of the images that holds them all, at equal distances. */
function uprightGrid(
  slices: readonly [SliceHeader, ...SliceHeader[]],
  normal: Vec3,
): { geometry: Geometry; plan: UprightPlan } {
  const [first] = slices;
  const { rows, columns } = first.pixels;
  const offsets = slices.map(({ position }): Vec3 => {
    const off = minus(position, first.position);
    return [
      settled(dot(off, first.rowDirection) / first.columnSpacing),
      settled(-dot(off, first.columnDirection) / first.rowSpacing),
      dot(off, normal),
    ];
  });
  const depth = offsets.at(-1)?.[2] ?? 0;
  const gaps = offsets.slice(1).map((offset, n) => offset[2] - (offsets[n]?.[2] ?? 0));
  // As dense as the images lie somewhere; two that overlap do not count. Both ends stay where they are.
  const usual = gaps.toSorted((x, y) => x - y)[gaps.length >> 1] ?? depth;
  const dense = Math.min(...gaps.filter((gap) => gap >= usual / 2));
  const count = Math.max(1, Math.round(depth / dense)) + 1;
  const distance = depth / (count - 1);
  const least = ([0, 1] as const).map((axis) => Math.floor(Math.min(...offsets.map((offset) => offset[axis]))));
  const most = ([0, 1] as const).map((axis) => Math.ceil(Math.max(...offsets.map((offset) => offset[axis]))));
  const [leastI = 0, leastJ = 0] = least;
  const [mostI = 0, mostJ = 0] = most;
  const flat = geometryOf(first, count, scaled(normal, distance));
  const grid: Shape = [columns + mostI - leastI, rows + mostJ - leastJ, count];
  const [a, b, c] = ([0, 1, 2] as const).map((axis) => columnOf(flat.affine, axis));
  const corner = transform(flat.affine, [leastI, leastJ, 0]);
  return {
    geometry: makeGeometry(grid, affineFromColumns(a, b, c, corner)),
    plan: {
      images: [columns, rows, slices.length],
      grid,
      places: offsets.map(([i, j, k]) => [i - leastI, j - leastJ, k / distance]),
    },
  };
}

/** Without the noise of decimal texts, so that images that need no interpolation get none. */
const settled = (voxels: number): number =>
  Math.abs(voxels - Math.round(voxels)) < 5e-3 ? Math.round(voxels) : voxels;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Up to this share of images that an acquisition gave is missing here, slices are; more, and it gave several series. */
const FEW_MISSING = 0.2;

/**
 * Missing slices at an end leave no gap. What images say of their number may tell of them: NumberOfSlices of PET,
 * ImagesInAcquisition, and the numbers of the images.
 * @returns warnings where that is not certain
 * @throws Problem `dicom-slices-missing`
 */
function assertComplete(slices: readonly SliceHeader[], images: readonly SliceHeader[]): string[] {
  const same = (values: readonly (number | undefined)[]): number =>
    values.every((value) => value === values[0]) ? (values[0] ?? 0) : 0;
  const expected = same(slices.map(({ numberOfSlices }) => numberOfSlices));
  const acquired = same(slices.map(({ imagesInAcquisition }) => imagesInAcquisition));
  const few = acquired > images.length && (acquired - images.length) / acquired <= FEW_MISSING;
  if (expected > slices.length || few) {
    const most = few ? acquired : expected;
    const count = few ? images.length : slices.length;
    throw new Problem(
      'dicom-slices-missing',
      `the images say that there are ${most} of them, here are ${count}: slices at an end are missing`,
      { expected: most, actual: count, missing: most - count },
    );
  }
  const told =
    acquired > images.length
      ? [`The images say that their acquisition gave ${acquired}; ${images.length} are in this series.`]
      : [];
  return [...told, ...gapsInNumbers(images)];
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
