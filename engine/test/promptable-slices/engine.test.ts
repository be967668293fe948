import { readdir } from 'node:fs/promises';
import { allAxisCodes, reorient, type Volume } from '@parse3d/volume/geometry';
import { isProblem } from '@parse3d/contract/problems';
import { afterEach, describe, expect, it } from 'vitest';
import { Bench, infer, phantom, prompts } from '../engines/support.js';
import { bestOf, differing, LPS, shape, TEXTS } from './support.js';
import { openTiny } from './tiny-pack.js';

const bench = new Bench();
afterEach(() => bench.close());

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

  it('of prompts that the pack does not list say what was probably meant', async () => {
    const engine = await openTiny(bench);
    const image = await bench.image(phantom(shape, LPS));
    const found = await infer(engine, image, ['livre', 'liver', 'unicorn', 'liver, left kidney', 'right kidney']);
    expect(found.findings.map(({ recommended, suggestion }) => [recommended, suggestion])).toEqual([
      [false, 'liver'],
      [true, undefined],
      [false, undefined],
      [false, undefined],
      [false, 'left kidney'],
    ]);
    expect(found.warnings).toContain('The prompt of label 4 looks like 2 targets; give each a prompt of its own.');
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
    expect(found.hidden).toEqual({ labels: [2], rule: 'most probable prompt' });
  });

  it.each(['none', 'iou'] as const)(
    'show the smallest of the targets that claim a voxel, if the pack says so, with suppression %s',
    async (suppression) => {
      const engine = await openTiny(bench, { model: { suppression, overlap: 'most-specific' } });
      const found = await infer(engine, await bench.image(phantom(shape, LPS)), TEXTS);
      const masks = TEXTS.map((_, n) => found.mask(n));
      const size = (n: number): number => found.findings[n]?.voxels ?? 0;
      const expected = Array.from(found.labels.data, (_, voxel) => {
        const claims = [...TEXTS.keys()].filter((n) => masks[n]?.[voxel] === 1);
        const [smallest] = claims.sort((a, b) => size(a) - size(b) || a - b);
        return smallest === undefined ? 0 : smallest + 1;
      });
      expect(differing(found.labels.data, expected)).toBe(0);
      expect(new Set(expected).size).toBeGreaterThan(2);
      await found.close?.();
    },
  );

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
