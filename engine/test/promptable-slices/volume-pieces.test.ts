import { allAxisCodes, makeGeometry, planOrientation, planGeometry, voxelCount } from '@parse3d/volume/geometry';
import { expect, test } from 'vitest';
import { neighbours, readSlice, sliceStack } from '../../src/engines/promptable-slices/slices/stack.js';
import { linearTaps } from '../../src/engines/promptable-slices/slices/linear-taps.js';
import { volumePieces } from '../../src/engines/promptable-slices/restore/volume-pieces.js';

test('a volume put together from its slices is the volume, in every axis order', () => {
  const ras = makeGeometry([4, 5, 6], [2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1]);
  for (const codes of allAxisCodes()) {
    const geometry = planGeometry(ras, planOrientation(ras.affine, codes));
    const data = Float32Array.from({ length: voxelCount(geometry.shape) }, (_, n) => n);
    for (const sliceAxis of ['i', 'j', 'k'] as const) {
      const stack = sliceStack(geometry, { orientation: 'LPS', sliceAxis });
      for (const partVoxels of [1000, 40]) {
        const pieces = [
          ...volumePieces(
            geometry.shape,
            stack,
            (index) => readSlice(data, stack, index),
            (length) => new Float32Array(length),
            partVoxels,
          ),
        ];
        expect(pieces.flatMap((piece) => [...piece])).toEqual([...data]);
        expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(
          stack.own.axis === 'k' ? geometry.shape[0] * geometry.shape[1] : partVoxels,
        );
      }
    }
  }
});

test('the missing neighbour of an end slice is the other one’s mirror', () => {
  expect(neighbours(0, 5)).toEqual([1, 1]);
  expect(neighbours(4, 5)).toEqual([3, 3]);
  expect(neighbours(2, 5)).toEqual([1, 3]);
  expect(neighbours(0, 1)).toEqual([0, 0]);
});

test('linear interpolation repeats half a pixel at an edge, and knows what lies beyond', () => {
  const { low, high, weight, inside } = linearTaps(6, 0.5, -0.75, 2);
  expect([...inside]).toEqual([0, 1, 1, 1, 1, 0]);
  const values = [10, 20];
  const read = (n: number): number =>
    (values[low[n] ?? 9] ?? NaN) * (1 - (weight[n] ?? 0)) + (values[high[n] ?? 9] ?? NaN) * (weight[n] ?? 0);
  expect([1, 2, 3, 4].map(read)).toEqual([10, 12.5, 17.5, 20]);
});
