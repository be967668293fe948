import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readNpz } from '../../src/formats/index.js';
import {
  connectedComponents,
  instanceScore,
  normalisedSurfaceDistance,
  squaredDistances,
  surfaceDistances,
  surfelAreas,
  type Shape,
  type Vec3,
} from '../../src/geometry/index.js';
import { seededRandom } from './random.js';

const random = seededRandom(11);
const below = (n: number): number => Math.floor(random() * n);

test('squared distances are those of trying every pair of points', () => {
  for (let round = 0; round < 60; round += 1) {
    const shape: Shape = [1 + below(6), 1 + below(6), 1 + below(6)];
    const spacing: Vec3 = [0.2 + random(), 0.2 + random(), 0.2 + 3 * random()];
    const set = Uint8Array.from({ length: shape[0] * shape[1] * shape[2] }, () => (random() < 0.15 ? 1 : 0));
    const place = (n: number): Vec3 => [
      n % shape[0],
      Math.floor(n / shape[0]) % shape[1],
      Math.floor(n / (shape[0] * shape[1])),
    ];
    const found = squaredDistances(set, shape, spacing);
    for (let n = 0; n < set.length; n += 1) {
      let best = Infinity;
      for (let m = 0; m < set.length; m += 1) {
        if (set[m] === 0) continue;
        const [a, b] = [place(n), place(m)];
        best = Math.min(
          best,
          spacing.reduce((sum, mm, axis) => sum + (mm * ((a[axis] ?? 0) - (b[axis] ?? 0))) ** 2, 0),
        );
      }
      if (best === Infinity) expect(found[n]).toBe(Infinity);
      else expect(found[n]).toBeCloseTo(best, 10);
    }
  }
});

test('the area of a surface element does not depend on which side is inside, and follows the spacing', () => {
  const areas = surfelAreas([0.7, 1.3, 2.5]);
  for (let code = 0; code < 256; code += 1) expect(areas[code]).toBeCloseTo(areas[255 - code] ?? 0, 12);
  expect([areas[0], areas[255]]).toEqual([0, 0]);
  // Half of the corners along one axis: the cube's own cross-section.
  expect(areas[0b01010101]).toBeCloseTo(1.3 * 2.5, 12);
  expect(areas[0b00110011]).toBeCloseTo(0.7 * 2.5, 12);
  expect(areas[0b00001111]).toBeCloseTo(0.7 * 1.3, 12);
  // One corner: the triangle between the middles of its three edges.
  expect(areas[1]).toBeCloseTo(Math.hypot(1.3 * 2.5, 0.7 * 2.5, 0.7 * 1.3) / 8, 12);
});

test('the surface of a ball has nearly the area of a ball’s, with voxels of any shape', () => {
  const spacing: Vec3 = [0.5, 0.8, 1];
  const shape: Shape = [96, 60, 48];
  const ball = new Uint8Array(shape[0] * shape[1] * shape[2]);
  for (let n = 0; n < ball.length; n += 1) {
    const [i, j, k] = [n % 96, Math.floor(n / 96) % 60, Math.floor(n / (96 * 60))];
    ball[n] = Math.hypot((i - 47.5) * 0.5, (j - 29.5) * 0.8, k - 23.5) < 20 ? 1 : 0;
  }
  const { a } = surfaceDistances(ball, ball, shape, spacing);
  const area = a.areasMm2.reduce((sum, value) => sum + value, 0);
  // Stairs are longer than a slope; marching cubes' are by less than a tenth.
  expect(area / (4 * Math.PI * 400)).toBeGreaterThan(1);
  expect(area / (4 * Math.PI * 400)).toBeLessThan(1.12);
});

test('two plates at a known distance agree from that tolerance on', () => {
  const shape: Shape = [10, 10, 30];
  const plate = (from: number): Uint8Array =>
    Uint8Array.from({ length: 3000 }, (_, n) =>
      Math.floor(n / 100) >= from && Math.floor(n / 100) < from + 3 ? 1 : 0,
    );
  const nsd = (toleranceMm: number): number =>
    normalisedSurfaceDistance(plate(5), plate(15), shape, [1, 1, 0.2], { toleranceMm });
  // 10 voxels of 0.2 mm are 2 mm: the tolerance itself counts.
  expect(nsd(2)).toBe(1);
  expect(nsd(1.5)).toBeLessThan(0.6);
  expect(normalisedSurfaceDistance(plate(5), plate(5), shape, [1, 1, 1])).toBe(1);
  expect(normalisedSurfaceDistance(plate(5), new Uint8Array(3000), shape, [1, 1, 1])).toBe(0);
  expect(normalisedSurfaceDistance(new Uint8Array(3000), new Uint8Array(3000), shape, [1, 1, 1])).toBe(1);
});

