import { describe, expect, test } from 'vitest';
import {
  connectedComponents,
  makeGeometry,
  measureMask,
  measureRegions,
  partsToRemove,
  voxelToWorld,
  type Affine,
  type RegionMeasures,
  type Shape,
  type Vec3,
} from '../../src/geometry/index.js';
import { marchingCubesAreas } from '../../src/geometry/marching-cubes.js';
import { randomAffine, seededRandom } from './random.js';

const random = seededRandom(63);
const below = (n: number): number => Math.floor(random() * n);
const all = { percentiles: true, surface: true, diameter: true, components: true } as const;
const diagonal = (i: number, j: number, k: number): Affine => [i, 0, 0, 0, 0, j, 0, 0, 0, 0, k, 0, 0, 0, 0, 1];

function only(measures: RegionMeasures | undefined): RegionMeasures {
  if (measures === undefined) throw new Error('the region is empty');
  return measures;
}

/** numpy's `percentile`, by sorting everything. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (percent / 100) * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? NaN;
  return low + ((sorted[Math.ceil(place)] ?? NaN) - low) * (place - Math.floor(place));
}

describe('measures of regions', () => {
  test('are those of looking at every voxel and every pair of surface points, on any grid', () => {
    for (let round = 0; round < 40; round += 1) {
      const shape: Shape = [1 + below(8), 1 + below(7), 1 + below(6)];
      const geometry = makeGeometry(shape, randomAffine(random));
      const count = shape[0] * shape[1] * shape[2];
      const share = 0.2 + 0.8 * random();
      const labels = Uint16Array.from({ length: count }, () => (random() < share ? 1 + below(3) : 0));
      const values = Float32Array.from({ length: count }, () => (random() < 0.1 ? NaN : (random() - 0.5) * 1e3));
      const table = measureRegions(labels, geometry, 4, { ...all, intensities: values });
      expect(table.of(4)).toBeUndefined();
      const place = (n: number): Vec3 => [
        n % shape[0],
        Math.floor(n / shape[0]) % shape[1],
        Math.floor(n / shape[0] / shape[1]),
      ];
      for (const region of table) {
        const inside = [...labels.keys()].filter((n) => labels[n] === region.region);
        expect(region.voxels).toBe(inside.length);
        const voxels = inside.map(place);
        for (const axis of [0, 1, 2] as const) {
          const indices = voxels.map((voxel) => voxel[axis]);
          expect(region.centroidVoxel[axis]).toBeCloseTo(indices.reduce((a, b) => a + b) / inside.length, 9);
          expect(region.boundingBox.min[axis]).toBe(Math.min(...indices));
          expect(region.boundingBox.max[axis]).toBe(Math.max(...indices));
        }
        voxelToWorld(geometry.affine, region.centroidVoxel).forEach((mm, axis) => {
          expect(region.centroidMm[axis]).toBeCloseTo(mm, 9);
        });
        const finite = inside.map((n) => values[n] ?? NaN).filter(Number.isFinite);
        if (finite.length === 0) expect(region.intensity).toBeNull();
        else {
          const mean = finite.reduce((a, b) => a + b) / finite.length;
          expect(region.intensity?.mean).toBeCloseTo(mean, 6);
          const variance = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length;
          expect(region.intensity?.sd).toBeCloseTo(Math.sqrt(variance), 6);
          expect(region.intensity).toMatchObject({ min: Math.min(...finite), max: Math.max(...finite) });
          expect(region.intensity?.p5).toBeCloseTo(percentile(finite, 5), 9);
          expect(region.intensity?.median).toBeCloseTo(percentile(finite, 50), 9);
          expect(region.intensity?.p95).toBeCloseTo(percentile(finite, 95), 9);
        }
        const mask = labels.map((label) => (label === region.region ? 1 : 0));
        expect(region.surfaceMm2).toBeCloseTo(surfaceOf(mask, shape, geometry.spacingMm), 6);
        expect(region.longestDiameterMm).toBeCloseTo(longest(voxels, geometry.affine), 6);
        const parts = connectedComponents(mask, shape);
        const sizes = new Map<number, number>();
        for (const part of parts) if (part > 0) sizes.set(part, (sizes.get(part) ?? 0) + 1);
        expect(region.components).toBe(sizes.size);
        expect(region.largestComponentShare).toBeCloseTo(Math.max(...sizes.values()) / inside.length, 12);
      }
    }
  });

  test('of a ball are close to those of a ball, and those of its pieces the same', () => {
    const radius = 24;
    const shape: Shape = [64, 72, 44];
    const geometry = makeGeometry(shape, diagonal(-1, 1, 2));
    const mask = new Uint8Array(shape[0] * shape[1] * shape[2]);
    for (let n = 0; n < mask.length; n += 1) {
      const [i, j, k] = [n % 64, Math.floor(n / 64) % 72, Math.floor(n / 64 / 72)];
      mask[n] = Math.hypot(i - 31.5, j - 35.5, 2 * (k - 21.5)) <= radius ? 1 : 0;
    }
    const whole = only(measureRegions(mask, geometry, 1, all).of(1));
    expect(whole.volumeMl * 1000).toBeCloseTo((4 / 3) * Math.PI * radius ** 3, -3);
    // A surface of voxels has steps: its area is a little more than the ball's.
    expect((whole.surfaceMm2 ?? 0) / (4 * Math.PI * radius ** 2)).toBeGreaterThan(1);
    expect((whole.surfaceMm2 ?? 0) / (4 * Math.PI * radius ** 2)).toBeLessThan(1.14);
    expect(whole.longestDiameterMm).toBeGreaterThan(2 * radius - 2);
    expect(whole.longestDiameterMm).toBeLessThan(2 * radius + 2);
    const pieces = [mask.subarray(0, 1000), mask.subarray(1000)].map((piece) => piece.map((value) => value * 255));
    expect(measureMask(pieces, geometry, all)).toEqual(whole);
    expect(() => measureMask(pieces.slice(1), geometry)).toThrow(RangeError);
  });

  test('count in order the values of large regions, whatever their type', () => {
    const shape: Shape = [100, 100, 20];
    const geometry = makeGeometry(shape, diagonal(1, 1, 1));
    const count = shape[0] * shape[1] * shape[2];
    const labels = new Uint8Array(count).fill(1);
    const whole = (n: number): number => ((n * 7919) % 4001) - 1024;
    for (const values of [
      Int16Array.from({ length: count }, (_, n) => whole(n)),
      Float32Array.from({ length: count }, (_, n) => (n % 7 === 0 ? -0 : whole(n) / 3)),
      Float64Array.from({ length: count }, (_, n) => (n === 5 ? 1e300 : 1 + whole(n) * 1e-12)),
      Int32Array.from({ length: count }, (_, n) => whole(n) * 100_000),
      Float32Array.from({ length: count }, (_, n) => (n < 9 ? Infinity : 3)),
    ]) {
      const { intensity } = only(measureRegions(labels, geometry, 1, { intensities: values, percentiles: true }).of(1));
      const finite = [...values].filter(Number.isFinite);
      expect(intensity?.p5).toBe(percentile(finite, 5));
      expect(intensity?.median).toBe(percentile(finite, 50));
      expect(intensity?.p95).toBe(percentile(finite, 95));
    }
  });

  test('of a single voxel are its own edges, and labels beyond the last region are refused', () => {
    const geometry = makeGeometry([3, 3, 3], diagonal(1, 2, 5));
    const labels = new Uint32Array(27);
    labels[13] = 70_000;
    expect(measureRegions(labels, geometry, 70_000, all).of(70_000)).toMatchObject({
      centroidVoxel: [1, 1, 1],
      longestDiameterMm: 5,
      components: 1,
      intensity: null,
    });
    expect(() => measureRegions(labels, geometry, 69_999)).toThrow(/70000/);
    expect(() => measureRegions(new Uint8Array(26), geometry, 1)).toThrow(RangeError);
  });

  test('of a hundred thousand objects fit in a table', () => {
    const shape: Shape = [100, 100, 80];
    const labels = new Uint32Array(shape[0] * shape[1] * shape[2]);
    for (let n = 0; n < labels.length; n += 1) {
      const [i, j, k] = [n % 100, Math.floor(n / 100) % 100, Math.floor(n / 10_000)];
      labels[n] = i % 2 && j % 2 && k % 2 === 0 ? 1 + (i >> 1) + 50 * (j >> 1) + 2500 * (k >> 1) : 0;
    }
    const table = measureRegions(labels, makeGeometry(shape, diagonal(1, 1, 1)), 100_000, {
      ...all,
      intensities: labels,
    });
    expect(table.voxels.reduce((a, b) => a + b)).toBe(100_000);
    expect(table.of(98_765)).toMatchObject({
      voxels: 1,
      components: 1,
      intensity: { mean: 98_765, median: 98_765 },
    });
  });
});

test('marching cubes close every way in which eight voxels can lie, whichever side is inside of a simple one', () => {
  const areas = marchingCubesAreas([1, 1, 1]);
  expect([areas[0], areas[255]]).toEqual([0, 0]);
  expect(areas[0b00001111]).toBe(1);
  expect(areas[1]).toBeCloseTo(Math.sqrt(3) / 8, 12);
  expect(areas[254]).toBeCloseTo(Math.sqrt(3) / 8, 12);
  // Two voxels that touch by an edge hang together; two gaps that do stay apart.
  expect(areas[0b00001001]).toBeCloseTo((3 / 4) * Math.sqrt(3), 12);
  expect(areas[0b11110110]).toBeCloseTo(Math.sqrt(3) / 4, 12);
});

describe('parts of a mask', () => {
  const shape: Shape = [7, 1, 2];
  // Parts of 2, 3 and 1 voxels in the first plane; the second joins nothing and has one of 2.
  const mask = Uint8Array.of(1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1);

  test('stay by rank, of equals the first, or by size', () => {
    expect(partsToRemove(mask, shape, { keepLargest: 1 })).toEqual({
      components: 3,
      removedComponents: 2,
      removedVoxels: 3,
      runs: [
        [0, 2],
        [13, 1],
      ],
    });
    expect(partsToRemove(mask, shape, { minVoxels: 2 }).runs).toEqual([[13, 1]]);
    expect(partsToRemove(mask, shape, { minVoxels: 4 }).removedVoxels).toBe(6);
    expect(partsToRemove(mask, shape, { keepLargest: 3 })).toMatchObject({ removedComponents: 0, runs: [] });
    expect(partsToRemove(Uint8Array.of(1, 0, 1), [3, 1, 1], { keepLargest: 1 }).runs).toEqual([[2, 1]]);
  });
});

function longest(voxels: readonly Vec3[], affine: Affine): number {
  const corners = voxels.flatMap((voxel) =>
    [0, 1, 2].flatMap((axis) =>
      [-0.5, 0.5].map((half) =>
        voxelToWorld(affine, [
          voxel[0] + (axis === 0 ? half : 0),
          voxel[1] + (axis === 1 ? half : 0),
          voxel[2] + (axis === 2 ? half : 0),
        ]),
      ),
    ),
  );
  let best = 0;
  for (const a of corners)
    for (const b of corners) best = Math.max(best, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
  return best;
}

/** Cube by cube, each of its eight voxels looked up. */
function surfaceOf(mask: Uint16Array, [ni, nj, nk]: Shape, spacing: Vec3): number {
  const areas = marchingCubesAreas(spacing);
  const at = (i: number, j: number, k: number): number =>
    i < 0 || j < 0 || k < 0 || i >= ni || j >= nj || k >= nk ? 0 : (mask[i + ni * (j + nj * k)] ?? 0);
  let sum = 0;
  for (let k = -1; k < nk; k += 1) {
    for (let j = -1; j < nj; j += 1) {
      for (let i = -1; i < ni; i += 1) {
        let code = 0;
        for (let n = 0; n < 8; n += 1) code |= at(i + (n & 1), j + ((n >> 1) & 1), k + (n >> 2)) << n;
        sum += areas[code] ?? 0;
      }
    }
  }
  return sum;
}
