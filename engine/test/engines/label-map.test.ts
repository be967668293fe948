import { afterEach, describe, expect, it } from 'vitest';
import { allAxisCodes, connectRuns, orientationOf, reorient, type Shape, type Volume } from '@parse3d/volume/geometry';
import { Bench, CHANNELS, infer, phantom, prompts, REACH, tinyGraph } from './support.js';
import { openSession } from '../../src/engines/onnx.js';
import type { Found, Progress } from '../../src/types.js';

const bench = new Bench();
afterEach(() => bench.close());

const shape: Shape = [22, 19, 17];
const ALL = ['left hippocampus', 'right hippocampus', 'thalamus', 'liver'];

/** The graph's own argmax over the volume min-max scaled, with axes as `kji` reads them. */
async function reference(volume: Volume, modelFile: string): Promise<Uint8Array> {
  const session = await openSession(modelFile, { device: 'cpu', threads: 1 });
  const [low, high] = [Math.min(...volume.data), Math.max(...volume.data)];
  const data = Float32Array.from(volume.data, (value) => (value - low) / (high - low));
  const [ni, nj, nk] = volume.geometry.shape;
  const results = await session.run({ image: { type: 'float32', data, shape: [1, 1, nk, nj, ni] } });
  await session.close();
  const scores = results['logits']?.data ?? [];
  return Uint8Array.from({ length: data.length }, (_, v) => {
    const row = Array.from({ length: CHANNELS }, (_, c) => Number(scores[c * data.length + v]));
    return row.indexOf(Math.max(...row));
  });
}

function differing(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).filter((value, n) => value !== b[n]).length;
}

describe('a whole-volume pass', () => {
  it('gives every voxel the class of its highest channel', async () => {
    const engine = await bench.engine();
    const volume = phantom(shape);
    const found = await infer(engine, await bench.image(volume), ALL);
    const expected = await reference(volume, engine.pack.file('model.onnx'));
    expect(new Set(expected).size).toBe(CHANNELS);
    expect(differing(found.labels.data, expected)).toBe(0);
    expect(found.labels.geometry.affine).toEqual(volume.geometry.affine);
  });

  it('tells of each prompt what was found', async () => {
    const engine = await bench.engine();
    const found = await infer(engine, await bench.image(phantom(shape)), ['hippocampus', 'liver'], {
      wantProbabilities: true,
    });
    for (const [n, finding] of found.findings.entries()) {
      const voxels = found.mask(n).reduce((sum, inside) => sum + inside, 0);
      const inside = [...(found.probabilities?.(n) ?? [])].filter((_, v) => found.mask(n)[v] === 1);
      expect(finding).toMatchObject({ verdict: 'present', voxels, existence: null, recommended: true });
      expect(finding.volumeMl).toBeCloseTo((voxels * 1.5 * 2 * 1.25) / 1000, 9);
      expect(finding.meanProbability).toBeCloseTo(inside.reduce((a, b) => a + b, 0) / voxels, 6);
      expect(finding.maxProbability).toBeCloseTo(Math.max(...inside), 6);
    }
    expect(found.findings[0]?.classes).toEqual(['left hippocampus', 'right hippocampus']);
    expect(found.preparation).toEqual([expect.stringContaining('minimum')]);
  });

  it('does not keep probabilities that nobody asked for', async () => {
    const engine = await bench.engine();
    const found = await infer(engine, await bench.image(phantom(shape)), ['liver']);
    expect(found.probabilities).toBeUndefined();
  });

  it('reports a prompt without a voxel as absent', async () => {
    // A class whose logit is far below the others everywhere.
    const engine = await bench.engine({}, tinyGraph({ never: 4 }));
    const found = await infer(engine, await bench.image(phantom(shape)), ['liver', 'thalamus']);
    const nothing = { verdict: 'absent', voxels: 0, volumeMl: 0, meanProbability: null, maxProbability: null };
    expect(found.findings[0]).toMatchObject(nothing);
    expect(found.findings[1]?.verdict).toBe('present');
    expect(found.mask(0).every((inside) => inside === 0)).toBe(true);
  });
});

