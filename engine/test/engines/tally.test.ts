import { describe, expect, it } from 'vitest';
import { regionsOf } from '../../src/engines/regions.js';
import { Tally } from '../../src/engines/tally.js';
import { noise } from './support.js';

const CHANNELS = 4;

/** The plain way: softmax of every voxel, one at a time. */
function plainly(scores: Float32Array, voxels: number, kind: 'logits' | 'weights'): { arg: number[]; p: number[][] } {
  const arg: number[] = [];
  const p: number[][] = [];
  for (let v = 0; v < voxels; v++) {
    const row = Array.from({ length: CHANNELS }, (_, c) => scores[c * voxels + v] ?? NaN);
    const weights = kind === 'logits' ? row.map((x) => Math.exp(x)) : row;
    const total = weights.reduce((a, b) => a + b, 0);
    arg.push(row.indexOf(Math.max(...row)));
    p.push(weights.map((w) => w / total));
  }
  return { arg, p };
}

/** Of a prompt over its whole mask. */
const probabilityOf = (tally: Tally, prompt: number): { mean: number; max: number } | null | undefined =>
  tally.probabilities({ regionMap: tally.regions, regions: regionsOf(1, []) })[prompt];

describe.each(['logits', 'weights'] as const)('a tally of %s', (kind) => {
  // More than two blocks, and not a whole number of them.
  const voxels = 5001;
  const random = noise(11);
  const scores = Float32Array.from({ length: CHANNELS * voxels }, () =>
    kind === 'logits' ? 4 * random() : 1.1 + random(),
  );
  const { arg, p } = plainly(scores, voxels, kind);
  const rules = regionsOf(CHANNELS, [[1], [1, 2]]);
  const tally = new Tally(voxels, rules, 2, { maps: true, inside: true });
  tally.add({ data: scores, start: 0, stride: voxels, voxels, kind, at: 0 });

  it('gives each voxel the region of its highest channel', () => {
    expect([...tally.regions]).toEqual(arg.map((channel) => [0, 1, 2, 0][channel]));
  });

  it('keeps the probability of a prompt as the sum over its channels', () => {
    const expected = p.map((row) => (row[1] ?? 0) + (row[2] ?? 0));
    const worst = Math.max(...expected.map((value, v) => Math.abs(value - (tally.maps?.[1]?.[v] ?? 0))));
    expect(worst).toBeLessThan(1e-6);
  });

  it('sums up probabilities over the mask alone', () => {
    const inside = p.filter((_, v) => arg[v] === 1).map((row) => row[1] ?? 0);
    expect(probabilityOf(tally, 0)?.mean).toBeCloseTo(inside.reduce((a, b) => a + b, 0) / inside.length, 6);
    expect(probabilityOf(tally, 0)?.max).toBeCloseTo(Math.max(...inside), 6);
  });

  it('sums up what is left when parts are taken out of one mask and stay in the other', () => {
    const first = arg.indexOf(1);
    const regionMap = tally.regions.map((region, v) => (v === first ? 1 : region === 1 ? 2 : region));
    const kept = tally.probabilities({ regionMap, regions: { ...rules, prompts: [[], [0, 1], [1]] } });
    expect(kept[0]?.mean).toBeCloseTo(p[first]?.[1] ?? NaN, 6);
    expect(kept[1]?.mean).toBeCloseTo(probabilityOf(tally, 1)?.mean ?? NaN, 6);
    expect(kept[1]?.max).toBeCloseTo(probabilityOf(tally, 1)?.max ?? NaN, 6);
  });

  it('finds the same without keeping maps, piece by piece', () => {
    const pieces = new Tally(voxels, rules, 2);
    for (const [at, length] of [
      [3000, 2001],
      [0, 7],
      [7, 2993],
    ] as const) {
      pieces.add({ data: scores, start: at, stride: voxels, voxels: length, kind, at });
    }
    expect(pieces.maps).toBeUndefined();
    expect(pieces.regions).toEqual(tally.regions);
    expect(probabilityOf(pieces, 1)?.mean).toBeCloseTo(probabilityOf(tally, 1)?.mean ?? NaN, 9);
  });
});

it('the first of equal channels wins', () => {
  const tally = new Tally(1, regionsOf(3, [[1], [2]]), 2);
  tally.add({ data: Float32Array.of(0, 5, 5), start: 0, stride: 1, voxels: 1, kind: 'logits', at: 0 });
  expect([...tally.regions]).toEqual([1]);
});

it('logits too large for exp are still probabilities', () => {
  const tally = new Tally(1, regionsOf(2, [[1]]), 1, { maps: true, inside: false });
  tally.add({ data: Float32Array.of(900, 1000), start: 0, stride: 1, voxels: 1, kind: 'logits', at: 0 });
  expect(probabilityOf(tally, 0)).toEqual({ mean: 1, max: 1 });
});

it('a graph that gives not-a-number is reported and not turned into a mask', () => {
  const tally = new Tally(2, regionsOf(2, [[1]]), 1);
  const data = Float32Array.of(1, 2, NaN, 0);
  expect(() => tally.add({ data, start: 0, stride: 2, voxels: 2, kind: 'logits', at: 0 })).toThrow(/finite/);
});
