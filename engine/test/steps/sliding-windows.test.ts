import { describe, expect, it } from 'vitest';
import type { Shape } from '@parse3d/volume/geometry';
import {
  cutBox,
  layersOfWindows,
  tiles,
  windowStarts,
  windowWeights,
  type Box,
} from '../../src/steps/sliding-windows.js';

describe('windows along an axis', () => {
  it('begin and end flush with the borders', () => {
    expect(windowStarts(100, 32, 0.5)).toEqual([0, 14, 27, 41, 54, 68]);
    expect(windowStarts(64, 32, 0)).toEqual([0, 32]);
    expect(windowStarts(32, 32, 0.5)).toEqual([0]);
    expect(windowStarts(33, 32, 0.5)).toEqual([0, 1]);
  });

  it('overlap by at least what was asked for and leave nothing out', () => {
    for (const length of [32, 40, 63, 64, 65, 97, 200]) {
      for (const overlap of [0, 0.25, 0.5, 0.75]) {
        const starts = windowStarts(length, 32, overlap);
        expect(starts[0]).toBe(0);
        expect(starts.at(-1)).toBe(length - 32);
        starts.slice(1).forEach((start, n) => {
          expect(start - (starts[n] ?? NaN)).toBeGreaterThan(0);
          // Even spacing rounds to whole voxels.
          expect(start - (starts[n] ?? NaN)).toBeLessThanOrEqual(Math.ceil(32 * (1 - overlap)));
        });
      }
    }
  });

  it('must fit', () => {
    expect(() => windowStarts(31, 32, 0.5)).toThrow(RangeError);
  });
});

it('layers go from the first plane to the last, each with all windows of its depth', () => {
  const layers = layersOfWindows([40, 32, 70], [32, 32, 32], 0.5);
  expect(layers.map(({ k }) => k)).toEqual([0, 13, 25, 38]);
  expect(layers[1]?.windows.map(({ start }) => start)).toEqual([
    [0, 0, 13],
    [8, 0, 13],
  ]);
});

describe('weights of a window', () => {
  it('are a Gaussian with a sigma of an eighth of the window', () => {
    const weights = windowWeights(33, 'gaussian');
    expect(weights[16]).toBe(1);
    expect(weights[16 + 4]).toBeCloseTo(Math.exp(-(4 ** 2) / (2 * (33 / 8) ** 2)), 6);
    expect(weights[0]).toBe(weights[32]);
    expect(weights[0]).toBeGreaterThan(0);
  });

  it('are all the same when constant', () => {
    expect([...windowWeights(3, 'constant')]).toEqual([1, 1, 1]);
  });
});

describe('tiles', () => {
  const volume: Shape = [50, 20, 33];
  const plan = tiles(volume, [16, 32, 12], 5);

  it('have cores that cover every voxel once', () => {
    const seen = new Uint8Array(50 * 20 * 33);
    for (const { core } of plan) forEachVoxel(core, volume, (n) => (seen[n] = (seen[n] ?? 0) + 1));
    expect(seen.every((times) => times === 1)).toBe(true);
  });

  it('read their context up to the border of the volume and not beyond', () => {
    for (const { core, read } of plan) {
      for (const axis of [0, 1, 2] as const) {
        const end = (box: Box): number => box.start[axis] + box.shape[axis];
        expect(core.shape[axis]).toBeLessThanOrEqual([16, 32, 12][axis] ?? 0);
        expect(read.start[axis]).toBe(Math.max(0, core.start[axis] - 5));
        expect(end(read)).toBe(Math.min(volume[axis], end(core) + 5));
      }
    }
  });
});

it('a box is cut out in memory order, and the whole volume is not copied', () => {
  const shape: Shape = [4, 3, 2];
  const data = Float32Array.from({ length: 24 }, (_, n) => n);
  const box: Box = { start: [1, 1, 0], shape: [2, 2, 2] };
  expect([...cutBox(data, shape, box)]).toEqual([5, 6, 9, 10, 17, 18, 21, 22]);
  expect(cutBox(data, shape, { start: [0, 0, 0], shape })).toBe(data);
});

function forEachVoxel({ start, shape }: Box, [ni, nj]: Shape, visit: (n: number) => void): void {
  for (let k = 0; k < shape[2]; k++) {
    for (let j = 0; j < shape[1]; j++) {
      for (let i = 0; i < shape[0]; i++) visit(((start[2] + k) * nj + start[1] + j) * ni + start[0] + i);
    }
  }
}
