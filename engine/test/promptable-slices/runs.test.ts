import { makeGeometry, voxelCount, type Volume } from '@parse3d/volume/geometry';
import { afterEach, describe, expect, it } from 'vitest';
import type { Found } from '../../src/types.js';
import { Bench, infer, phantom, prompts } from '../engines/support.js';
import { bestOf, differing, farthest, LPS, shape, TEXTS } from './support.js';
import { openTiny } from './tiny-pack.js';

const bench = new Bench();
afterEach(() => bench.close());

describe('batches', () => {
  it('of one slice and of four give the same label map', async () => {
    const image = await bench.image(phantom([26, 22, 11], LPS));
    const one = await infer(await openTiny(bench, { engine: { slicesPerPass: 1 } }), image, TEXTS);
    const four = await infer(await openTiny(bench, { engine: { slicesPerPass: 4 } }), image, TEXTS);
    expect(differing(one.labels.data, four.labels.data)).toBe(0);
  });

  it('shrink to fit the memory cap', async () => {
    const image = await bench.image(phantom([26, 22, 11], LPS));
    const seen: number[] = [];
    const engine = await openTiny(bench, { engine: { slicesPerPass: 4, memoryCapBytes: 1 } });
    const request = {
      prompts: prompts('liver'),
      modality: 'mr',
      options: { seed: 0 },
      wantProbabilities: false,
    } as const;
    await engine.infer(
      image,
      request,
      ({ stage, done }) => stage === 'infer' && seen.push(done),
      new AbortController().signal,
    );
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('of many prompts are divided, without a difference to any prompt', async () => {
    const engine = await openTiny(bench, { model: { suppression: 'none' } });
    const image = await bench.image(phantom(shape, LPS));
    const many = Array.from({ length: 37 }, (_, n) => `${TEXTS[n % 4] ?? ''} ${n}`);
    const found = await infer(engine, image, many, { wantProbabilities: true });
    for (const n of [0, 15, 16, 36]) {
      const alone = await infer(engine, image, [many[n] ?? ''], { wantProbabilities: true });
      // The runtime's sums depend on how many rows a matrix has.
      expect(farthest(found.probabilities?.(n) ?? [], alone.probabilities?.(0) ?? [])).toBeLessThan(1e-5);
      await alone.close?.();
    }
    await found.close?.();
  });
});

describe('noise', () => {
  it('is the seed’s, and may be averaged over seeds', async () => {
    const engine = await openTiny(bench);
    const image = await bench.image(phantom(shape, LPS));
    const run = async (options: object): Promise<Float32Array> => {
      const found = await infer(engine, image, ['liver'], {
        wantProbabilities: true,
        options: { seed: 7, ...options },
      });
      const map = found.probabilities?.(0) ?? new Float32Array();
      await found.close?.();
      return map;
    };
    const seven = await run({});
    expect(differing(seven, await run({}))).toBe(0);
    expect(differing(seven, await run({ seed: 8 }))).toBeGreaterThan(0);
    const logit = (p: number): number => Math.log(p / (1 - p));
    const eight = await run({ seed: 8 });
    const both = await run({ samples: 2 });
    const known = [...both.keys()].filter((n) =>
      [both, seven, eight].every((map) => Math.abs((map[n] ?? 0) - 0.5) < 0.4),
    );
    expect(known.length).toBeGreaterThan(100);
    for (const n of known)
      expect(logit(both[n] ?? 0)).toBeCloseTo((logit(seven[n] ?? 0) + logit(eight[n] ?? 0)) / 2, 4);
  });
});

describe('an adaptive schedule', () => {
  /** Something in slices 8 to 13 of 24; around it the grey value that is nothing to the model. */
  const sparse = (): Volume<Float32Array> => {
    const full = phantom([26, 22, 24], LPS);
    const plane = 26 * 22;
    return {
      ...full,
      data: full.data.map((v, n) => (Math.floor(n / plane) >= 8 && Math.floor(n / plane) < 14 ? v : 100)),
    };
  };

  it('runs fewer slices, says which, and finds the same', async () => {
    const engine = await openTiny(bench, { model: { intensity: { kind: 'none' } } });
    const image = await bench.image(sparse());
    const full = await infer(engine, image, TEXTS);
    const adaptive = await infer(engine, image, TEXTS, {
      options: { seed: 0, schedule: 'adaptive' },
      wantProbabilities: true,
    });
    // Slices 7 and 14 have one grey value, but neighbours that show something: only `full` looks at them.
    const looked = (found: Found): number[] => [...found.labels.data].slice(8 * 26 * 22, 14 * 26 * 22);
    expect(differing(looked(full), looked(adaptive))).toBe(0);
    expect(new Set(full.labels.data).size).toBeGreaterThan(2);
    expect(adaptive.preparation).toContain(
      'adaptive schedule: ran 6 of 24 slices (8-13, counted from 0 as the model sees them)',
    );
    expect(differing(adaptive.labels.data, bestOf(adaptive, TEXTS.length))).toBe(0);
    expect(adaptive.findings[0]?.existenceBySlice?.scores.slice(0, 8)).toEqual(new Array(8).fill(null));
    await adaptive.close?.();
  });

  it('of a volume of one grey value runs nothing and finds nothing', async () => {
    const engine = await openTiny(bench);
    const image = await bench.image({ data: new Float32Array(voxelCount(shape)), geometry: makeGeometry(shape, LPS) });
    const found = await infer(engine, image, ['liver'], { options: { seed: 0, schedule: 'adaptive' } });
    expect(found.findings[0]).toMatchObject({ verdict: 'absent', voxels: 0, existence: 0, meanProbability: null });
  });
});