describe('prompts that overlap', () => {
  it('share the label map by the most specific one, and keep their full masks', async () => {
    const engine = await bench.engine();
    const image = await bench.image(phantom(shape));
    const apart = await infer(engine, image, ALL);
    const found = await infer(engine, image, ['brain', 'left hippocampus']);
    const [left, right, thalamus] = [apart.mask(0), apart.mask(1), apart.mask(2)];
    const brain = left.map((inside, n) => inside | (right[n] ?? 0) | (thalamus[n] ?? 0));
    expect(found.mask(0)).toEqual(brain);
    expect(found.mask(1)).toEqual(left);
    expect(found.labels.data).toEqual(brain.map((inside, n) => (left[n] ? 2 : inside)));
    expect(found.warnings).toEqual([expect.stringContaining('label 1 ')]);
    expect(found.findings[0]?.voxels).toBe(brain.reduce((a, b) => a + b, 0));
  });

  it('keep label numbers above 255', async () => {
    const engine = await bench.engine();
    const image = await bench.image(phantom(shape));
    const found = await infer(engine, image, [], { prompts: [{ text: 'liver', label: 4000 }] });
    expect(found.labels.data).toBeInstanceOf(Uint16Array);
    expect(new Set(found.labels.data)).toEqual(new Set([0, 4000]));
  });
});

describe('parts that do not stay', () => {
  it('leave a prompt’s mask, count and probability, and stay in the other prompts that claim them', async () => {
    const engine = await bench.engine();
    const image = await bench.image(phantom(shape));
    const all = await infer(engine, image, ['brain', 'left hippocampus'], { wantProbabilities: true });
    const found = await infer(engine, image, [], {
      prompts: [
        { text: 'brain', label: 1 },
        { text: 'left hippocampus', label: 2, keepLargest: 1 },
      ],
    });
    const parts = [...connectRuns(all.mask(1), shape).whole()];
    const [largest] = [...parts].sort((a, b) => b.voxels - a.voxels);
    expect(parts.length).toBeGreaterThan(1);
    const { removed, voxels, meanProbability, maxProbability } = found.findings[1] ?? {};
    const gone = (all.findings[1]?.voxels ?? 0) - (largest?.voxels ?? 0);
    expect(voxels).toBe(largest?.voxels);
    expect(removed).toEqual({ keepLargest: 1, components: parts.length - 1, voxels: gone });
    expect(found.preparation.at(-1)).toBe(
      `label 2: kept the largest part, ${parts.length - 1} parts of ${gone} voxels removed`,
    );
    const mask = found.mask(1);
    expect([...connectRuns(mask, shape).whole()]).toHaveLength(1);
    const inside = [...(all.probabilities?.(1) ?? [])].filter((_, v) => mask[v] === 1);
    expect(meanProbability).toBeCloseTo(inside.reduce((a, b) => a + b, 0) / inside.length, 6);
    expect(maxProbability).toBeCloseTo(Math.max(...inside), 6);
    // The brain has no rule: it keeps every voxel, also those that the label map no longer gives to the hippocampus.
    expect(found.mask(0)).toEqual(all.mask(0));
    expect(found.findings[0]?.meanProbability).toBeCloseTo(all.findings[0]?.meanProbability ?? NaN, 6);
    expect(found.labels.data).toEqual(all.mask(0).map((brain, v) => (mask[v] ? 2 : brain)));
  });

  it('are those of the pack’s target, unless the prompt says otherwise', async () => {
    const thalamus = { channel: 3, name: 'thalamus', synonyms: [], removeBelowMl: 0.01 };
    const engine = await bench.engine({ classes: [thalamus] });
    const image = await bench.image(phantom(shape));
    const found = await infer(engine, image, [], {
      prompts: [
        { text: 'thalamus', label: 1 },
        { text: 'thalamus', label: 2, removeBelowMl: 0 },
        { text: 'thalamus', label: 3, removeBelowMl: 1000 },
      ],
    });
    // A voxel is 0.00375 ml: parts of one and two voxels go.
    const parts = [...connectRuns(found.mask(1), shape).whole()];
    const small = parts.filter(({ voxels }) => voxels <= 2);
    expect(small.length).toBeGreaterThan(0);
    expect(found.findings.map(({ removed }) => removed?.components)).toEqual([small.length, undefined, parts.length]);
    expect(found.findings[2]).toMatchObject({ verdict: 'absent', voxels: 0, meanProbability: null });
  });
});

