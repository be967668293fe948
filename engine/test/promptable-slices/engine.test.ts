import { readdir } from 'node:fs/promises';
import {
  allAxisCodes,
  makeGeometry,
  reorient,
  voxelCount,
  type Affine,
  type Shape,
  type Volume,
} from '@parse3d/shared/geometry';
import { isProblem } from '@parse3d/shared/problems';
import { afterEach, describe, expect, it } from 'vitest';
import type { Found } from '../../src/types.js';
import { Bench, infer, phantom, prompts } from '../engines/support.js';
import { openTiny } from './tiny-pack.js';

const bench = new Bench();
afterEach(() => bench.close());

const TEXTS = ['liver', 'left kidney', 'aorta', 'spleen'];
const shape: Shape = [26, 22, 9];
/** An LPS grid of 1 mm in plane, 3 mm between slices. */
const LPS: Affine = [-1, 0, 0, 10, 0, -1, 0, 20, 0, 0, 3, -5, 0, 0, 0, 1];

/** What the label map must be, from the probability maps alone. */
function bestOf(found: Found, count: number, labelOf = (n: number): number => n + 1): number[] {
  const maps = Array.from({ length: count }, (_, n) => found.probabilities?.(n) ?? new Float32Array());
  return Array.from({ length: found.labels.data.length }, (_, voxel) => {
    let best = 0.5;
    let label = 0;
    maps.forEach((map, n) => {
      if ((map[voxel] ?? 0) <= best) return;
      best = map[voxel] ?? 0;
      label = labelOf(n);
    });
    return label;
  });
}

const differing = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((count, value, n) => count + (value === b[n] ? 0 : 1), a.length === b.length ? 0 : Infinity);

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((max, value, n) => Math.max(max, Math.abs(value - (b[n] ?? Infinity))), 0);

describe('prompts on slices', () => {
  it.each([
    ['with the published way back', { suppression: 'iou' as const }, {}],
    ['without suppression', { suppression: 'none' as const }, {}],
    ['interpolated', {}, { resample: 'smooth' as const }],
    ['resampled', { spacingMm: [1.4, 1.4, 2] as [number, number, number], fit: 'pad-crop' as const }, {}],
  ])('give a label map, masks, maps and findings that agree, %s', async (_, model, options) => {
    const engine = await openTiny(bench, { model });
    const image = await bench.image(phantom(shape, LPS));
    const found = await infer(engine, image, TEXTS, { wantProbabilities: true, options: { seed: 0, ...options } });
    const { data } = found.labels;
    expect(differing(data, bestOf(found, TEXTS.length))).toBe(0);
    expect(new Set(data).size).toBeGreaterThan(2);
    TEXTS.forEach((text, n) => {
      const map = found.probabilities?.(n) ?? new Float32Array();
      const mask = found.mask(n);
      expect(
        differing(
          mask,
          Array.from(map, (p) => (p > 0.5 ? 1 : 0)),
        ),
      ).toBe(0);
      const inside = [...map].filter((p) => p > 0.5);
      const finding = found.findings[n];
      expect(finding).toMatchObject({ label: n + 1, prompt: text, voxels: inside.length });
      expect(finding?.verdict).toBe(inside.length > 0 ? 'present' : 'absent');
      expect(finding?.volumeMl).toBeCloseTo((inside.length * 3) / 1000, 9);
      if (inside.length === 0) return;
      expect(finding?.maxProbability).toBe(Math.max(...inside));
      expect(finding?.meanProbability).toBeCloseTo(inside.reduce((sum, p) => sum + p, 0) / inside.length, 6);
      expect(finding?.existence).toBeGreaterThan(0.5);
    });
    expect(found.findings.map(({ recommended }) => recommended)).toEqual([true, true, false, false]);
    await found.close?.();
  });

  it('that overlap are reported, since a label map shows each voxel once', async () => {
    const engine = await openTiny(bench, { model: { suppression: 'none' } });
    const image = await bench.image(phantom(shape, LPS));
    // The second text is the first: the same mask, which the first prompt wins everywhere.
    const found = await infer(engine, image, ['liver', 'liver']);
    expect(found.findings[1]?.voxels).toBe(found.findings[0]?.voxels);
    expect(found.findings[1]?.voxels).toBeGreaterThan(0);
    expect(found.labels.data.includes(2)).toBe(false);
    expect(found.warnings.join()).toContain('the full extent of label 2 is only in its mask file');
  });

  it('carry the numbers that the client gave, beyond 255 too', async () => {
    const engine = await openTiny(bench);
    const image = await bench.image(phantom(shape, LPS));
    const plain = await infer(engine, image, TEXTS);
    const numbered = await infer(engine, image, TEXTS, {
      prompts: prompts(...TEXTS).map(({ text }, n) => ({ text, label: 700 - n })),
    });
    expect(numbered.labels.data).toBeInstanceOf(Uint16Array);
    const expected = Array.from(plain.labels.data, (label) => (label === 0 ? 0 : 701 - label));
    expect(differing(numbered.labels.data, expected)).toBe(0);
  });

  it('say in which slices the target is, along the input’s own axis', async () => {
    const engine = await openTiny(bench);
    const volume = phantom(shape, LPS);
    const found = await infer(engine, await bench.image(volume), ['liver']);
    const turned = await infer(engine, await bench.image(reorient(volume, 'IPL').volume), ['liver']);
    const scores = found.findings[0]?.existenceBySlice;
    expect(scores?.axis).toBe('k');
    expect(scores?.scores).toHaveLength(shape[2]);
    expect(Math.max(...(scores?.scores ?? []).map(Number))).toBeCloseTo(found.findings[0]?.existence ?? NaN, 3);
    expect(turned.findings[0]?.existenceBySlice).toEqual({ axis: 'i', scores: [...(scores?.scores ?? [])].reverse() });
  });

  it.each([
    ['as they are', {}],
    [
      'resampled',
      { spacingMm: [1.5, 1.5, 2] as [number, number, number], fit: 'pad-crop' as const, sliceAxis: 'k' as const },
    ],
  ])('give the same mask in the world in all 48 axis orders, %s', async (_, model) => {
    const engine = await openTiny(bench, { model });
    const volume = phantom(shape, LPS);
    const reference = await infer(engine, await bench.image(volume), TEXTS, { wantProbabilities: true });
    expect(new Set(reference.labels.data).size).toBeGreaterThan(2);
    const header = await bench.image(volume);
    for (const codes of allAxisCodes()) {
      const turned: Volume<Float32Array> = reorient(volume, codes).volume;
      const found = await infer(engine, { ...header, ...turned }, TEXTS, { wantProbabilities: true });
      const back = reorient(found.labels, 'LPS').volume.data;
      expect(differing(back, reference.labels.data), codes).toBe(0);
      const map = { data: found.probabilities?.(1) ?? new Float32Array(), geometry: found.labels.geometry };
      expect(differing(reorient(map, 'LPS').volume.data, reference.probabilities?.(1) ?? []), codes).toBe(0);
      await found.close?.();
    }
    await reference.close?.();
  });

  it('cut the shortest axis of a thin volume', async () => {
    const engine = await openTiny(bench);
    const found = await infer(engine, await bench.image(phantom([5, 40, 30], LPS)), TEXTS, { wantProbabilities: true });
    expect(found.findings[0]?.existenceBySlice?.axis).toBe('i');
    expect(differing(found.labels.data, bestOf(found, TEXTS.length))).toBe(0);
    await found.close?.();
  });
});

