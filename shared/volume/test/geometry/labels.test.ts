import { describe, expect, test } from 'vitest';
import {
  allocateLabels,
  countLabels,
  cropPad,
  dice,
  geometriesAgree,
  makeGeometry,
  maskOf,
  mergeLabels,
  relabel,
  toLabels,
  voxelToWorld,
  worldToVoxel,
  type Shape,
} from '../../src/geometry/index.js';
import { counting, randomAffine, seededRandom } from './random.js';

describe('label maps', () => {
  test('take the smallest type that holds the largest label', () => {
    expect(allocateLabels(255, 3)).toBeInstanceOf(Uint8Array);
    expect(allocateLabels(256, 3)).toBeInstanceOf(Uint16Array);
    expect(allocateLabels(65_536, 3)).toBeInstanceOf(Uint32Array);
    expect(() => allocateLabels(-1, 3)).toThrow(RangeError);
    expect(toLabels(Float32Array.of(0, 2, 300))).toEqual(Uint16Array.of(0, 2, 300));
    expect(() => toLabels(Float32Array.of(0.5))).toThrow(/0\.5/);
  });

  test('are counted label by label', () => {
    expect([...countLabels(Uint16Array.of(0, 0, 7, 300, 7, 0))]).toEqual([
      [0, 3],
      [7, 2],
      [300, 1],
    ]);
    expect(countLabels(new Uint8Array(0)).size).toBe(0);
  });

  test('merge with the upper one on top', () => {
    expect(mergeLabels(Uint8Array.of(1, 1, 0, 0), Uint16Array.of(0, 300, 0, 2))).toEqual(Uint16Array.of(1, 300, 0, 2));
    expect(() => mergeLabels(new Uint8Array(2), new Uint8Array(3))).toThrow(RangeError);
  });

  test('split into masks and take new numbers', () => {
    const labels = Uint8Array.of(0, 1, 2, 1);
    expect(maskOf(labels, 1)).toEqual(Uint8Array.of(0, 1, 0, 1));
    expect(relabel(labels, new Map([[1, 1000]]))).toEqual(Uint16Array.of(0, 1000, 0, 1000));
  });
});

describe('Dice', () => {
  test('is twice the overlap over both sizes', () => {
    const a = Uint8Array.of(1, 1, 1, 0, 0, 2);
    const b = Uint8Array.of(0, 1, 1, 1, 1, 2);
    expect(dice(a, b, 1)).toBeCloseTo((2 * 2) / (3 + 4));
    expect(dice(a, b, 2)).toBe(1);
    expect(dice(a, b)).toBeCloseTo((2 * 3) / (4 + 5));
  });

  test('is 1 for two empty sets and 0 when only one is empty', () => {
    expect(dice(new Uint8Array(4), new Uint8Array(4))).toBe(1);
    expect(dice(new Uint8Array(4), Uint8Array.of(0, 1, 0, 0))).toBe(0);
    expect(() => dice(new Uint8Array(4), new Uint8Array(5))).toThrow(RangeError);
  });
});

describe('crop and pad', () => {
  const random = seededRandom(9);
  const from: Shape = [6, 5, 4];

  test.each<[Shape]>([[[9, 8, 7]], [[3, 2, 1]], [[9, 2, 4]], [[6, 5, 4]], [[1, 11, 3]]])(
    'to %j: voxels keep their places, and undo restores what was kept',
    (shape) => {
      const volume = { data: counting(from), geometry: makeGeometry(from, randomAffine(random)) };
      const { volume: result, undo } = cropPad(volume, shape, { fill: -5 });
      expect(result.geometry.shape).toEqual(shape);
      let kept = 0;
      result.data.forEach((value, n) => {
        const voxel = [n % shape[0], Math.floor(n / shape[0]) % shape[1], Math.floor(n / shape[0] / shape[1])] as const;
        const [i = 0, j = 0, k = 0] = worldToVoxel(
          volume.geometry.affine,
          voxelToWorld(result.geometry.affine, voxel),
        ).map(Math.round);
        const within = i >= 0 && j >= 0 && k >= 0 && i < from[0] && j < from[1] && k < from[2];
        expect(value).toBe(within ? 1 + i + from[0] * (j + from[1] * k) : -5);
        if (within) kept += 1;
      });
      expect(kept).toBe(Math.min(6, shape[0]) * Math.min(5, shape[1]) * Math.min(4, shape[2]));
      const restored = undo(result.data);
      expect(restored.filter((value) => value !== 0)).toHaveLength(kept);
      restored.forEach((value, n) => expect([0, volume.data[n]]).toContain(value));
    },
  );

  test('an odd difference puts the smaller half before, and padding then cropping is the identity', () => {
    const volume = { data: counting(from), geometry: makeGeometry(from, randomAffine(random)) };
    const padded = cropPad(volume, [9, 8, 7]).volume;
    const back = cropPad(padded, from).volume;
    expect(back.data).toEqual(volume.data);
    expect(geometriesAgree(back.geometry, volume.geometry, 1e-9)).toBe(true);
    expect(padded.data[1 + 9 * (1 + 8 * 1)]).toBe(1);
  });
});