describe('tiles with a halo', () => {
  it('give exactly what a whole-volume pass gives', async () => {
    const image = await bench.image(phantom(shape));
    const whole = await infer(await bench.engine(), image, ALL, { wantProbabilities: true });
    const window = { shape: [9, 7, 6] as [number, number, number], halo: REACH };
    const tiled = await infer(await bench.engine({ window }), image, ALL, { wantProbabilities: true });
    expect(tiled.labels).toEqual(whole.labels);
    const apart = tiled.probabilities?.(0).map((p, n) => Math.abs(p - (whole.probabilities?.(0)[n] ?? NaN))) ?? [];
    expect(Math.max(...apart)).toBeLessThan(1e-5);
  });

  it('need the halo: without it the result is another one', async () => {
    const image = await bench.image(phantom(shape));
    const whole = await infer(await bench.engine(), image, ALL);
    const blind = await infer(await bench.engine({ window: { shape: [9, 7, 6], halo: 0 } }), image, ALL);
    expect(differing(blind.labels.data, whole.labels.data)).toBeGreaterThan(0);
  });
});

describe('the input’s axis order', () => {
  it.each([
    ['kji', {}],
    ['ijk', {}],
    ['ijk', { spacingMm: [1.3, 1.1, 1.7], shape: [26, 30, 16] }],
  ] as const)('does not matter: all 48 give the same mask in the world (%s, %j)', async (axes, more) => {
    const engine = await bench.engine({
      axes,
      conform: {
        orientation: 'LIA',
        ...('shape' in more ? { spacingMm: [...more.spacingMm], shape: [...more.shape] } : {}),
      },
    });
    const volume = phantom([14, 11, 9]);
    const first = await infer(engine, await bench.image(volume), ALL);
    expect(new Set(first.labels.data).size).toBeGreaterThan(3);
    for (const codes of allAxisCodes()) {
      const found = await infer(engine, await bench.image(reorient(volume, codes).volume), ALL);
      expect(orientationOf(found.labels.geometry.affine)).toBe(codes);
      expect(differing(reorient(found.labels, 'RAS').volume.data, first.labels.data), codes).toBe(0);
      expect(found.findings.map(({ meanProbability }) => meanProbability)).toEqual(
        first.findings.map(({ meanProbability }) => meanProbability),
      );
    }
  });

  it('is what the pack says: ijk tensors hold the transposed volume of kji tensors', async () => {
    const volume = phantom(shape);
    const image = await bench.image(volume);
    const kji = await infer(await bench.engine({ axes: 'kji', conform: { orientation: 'SAR' } }), image, ALL);
    const ijk = await infer(await bench.engine({ axes: 'ijk', conform: { orientation: 'RAS' } }), image, ALL);
    expect(ijk.labels).toEqual(kji.labels);
    const other = await infer(await bench.engine({ axes: 'kji', conform: { orientation: 'RAS' } }), image, ALL);
    expect(differing(other.labels.data, kji.labels.data)).toBeGreaterThan(0);
  });
});

describe('a run', () => {
  it('reports every stage, and every tile of the inference', async () => {
    const engine = await bench.engine({ window: { shape: [11, 19, 17], halo: REACH } });
    const seen: Progress[] = [];
    const image = await bench.image(phantom(shape));
    const request = {
      prompts: prompts('liver'),
      modality: 'mr',
      options: { seed: 0 },
      wantProbabilities: false,
    } as const;
    await engine.infer(image, request, (progress) => seen.push(progress), new AbortController().signal);
    expect(seen.map(({ stage, done, total }) => `${stage} ${done}/${total}`)).toEqual([
      'prepare 0/1',
      'infer 0/2',
      'infer 1/2',
      'infer 2/2',
      'restore 0/1',
    ]);
  });

  it('stops between two tiles when it is canceled, and the engine can be used again', async () => {
    const engine = await bench.engine({ window: { shape: [6, 6, 6], halo: REACH } });
    const image = await bench.image(phantom(shape));
    const cancel = new AbortController();
    let tiles = 0;
    const request = {
      prompts: prompts('liver'),
      modality: 'mr',
      options: { seed: 0 },
      wantProbabilities: false,
    } as const;
    const running = engine.infer(
      image,
      request,
      ({ stage, done }) => {
        if (stage !== 'infer') return;
        tiles = done;
        if (done === 2) cancel.abort();
      },
      cancel.signal,
    );
    await expect(running).rejects.toMatchObject({ code: 'canceled' });
    expect(tiles).toBe(2);
    const again: Found = await infer(engine, image, ['liver']);
    expect(again.findings[0]?.verdict).toBe('present');
  });

  it('refuses a prompt that the pack does not know, before any inference', async () => {
    const engine = await bench.engine();
    const image = await bench.image(phantom(shape));
    await expect(infer(engine, image, ['liver', 'hipocampus'])).rejects.toMatchObject({
      code: 'prompt-unknown',
      fields: { suggestions: expect.arrayContaining(['hippocampus']) as unknown },
    });
  });
});
