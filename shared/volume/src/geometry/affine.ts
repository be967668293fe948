import { Problem } from '@parse3d/contract/problems';
import type { Affine, Geometry, Shape, Vec3, VoxelPoint, WorldPoint } from './types.js';

/** Columns closer to linear dependence than this (relative to their lengths) make an affine singular. */
const SINGULAR = 1e-10;

/** The product a·b: the transform that applies b first, then a. */
export function multiply(a: Affine, b: Affine): Affine {
  const at = (row: number, column: number): number => {
    let sum = 0;
    for (let n = 0; n < 4; n += 1) sum += (a[row * 4 + n] ?? 0) * (b[n * 4 + column] ?? 0);
    return sum;
  };
  return asAffine(Array.from({ length: 16 }, (_, index) => at(index >> 2, index & 3)));
}

/** The inverse, or undefined when the matrix is singular or not finite. */
export function tryInvert(affine: Affine): Affine | undefined {
  if (!isInvertible(affine)) return undefined;
  const [a, b, c, x, d, e, f, y, g, h, i, z] = affine;
  const det = determinant(affine);
  const m = [
    (e * i - f * h) / det,
    (c * h - b * i) / det,
    (b * f - c * e) / det,
    (f * g - d * i) / det,
    (a * i - c * g) / det,
    (c * d - a * f) / det,
    (d * h - e * g) / det,
    (b * g - a * h) / det,
    (a * e - b * d) / det,
  ] as const;
  return [
    ...([m[0], m[1], m[2], -(m[0] * x + m[1] * y + m[2] * z)] as const),
    ...([m[3], m[4], m[5], -(m[3] * x + m[4] * y + m[5] * z)] as const),
    ...([m[6], m[7], m[8], -(m[6] * x + m[7] * y + m[8] * z)] as const),
    ...([0, 0, 0, 1] as const),
  ];
}

/**
 * The inverse: RAS millimetres to voxels for a voxel-to-world affine.
 * @throws Problem `nifti-affine-invalid` when the matrix is singular or not finite
 */
export function invert(affine: Affine): Affine {
  const inverse = tryInvert(affine);
  if (inverse === undefined) {
    throw new Problem(
      'nifti-affine-invalid',
      'expected an affine with an inverse, this one is singular or not finite',
      {
        affine: affine.map(String),
      },
    );
  }
  return inverse;
}

/** True when all 16 numbers are finite and the three columns are linearly independent. */
export function isInvertible(affine: Affine): boolean {
  if (!affine.every(Number.isFinite)) return false;
  const [si, sj, sk] = spacingFromAffine(affine);
  const size = si * sj * sk;
  return size > 0 && Math.abs(determinant(affine)) > SINGULAR * size;
}

/** Determinant of the upper left 3×3 part: signed mm³ per voxel. */
export function determinant(affine: Affine): number {
  const [a, b, c, , d, e, f, , g, h, i] = affine;
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/** Where a voxel lies, in RAS millimetres. */
export function voxelToWorld(affine: Affine, voxel: VoxelPoint): WorldPoint {
  return transform(affine, voxel);
}

/**
 * Which (fractional) voxel lies at a point in RAS millimetres. For many points invert once and use `transform`.
 */
export function worldToVoxel(affine: Affine, world: WorldPoint): VoxelPoint {
  return transform(invert(affine), world);
}

/** The affine applied to one point, of whatever spaces the affine joins. */
export function transform(affine: Affine, [x, y, z]: Vec3): Vec3 {
  const [a, b, c, d, e, f, g, h, i, j, k, l] = affine;
  return [a * x + b * y + c * z + d, e * x + f * y + g * z + h, i * x + j * y + k * z + l];
}

/** Length of the three columns in mm: the distance between neighbouring voxels along i, j, k. */
export function spacingFromAffine(affine: Affine): Vec3 {
  const [a, b, c, , d, e, f, , g, h, i] = affine;
  return [Math.hypot(a, d, g), Math.hypot(b, e, h), Math.hypot(c, f, i)];
}

/** Sixteen numbers, row-major, as an affine. Throws a RangeError for another count, which is a bug of the caller. */
export function asAffine(numbers: readonly number[]): Affine {
  if (!hasSixteen(numbers)) throw new RangeError(`an affine has 16 numbers, not ${numbers.length}`);
  return numbers;
}

function hasSixteen(numbers: readonly number[]): numbers is Affine {
  return numbers.length === 16;
}

/** The affine with these columns (directions times spacing) and this origin, all in mm. */
export function affineFromColumns(i: Vec3, j: Vec3, k: Vec3, origin: Vec3): Affine {
  return [i[0], j[0], k[0], origin[0], i[1], j[1], k[1], origin[1], i[2], j[2], k[2], origin[2], 0, 0, 0, 1];
}

/** The affine's column for axis 0, 1 or 2, or its origin (3). */
export function columnOf(affine: Affine, axis: 0 | 1 | 2 | 3): Vec3 {
  return [affine[axis], affine[axis + 4] ?? 0, affine[axis + 8] ?? 0];
}

/**
 * A geometry with its spacing.
 * @throws Problem `nifti-affine-invalid`, or `nifti-header-invalid` for a shape that is not three positive integers
 */
export function makeGeometry(shape: Shape, affine: Affine): Geometry {
  if (shape.length !== 3 || !shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new Problem('nifti-header-invalid', `expected three positive sizes, the shape is ${shape.join('×')}`, {
      shape,
    });
  }
  if (!isInvertible(affine)) {
    throw new Problem('nifti-affine-invalid', 'expected a finite affine with an inverse, this one has none', {
      // JSON has no NaN: text keeps the offending numbers readable.
      affine: affine.map(String),
    });
  }
  return { shape, affine, spacingMm: spacingFromAffine(affine) };
}

/** Number of voxels of a shape. */
export function voxelCount(shape: Shape): number {
  return shape[0] * shape[1] * shape[2];
}

/** Volume of one voxel, in millilitres. */
export function voxelVolumeMl(geometry: Geometry): number {
  return Math.abs(determinant(geometry.affine)) / 1000;
}

/** Where the middle of the grid lies, in RAS millimetres. */
export function centreOf(geometry: Geometry): WorldPoint {
  const [ni, nj, nk] = geometry.shape;
  return voxelToWorld(geometry.affine, [(ni - 1) / 2, (nj - 1) / 2, (nk - 1) / 2]);
}

/** True when the shapes are equal and no voxel lies farther than `toleranceMm` from its counterpart. */
export function geometriesAgree(a: Geometry, b: Geometry, toleranceMm: number): boolean {
  if (!a.shape.every((n, axis) => n === b.shape[axis])) return false;
  // The distance is a convex function of the voxel, so its maximum over the grid is at one of the eight corners.
  const [ni, nj, nk] = a.shape;
  for (const i of [0, ni - 1]) {
    for (const j of [0, nj - 1]) {
      for (const k of [0, nk - 1]) {
        const [ax, ay, az] = voxelToWorld(a.affine, [i, j, k]);
        const [bx, by, bz] = voxelToWorld(b.affine, [i, j, k]);
        if (!(Math.hypot(ax - bx, ay - by, az - bz) <= toleranceMm)) return false;
      }
    }
  }
  return true;
}