describe('as the published surface-distance computes it', () => {
  const Cases = z.array(
    z.object({
      shape: z.tuple([z.int(), z.int(), z.int()]),
      spacingMm: z.tuple([z.number(), z.number(), z.number()]),
      toleranceMm: z.number(),
      a: z.string(),
      b: z.string(),
      areaMm2: z.number(),
      nsd: z.number(),
    }),
  );
  const cases = Cases.parse(JSON.parse(readFileSync(new URL('nsd-cases.json', import.meta.url), 'utf8')));
  const mask = (bits: string): Uint8Array => Uint8Array.from(bits, Number);

  test.each(cases)('$shape at $toleranceMm mm', ({ shape, spacingMm, toleranceMm, a, b, areaMm2, nsd }) => {
    const surfaces = surfaceDistances(mask(a), mask(b), shape, spacingMm);
    expect(surfaces.a.areasMm2.reduce((sum, area) => sum + area, 0)).toBeCloseTo(areaMm2, 9);
    expect(normalisedSurfaceDistance(mask(a), mask(b), shape, spacingMm, { toleranceMm })).toBeCloseTo(nsd, 9);
  });

  const data = process.env['PARSE3D_TEST_DATA'];
  test.skipIf(data === undefined)(
    `fifteen organs, moved by four voxels and two${data === undefined ? ' [skipped: no PARSE3D_TEST_DATA]' : ''}`,
    async () => {
      // Of the published code, label 1 to 15.
      const published = [
        0.7424094478208059, 0.7585281001637725, 0.6388535384245637, 0.645106547037635, 0.8137544512643762,
        0.809658069677442, 0.8361110164500174, 0.6169111551992208, 0.7253335532771182, 0.8079157108049527,
        0.8171905864786632, 0.7433538988662278, 0.8205748938128649, 0.857758653335173, 0.7699564929856474,
      ];
      const { data: labels, geometry } = await readNpz(join(data ?? '', 'ct_amos', 'labels.npz'), { arrays: ['gts'] });
      const [ni, nj, nk] = geometry.shape;
      const moved = new Uint8Array(labels.length);
      for (let k = 0; k < nk; k += 1) {
        for (let j = 2; j < nj; j += 1) {
          for (let i = 4; i < ni; i += 1) moved[(k * nj + j) * ni + i] = labels[(k * nj + j - 2) * ni + i - 4] ?? 0;
        }
      }
      published.forEach((expected, index) => {
        const found = normalisedSurfaceDistance(labels, moved, geometry.shape, geometry.spacingMm, {
          label: index + 1,
        });
        expect(found, `label ${index + 1}`).toBeCloseTo(expected, 9);
      });
    },
  );
});

describe('single objects', () => {
  const of = (...values: number[]): Uint8Array => Uint8Array.from(values);

  test('are matched from half of their union on, whatever their numbers', () => {
    const score = instanceScore(of(1, 1, 1, 1, 0, 2, 2, 2, 3), of(9, 9, 9, 0, 0, 4, 7, 7, 0));
    // 9 covers 3/4 of object 1, 7 covers 2/3 of object 2; 4 is left over and object 3 is missed.
    expect(score).toEqual({ truePositives: 2, falsePositives: 1, falseNegatives: 1, f1: 2 / 3 });
  });

  test('an object cut in exact halves is found once', () => {
    expect(instanceScore(of(1, 1, 1, 1), of(2, 2, 3, 3))).toMatchObject({ truePositives: 1, falsePositives: 1 });
    expect(instanceScore(of(2, 2, 3, 3), of(1, 1, 1, 1))).toMatchObject({ truePositives: 1, falseNegatives: 1 });
  });

  test('are the parts of a mask that touch by faces', () => {
    // Two slices of 3×2: one part goes from slice to slice, one touches it by an edge alone.
    const mask = of(1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0);
    expect(Array.from(connectedComponents(mask, [3, 2, 2]))).toEqual([1, 1, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0]);
    const large = new Uint8Array(64 ** 3).fill(9);
    expect(new Set(connectedComponents(large, [64, 64, 64]))).toEqual(new Set([1]));
  });

  test('nothing found, nothing there', () => {
    expect(instanceScore(of(0, 0), of(0, 0)).f1).toBe(1);
    expect(instanceScore(of(1, 0), of(0, 0)).f1).toBe(0);
    expect(instanceScore(of(0, 0), of(5, 0)).f1).toBe(0);
    expect(() => instanceScore(of(1), of(1, 2))).toThrow(RangeError);
    expect(() => instanceScore(of(1), of(1), 0.4)).toThrow(RangeError);
  });
});
