import { describe, expect, test } from 'vitest';
import { indexLabels, labelTable, placeOf, type LabelStyle } from '../src/viewer/labels.js';

/** Cubes about the middle of a grid of 21³ voxels, the last drawn over those before. */
function cubes(...sizes: readonly (readonly [label: number, half: number, at?: number])[]): Uint16Array {
  const voxels = new Uint16Array(21 ** 3);
  for (const [label, half, at = 10] of sizes) {
    for (let k = 10 - half; k <= 10 + half; k++) {
      for (let j = 10 - half; j <= 10 + half; j++) {
        for (let i = at - half; i <= at + half; i++) voxels[(k * 21 + j) * 21 + i] = label;
      }
    }
  }
  return voxels;
}

const style = (opacity: number, visible = true): LabelStyle => ({
  label: 1,
  name: 'a',
  colour: '#ff8000',
  visible,
  opacity,
});

describe('the index of a label map', () => {
  test('the surface of a label is one voxel deep along every axis, and its inside is none', () => {
    const { voxels } = indexLabels(cubes([700, 3]), [21, 21, 21], [700]);
    const count = (number: number): number => voxels.filter((value) => value === number).length;
    expect(count(1)).toBe(5 ** 3);
    expect(count(129)).toBe(7 ** 3 - 5 ** 3);
    expect([placeOf(0), placeOf(1), placeOf(129)]).toEqual([undefined, 0, 0]);
  });

  test('a border between two labels is a surface of both, and the border of the volume is one', () => {
    const { voxels } = indexLabels(Uint8Array.from([2, 2, 2, 2, 5, 5, 5, 5]), [8, 1, 1], [2, 5]);
    expect([...voxels]).toEqual([129, 129, 129, 129, 130, 130, 130, 130]);
    const solid = indexLabels(new Uint8Array(125).fill(9), [5, 5, 5], [9]).voxels;
    expect(solid.filter((value) => value === 1)).toHaveLength(27);
  });

  test('a middle lies in its label; a label that is not there has none, and a label that nobody asked for is nothing', () => {
    const { middles, voxels } = indexLabels(cubes([1, 3], [4, 1, 5]), [21, 21, 21], [1, 2]);
    const [i, j, k] = middles.get(0) ?? [0, 0, 0];
    expect(placeOf(voxels[(k * 21 + j) * 21 + i] ?? 0)).toBe(0);
    expect([i, j]).toEqual([10, 10]);
    expect(middles.has(1)).toBe(false);
    expect(placeOf(voxels[(10 * 21 + 10) * 21 + 5] ?? 0)).toBeUndefined();
  });

  test('what lies round others is known by its depth, wherever it stands in the list', () => {
    const map = cubes([1, 9], [2, 6], [3, 2]);
    expect(indexLabels(map, [21, 21, 21], [1, 2, 3]).depths).toEqual([2, 1, 0]);
    expect(indexLabels(map, [21, 21, 21], [3, 1, 2]).depths).toEqual([0, 2, 1]);
    // Neighbours of one size do not lie in one another.
    expect(indexLabels(cubes([1, 2, 4], [2, 2, 16]), [21, 21, 21], [1, 2]).depths).toEqual([0, 0]);
  });
});

describe('the table of colours', () => {
  const entry = (table: Uint8ClampedArray, number: number): number[] => [...table.slice(number * 4, number * 4 + 4)];

  test('in 3D the inside of a label is invisible, and an outer surface is fainter than an inner one', () => {
    const table = labelTable([style(0.5), style(0.5)], [1, 0]);
    expect(entry(table, 1)).toEqual([128, 0, 0, 0]);
    expect(entry(table, 129)).toEqual([255, 128, 0, 16]);
    expect(entry(table, 130)).toEqual([255, 128, 0, 64]);
  });

  test('opacity 1 is opaque for an outer label too; at opacity 0 and when hidden a label is gone', () => {
    const table = labelTable([style(1), style(0), style(1, false)], [2, 0, 0]);
    expect(entry(table, 129)).toEqual([255, 128, 0, 255]);
    for (const number of [2, 3]) {
      expect(entry(table, number)[0]).toBe(0);
      expect(entry(table, number + 128)[3]).toBe(0);
    }
  });
});