describe('intensities', () => {
  it('are prepared as the job asks, in place of the pack’s rule', async () => {
    const engine = await openTiny(bench);
    const image = await bench.image(phantom(shape, LPS));
    const own = await infer(engine, image, TEXTS);
    const asked = await infer(engine, image, TEXTS, {
      options: { seed: 0, intensity: { kind: 'window', width: 3, level: 1, range: [0, 255] } },
    });
    expect(own.preparation.join()).not.toContain('window of width 3 at level 1');
    expect(asked.preparation.join()).toContain('window of width 3 at level 1');
    expect(differing(asked.labels.data, own.labels.data)).toBeGreaterThan(0);
  });
});

describe('batches', () => {
  it('of one slice and of four give the same label map', async () => {
    const image = await bench.image(phantom([26, 22, 11], LPS));
    const one = await infer(await openTiny(bench, { engine: { sliceBatch: 1 } }), image, TEXTS);
    const four = await infer(await openTiny(bench, { engine: { sliceBatch: 4 } }), image, TEXTS);
    expect(differing(one.labels.data, four.labels.data)).toBe(0);
  });

  it('shrink to fit the memory cap', async () => {
    const image = await bench.image(phantom([26, 22, 11], LPS));
    const seen: number[] = [];
    const engine = await openTiny(bench, { engine: { sliceBatch: 4, memoryCapBytes: 1 } });
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

describe('text', () => {
  it('is read up to the context length, and the prompt that was cut is named', async () => {
    const engine = await openTiny(bench);
    const found = await infer(engine, await bench.image(phantom(shape, LPS)), [
      'liver',
      'the liver and everything else',
    ]);
    expect(found.warnings).toContain('The prompt of label 2 is longer than 12 tokens; the model did not read its end.');
  });

  it('may run at its own length', async () => {
    const engine = await openTiny(bench);
    const image = await bench.image(phantom(shape, LPS));
    const longest = await infer(engine, image, TEXTS);
    const isolated = await infer(engine, image, TEXTS, { options: { seed: 0, promptPadding: 'isolated' } });
    // This decoder sums its tokens: padding is nothing to it.
    expect(differing(longest.labels.data, isolated.labels.data)).toBe(0);
  });
});

describe('CT', () => {
  /** Hounsfield units. */
  const ct = (): Volume<Float32Array> => {
    const volume = phantom(shape, LPS);
    return { ...volume, data: volume.data.map((value) => value * 8 - 900) };
  };

  it('is seen through the window of each prompt’s target', async () => {
    const engine = await openTiny(bench, { model: { suppression: 'none' } });
    const image = await bench.image(ct());
    const texts = ['left lung', 'liver', 'rib'];
    const found = await infer(engine, image, texts, { modality: 'ct', wantProbabilities: true });
    expect(found.preparation.filter((sentence) => sentence.includes('window'))).toEqual([
      'for label 1 (lung): intensities clipped to the window of width 1500 at level -160, scaled to [0, 255]',
      'for label 2 (soft-tissue): intensities clipped to the window of width 400 at level 40, scaled to [0, 255]',
      'for label 3 (bone): intensities clipped to the window of width 1800 at level 400, scaled to [0, 255]',
    ]);
    for (const [n, text] of texts.entries()) {
      const alone = await infer(engine, image, [text], { modality: 'ct', wantProbabilities: true });
      expect(farthest(alone.probabilities?.(0) ?? [], found.probabilities?.(n) ?? [])).toBeLessThan(1e-5);
      await alone.close?.();
    }
    await found.close?.();
  });

  it('is seen through the client’s window where one is given', async () => {
    const engine = await openTiny(bench);
    const found = await infer(engine, await bench.image(ct()), ['left lung', 'liver'], {
      modality: 'ct',
      options: { seed: 0, window: { width: 300, level: 20 } },
    });
    expect(found.preparation).toContain(
      'intensities clipped to the window of width 300 at level 20, scaled to [0, 255]',
    );
  });

  it('that is grey already is left alone, for all prompts at once', async () => {
    const engine = await openTiny(bench);
    const volume = phantom(shape, LPS);
    const grey = { ...volume, data: volume.data.map((value) => Math.min(255, Math.max(0, value))) };
    const found = await infer(engine, await bench.image(grey), ['left lung', 'liver'], { modality: 'ct' });
    expect(found.preparation).toContain('intensities already within 0 to 255, left as they are');
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

describe('the engine', () => {
  it('tells graphs where in the volume a slice lies, if they want to know', async () => {
    const image = await bench.image(phantom(shape, LPS));
    const engine = await openTiny(bench, { model: { positionInput: 'position' } });
    const aware = await infer(engine, image, ['liver'], { wantProbabilities: true });
    const unaware = await infer(await openTiny(bench), image, ['liver'], { wantProbabilities: true });
    const [a, b] = [aware.probabilities?.(0) ?? [], unaware.probabilities?.(0) ?? []];
    const plane = shape[0] * shape[1];
    // The middle slice is at 0, where the graphs agree.
    expect(differing(a.slice(4 * plane, 5 * plane), b.slice(4 * plane, 5 * plane))).toBe(0);
    expect(differing(a, b)).toBeGreaterThan(0);
    for (const found of [aware, unaware]) await found.close?.();
  });

  it('leaves no scratch file behind, and none at all when no single mask is wanted', async () => {
    const { path } = await bench.folder();
    const engine = await openTiny(bench);
    const image = await bench.image(phantom(shape, LPS));
    const found = await infer(engine, image, ['liver'], { scratchFolder: path });
    expect(await readdir(path)).toEqual([]);
    expect(found.mask(0).some((inside) => inside === 1)).toBe(true);
    await found.close?.();
    const plain = await infer(engine, image, ['liver'], { scratchFolder: '/nowhere', wantMasks: false });
    expect(plain.findings[0]?.verdict).toBe('present');
  });

  it('stops between slices when it is told to', async () => {
    const engine = await openTiny(bench);
    const image = await bench.image(phantom(shape, LPS));
    const stop = new AbortController();
    const request = {
      prompts: prompts('liver'),
      modality: 'mr',
      options: { seed: 0 },
      wantProbabilities: false,
    } as const;
    const stages: number[] = [];
    const running = engine.infer(
      image,
      request,
      ({ stage, done }) => {
        if (stage !== 'infer') return;
        stages.push(done);
        if (done === 2) stop.abort();
      },
      stop.signal,
    );
    await expect(running).rejects.toSatisfy((error) => isProblem(error, 'canceled'));
    expect(stages).toEqual([0, 1, 2]);
  });
});
