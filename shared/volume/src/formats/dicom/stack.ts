import type { Vec3 } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { decimals, integer, type DataSet } from './parse.js';

/** Numbers the slices of reconstructed nuclear medicine. */
const SLICE_VECTOR = 0x0054_0080;

/** Images of one object that are parallel, and where each of them lies. */
export interface Stack {
  readonly rowDirection: Vec3;
  readonly columnDirection: Vec3;
  /** Middle of the first pixel of the n-th image, from 0. */
  position(image: number): Vec3;
}

/**
 * Frames of an object without functional groups lie one behind the other, where it says that they do: reconstructed
 * nuclear medicine by its slice vector, others by a distance of slices alone.
 * @throws Problem `dicom-unsupported` for cine loops, projections and the like
 */
export function stackOf(dataSet: DataSet): Stack {
  const frames = integer(dataSet, 'x00280008') ?? 1;
  const place = [dataSet.elements['x00540022']?.items?.[0]?.dataSet, dataSet].find(
    (set) => set?.elements['x00200032'] !== undefined && set.elements['x00200037'] !== undefined,
  );
  const step = decimals(dataSet, 'x00180088', 1)?.[0];
  const pointer = dataSet.elements['x00280009'];
  const along = pointer === undefined ? [] : pointersOf(dataSet, pointer.length / 4);
  const slices = Array.from({ length: frames }, (_, n) => dataSet.uint16('x00540080', n) ?? n + 1);
  const inOrder = slices.every((number, n) => number === n + 1);
  if (
    place === undefined ||
    step === undefined ||
    step === 0 ||
    !inOrder ||
    along.some((tag) => tag !== SLICE_VECTOR)
  ) {
    throw unsupported(
      `an object has ${frames} frames and does not say where each of them lies (a cine loop, projections, or a stack without geometry)`,
      { frames },
    );
  }
  const directions = orientation(place);
  const normal = normalOf(directions);
  const first = vector(decimals(place, 'x00200032', 3), 'ImagePositionPatient');
  return { ...directions, position: (frame) => shifted(first, normal, step * frame) };
}

function pointersOf(dataSet: DataSet, count: number): number[] {
  return Array.from(
    { length: Math.floor(count) },
    (_, n) => (dataSet.uint16('x00280009', n * 2) ?? 0) * 0x1_0000 + (dataSet.uint16('x00280009', n * 2 + 1) ?? 0),
  );
}

/** @throws Problem `dicom-unsupported` */
export function orientation(dataSet: DataSet): { rowDirection: Vec3; columnDirection: Vec3 } {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = decimals(dataSet, 'x00200037', 6) ?? [];
  const [row, column] = [Math.hypot(a, b, c), Math.hypot(d, e, f)];
  const skew = Math.abs(a * d + b * e + c * f);
  // Texts of 16 characters round; a thousandth of a unit is far more than that.
  if (Math.abs(row - 1) > 1e-3 || Math.abs(column - 1) > 1e-3 || skew > 1e-3) {
    throw missing('ImageOrientationPatient (two perpendicular unit vectors)');
  }
  return { rowDirection: [a / row, b / row, c / row], columnDirection: [d / column, e / column, f / column] };
}

/** Row direction × column direction. */
export function normalOf({ rowDirection: r, columnDirection: c }: Omit<Stack, 'position'>): Vec3 {
  return [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]];
}

export const shifted = ([x, y, z]: Vec3, [a, b, c]: Vec3, mm: number): Vec3 => [x + a * mm, y + b * mm, z + c * mm];

/** @throws Problem `dicom-unsupported` */
export function vector(values: readonly number[] | undefined, name: string): Vec3 {
  const [x, y, z] = values ?? [];
  if (x === undefined || y === undefined || z === undefined) throw missing(`${name} (three numbers)`);
  return [x, y, z];
}

export const missing = (what: string): Problem =>
  unsupported(`an image does not say how it lies in the patient: expected ${what}`, { expected: what });

export const unsupported = (detail: string, fields: Record<string, unknown> = {}): Problem =>
  new Problem('dicom-unsupported', detail, fields);
