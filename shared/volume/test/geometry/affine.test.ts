import { describe, expect, test } from 'vitest';
import {
  geometriesAgree,
  invert,
  isInvertible,
  makeGeometry,
  multiply,
  spacingFromAffine,
  tryInvert,
  voxelToWorld,
  voxelVolumeMl,
  worldToVoxel,
  type Affine,
} from '../../src/geometry/index.js';
import { isProblem } from '@parse3d/contract/problems';
import { randomAffine, seededRandom } from './random.js';

const IDENTITY: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const SHEAR: Affine = [2, 0.5, 0, -10, 0, 3, 0.2, 5, 0, 0, 4, 7, 0, 0, 0, 1];

function expectClose(actual: readonly number[], expected: readonly number[], digits = 9): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, n) => expect(value).toBeCloseTo(expected[n] ?? NaN, digits));
}

describe('affine', () => {
  test('a voxel goes to the world by columns, rows and origin', () => {
    expect(voxelToWorld(SHEAR, [1, 2, 3])).toEqual([2 + 1 - 10, 6 + 0.6 + 5, 12 + 7]);
  });

  test('an inverse undoes its affine, rotated, sheared, mirrored or not', () => {
    const random = seededRandom(1);
    for (let n = 0; n < 200; n += 1) {
      const affine = multiply(randomAffine(random), SHEAR);
      expectClose(multiply(invert(affine), affine), IDENTITY);
      expectClose(worldToVoxel(affine, voxelToWorld(affine, [3, -4, 5.5])), [3, -4, 5.5]);
    }
  });

  test('a singular or non-finite affine has no inverse, whatever its scale', () => {
    const flat: Affine = [1, 2, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const nan: Affine = [NaN, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const zero: Affine = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    for (const affine of [flat, nan, zero]) {
      expect(tryInvert(affine)).toBeUndefined();
      expect(() => invert(affine)).toThrow(/inverse/);
      expect(() => makeGeometry([2, 2, 2], affine)).toThrow(/inverse/);
    }
    const nanometres: Affine = [4e-6, 0, 0, 0, 0, 4e-6, 0, 0, 0, 0, 4e-5, 0, 0, 0, 0, 1];
    expect(isInvertible(nanometres)).toBe(true);
  });

  test('spacing is the length of the columns, and the volume of a voxel their determinant', () => {
    const geometry = makeGeometry([2, 3, 4], SHEAR);
    expectClose(geometry.spacingMm, [2, Math.hypot(0.5, 3), Math.hypot(0.2, 4)]);
    expectClose(spacingFromAffine(SHEAR), geometry.spacingMm);
    // A shear keeps volumes: 2 × 3 × 4 mm.
    expect(voxelVolumeMl(geometry)).toBeCloseTo(0.024, 12);
  });

  test('a shape that is not three positive whole numbers is refused', () => {
    for (const shape of [
      [0, 1, 1],
      [1, 1.5, 1],
      [1, 1, -3],
      [1, NaN, 1],
    ] as const) {
      try {
        makeGeometry(shape, IDENTITY);
        expect.fail('it was accepted');
      } catch (error) {
        expect(isProblem(error, 'nifti-header-invalid')).toBe(true);
      }
    }
  });

  test('geometries agree up to the distance of their farthest voxels', () => {
    const a = makeGeometry([101, 11, 11], IDENTITY);
    const stretched: Affine = [1.001, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const b = makeGeometry([101, 11, 11], stretched);
    expect(geometriesAgree(a, b, 0.11)).toBe(true);
    expect(geometriesAgree(a, b, 0.09)).toBe(false);
    expect(geometriesAgree(a, makeGeometry([101, 11, 12], IDENTITY), 10)).toBe(false);
  });
});
