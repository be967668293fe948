import { describe, expect, it } from 'vitest';
import { extent, moments, percentiles, type Population } from '../../src/steps/order-statistics.js';
import { noise } from '../engines/support.js';
import type { VoxelArray } from '@parse3d/volume/geometry';

const random = noise(5);
const make = (length: number, value: () => number): number[] => Array.from({ length }, value);

/** numpy's definition, by sorting. */
function bySorting(data: VoxelArray, percent: number, of: Population): number {
  const sorted = [...data].filter((value) => of === 'all' || value > 0).sort((a, b) => a - b);
  const place = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

const volumes: [string, VoxelArray][] = [
  ['CT in int16', Int16Array.from(make(20_001, () => Math.round(random() * 1500)))],
  ['bytes with few values', Uint8Array.from(make(5000, () => Math.floor(random() * 3 + 3)))],
  ['real numbers', Float32Array.from(make(30_000, () => random() * 3e3))],
  ['doubles', Float64Array.from(make(10_000, () => random() ** 3 / 7))],
  ['32-bit integers over a wide range', Int32Array.from(make(10_000, () => random() * 2e9))],
  // One outlier leaves all other voxels in a single bin.
  ['an outlier far out', Float32Array.from([3e30, ...make(100_000, () => random() * 50)])],
  ['one voxel', Float32Array.of(4.5)],
  ['a constant', new Uint16Array(1000).fill(9)],
];

describe('percentiles', () => {
  it.each(volumes)('of %s are numpy’s', (_, data) => {
    for (const of of ['all', 'positive'] as const) {
      const percents = [0, 0.5, 2, 50, 99.5, 100];
      const expected = percents.map((percent) => bySorting(data, percent, of));
      const found = percentiles(data, percents, of) ?? [];
      expected.forEach((value, n) => expect(found[n]).toBeCloseTo(value, 9));
    }
  });

  it('give numpy’s known values', () => {
    expect(percentiles(Float32Array.of(4, 1, 3, 2), [40], 'all')).toEqual([2.2]);
    expect(percentiles(Int16Array.of(-5, 0, 10, 20), [50], 'positive')).toEqual([15]);
  });

  it('of no voxel are none', () => {
    expect(percentiles(Int16Array.of(-5, 0), [50], 'positive')).toBeUndefined();
    expect(extent(new Float32Array(0), 'all')).toBeUndefined();
    expect(moments(Int16Array.of(-1), 'positive')).toBeUndefined();
  });
});

describe('mean and standard deviation', () => {
  it('keep their digits far from zero', () => {
    const data = Float64Array.from(
      make(
        10_000,
        (() => {
          let n = 0;
          return () => 1e9 + (n++ % 2);
        })(),
      ),
    );
    expect(moments(data, 'all')).toEqual({ mean: 1e9 + 0.5, std: 0.5 });
  });

  it('of the voxels above 0 leave the others out', () => {
    expect(moments(Float32Array.of(-9, 0, 1, 3), 'positive')).toEqual({ mean: 2, std: 1 });
  });
});
