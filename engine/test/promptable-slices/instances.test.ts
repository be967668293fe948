import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { OutputOptions, type JobOptions, type Prompt } from '@parse3d/contract';
import { readNifti, readNpz, writeNifti } from '@parse3d/volume/formats';
import { connectedComponents, countLabels, voxelToWorld, type Shape } from '@parse3d/volume/geometry';
import { splitPrompt } from '../../src/instances/split.js';
import { segment } from '../../src/segment.js';
import type { Engine, Found, SegmentRequest } from '../../src/types.js';
import { Bench, infer, phantom, prompts } from '../engines/support.js';
import { differing, LPS, shape } from './support.js';
import { openTiny, type TinyOptions } from './tiny-pack.js';

const bench = new Bench();
afterEach(() => bench.close());
const liver: Prompt = { text: 'liver', label: 1, instances: true };

/** The published steps, voxel by voxel, in memory order of an LPS volume. */
function published(mask: ArrayLike<number>, edge: ArrayLike<number>, [ni, nj, nk]: Shape): Uint32Array {
  const interior = Uint8Array.from(mask, (inside, n) => (inside === 1 && edge[n] !== 1 ? 1 : 0));
  const parts = connectedComponents(interior, [ni, nj, nk]);
  return Uint32Array.from(mask, (inside, n) => {
    if (inside !== 1 || parts[n] !== 0) return parts[n] ?? 0;
    const [i, j, k] = [n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))];
    const near = [
      i > 0 ? parts[n - 1] : 0,
      j > 0 ? parts[n - ni] : 0,
      k > 0 ? parts[n - ni * nj] : 0,
      k < nk - 1 ? parts[n + ni * nj] : 0,
      j < nj - 1 ? parts[n + ni] : 0,
      i < ni - 1 ? parts[n + 1] : 0,
    ];
    return near.find((part) => part !== undefined && part > 0) ?? 0;
  });
}

/** Both with numbers in the order of first voxels. */
function renumbered(labels: ArrayLike<number>): number[] {
  const numbers = new Map<number, number>([[0, 0]]);
  return Array.from(labels, (label) => {
    if (!numbers.has(label)) numbers.set(label, numbers.size);
    return numbers.get(label) ?? 0;
  });
}

const above = (map: ArrayLike<number>): number[] => Array.from(map, (p) => (p > 0.5 ? 1 : 0));

describe('a model with edges', () => {
  const ways: readonly [string, TinyOptions['model'], Partial<JobOptions>][] = [
    ['with the published way back', {}, {}],
    ['interpolated', {}, { resample: 'smooth' }],
    ['resampled', { spacingMm: [1.4, 1.4, 2], fit: 'pad-crop' }, {}],
    ['on an adaptive schedule', {}, { schedule: 'adaptive' }],
    ['averaged over two samples', {}, { samples: 2 }],
  ];
  test.each(ways)('takes objects apart as the published code does, %s', async (_, model = {}, more) => {
    const image = await bench.image(phantom(shape, LPS));
    const options = { seed: 0, ...more };
    const engine = await openTiny(bench, { model, edges: 'as edges' });
    const found = await infer(engine, image, [], { prompts: [liver], options });
    // The same graph with its edges where the masks were: what they look like on the volume's grid.
    const asMasks = await openTiny(bench, { model, edges: 'as masks' });
    const edges = await infer(asMasks, image, ['liver'], { wantProbabilities: true, options });
    const mask = found.mask(0);
    const edge = above(edges.probabilities?.(0) ?? []);
    const split = splitPrompt(found, 0, liver, engine.pack.pack);
    const expected = published(mask, edge, shape);
    expect(differing(renumbered(split.labels()), renumbered(expected))).toBe(0);
    // Edges matter here: without them fewer objects are found.
    const together = new Set(connectedComponents(mask, shape)).size - 1;
    expect(split.count).toBeGreaterThan(together);
    expect(split.count).toBe(new Set(expected).size - 1);
    for (const each of [found, edges]) await each.close?.();
  });

  test('is not asked for edges when nobody wants objects', async () => {
    const engine = await openTiny(bench, { edges: 'as edges' });
    const found = await infer(engine, await bench.image(phantom(shape, LPS)), ['liver', 'aorta']);
    expect(found.edgePieces).toBeUndefined();
    await found.close?.();
  });

  test('gives the edges of a prompt among others, and only where its mask stayed', async () => {
    const engine = await openTiny(bench, { edges: 'as edges' });
    const texts = prompts('aorta', 'liver', 'spleen').map((prompt) => ({ ...prompt, instances: prompt.label > 1 }));
    const found = await infer(engine, await bench.image(phantom(shape, LPS)), [], { prompts: texts });
    const join = (pieces: Iterable<Uint8Array>): number[] => [...pieces].flatMap((piece) => [...piece]);
    for (const index of [1, 2]) {
      const edge = join(found.edgePieces?.(index) ?? []);
      const mask = found.mask(index);
      const objects = splitPrompt(found, index, liver, engine.pack.pack).labels();
      expect(differing(renumbered(objects), renumbered(published(mask, edge, shape)))).toBe(0);
    }
    await found.close?.();
  });
});

describe('a job that asks for objects', () => {
  const run = async (engine: Engine, more: Partial<SegmentRequest> = {}) => {
    const { path } = await bench.folder();
    const volume = phantom(shape, LPS);
    const inputPath = join(path, 'volume.nii');
    await writeNifti(inputPath, { geometry: volume.geometry, datatype: 'float32' }, volume.data);
    const request: SegmentRequest = {
      inputPath,
      outputFolder: path,
      prompts: [liver],
      modality: 'mr',
      options: { seed: 0 },
      outputs: OutputOptions.parse({ preview: false }),
      limits: { maxVoxels: 1e6 },
      ...more,
    };
    const result = await segment(request, engine, () => undefined, new AbortController().signal);
    return { result, path, volume };
  };

  test('gets them as a volume, as a table and in the findings', async () => {
    const engine = await openTiny(bench, { edges: 'as edges' });
    const outputs = OutputOptions.parse({ preview: false, npz: true, probabilities: 'float32' });
    const { result, path, volume } = await run(engine, { outputs });
    const { data, geometry, header } = await readNifti(join(path, 'instances-1.nii.gz'));
    expect(header.datatype).toBe('uint16');
    const sizes = countLabels(data);
    sizes.delete(0);
    const instances = result.findings[0]?.instances;
    expect(instances).toMatchObject({ count: sizes.size, separatedBy: 'edges', truncated: false, minVoxels: 1 });
    const map = (await readNifti(join(path, 'prob-1.nii.gz'))).data;
    for (const object of instances?.objects ?? []) {
      const inside = [...data.keys()].filter((n) => data[n] === object.object);
      expect(object.voxels).toBe(inside.length);
      const [ni, nj] = shape;
      const places = inside.map((n) => [n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))] as const);
      const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
      const along = (axis: 0 | 1 | 2): number[] => places.map((place) => place[axis]);
      const centre = voxelToWorld(geometry.affine, [mean(along(0)), mean(along(1)), mean(along(2))]);
      centre.forEach((value, axis) => expect(object.centroidMm[axis]).toBeCloseTo(value, 6));
      expect(object.boundingBox).toEqual({
        min: [Math.min(...along(0)), Math.min(...along(1)), Math.min(...along(2))],
        max: [Math.max(...along(0)), Math.max(...along(1)), Math.max(...along(2))],
      });
      expect(object.meanProbability).toBeCloseTo(mean(inside.map((n) => map[n] ?? 0)), 6);
      expect(object.maxProbability).toBe(Math.max(...inside.map((n) => map[n] ?? 0)));
      expect(object.intensity?.mean).toBeCloseTo(mean(inside.map((n) => Math.fround(volume.data[n] ?? 0))), 4);
    }
    const rows = (await readFile(join(path, 'instances-1.csv'), 'utf8')).trimEnd().split('\n');
    expect(rows[0]).toMatch(/^object,voxels,volume_ml,mean_probability,max_probability,centroid_x_mm,/);
    expect(rows.slice(1).map((row) => row.split(',').slice(0, 2).map(Number))).toEqual(
      instances?.objects.map(({ object, voxels }) => [object, voxels]),
    );
    const npz = await readNpz(join(path, 'labels.npz'), { arrays: ['segs'] });
    expect(differing(npz.data, data)).toBe(0);
  });

  test('hears of objects that were too small, and of what belongs to none', async () => {
    const engine = await openTiny(bench, { edges: 'as edges' });
    const all = (await run(engine)).result.findings[0];
    const objects = all?.instances?.objects ?? [];
    const limit = objects[Math.floor(objects.length / 2)]?.voxels ?? 0;
    const large = objects.filter(({ voxels }) => voxels >= limit);
    expect(large.length).toBeLessThan(objects.length);
    const sum = (some: typeof objects): number => some.reduce((total, { voxels }) => total + voxels, 0);
    // Voxels of 3 mm³: the same limit in millilitres.
    for (const less of [{ minVoxels: limit }, { minMl: limit * 0.003 }, { minVoxels: 2, minMl: limit * 0.003 }]) {
      const { result } = await run(engine, { prompts: [{ ...liver, ...less }] });
      const found = result.findings[0];
      expect(found?.instances).toMatchObject({ count: large.length, minVoxels: limit, objects: large });
      expect(found?.instances?.dropped).toEqual({
        objects: objects.length - large.length,
        voxels: sum(objects) - sum(large),
      });
      expect(found?.voxels).toBe(sum(objects) + (found?.instances?.unassignedVoxels ?? NaN));
    }
  });

  test('of a pack without edges gets what hangs together, and is told so', async () => {
    for (const engine of [await openTiny(bench), await bench.engine()]) {
      const { result, path } = await run(engine, { outputs: OutputOptions.parse({ preview: false, masks: true }) });
      const mask = (await readNifti(join(path, 'mask-1.nii.gz'))).data;
      const objects = (await readNifti(join(path, 'instances-1.nii.gz'))).data;
      expect(differing(renumbered(objects), renumbered(connectedComponents(mask, shape)))).toBe(0);
      const { instances } = result.findings[0] ?? {};
      expect(instances).toMatchObject({ separatedBy: 'components', unassignedVoxels: 0 });
      expect(instances?.count).toBeGreaterThan(1);
      const probable = engine.pack.pack.kind === 'promptable-slices';
      expect(instances?.objects.every(({ meanProbability }) => (meanProbability !== null) === probable)).toBe(true);
    }
  });

  test('gets files without a voxel when nothing was found', async () => {
    const engine = await openTiny(bench, { edges: 'as edges' });
    const { result, path } = await run(engine, { prompts: [{ ...liver, minVoxels: 1_000_000 }] });
    expect(result.findings[0]?.instances).toMatchObject({ count: 0, objects: [], truncated: false });
    expect((await readNifti(join(path, 'instances-1.nii.gz'))).data.every((value) => value === 0)).toBe(true);
    expect((await readFile(join(path, 'instances-1.csv'), 'utf8')).trimEnd().split('\n')).toHaveLength(1);
  });

  test('gets the prompts’ labels in labels.npz when there are several, with a warning', async () => {
    const engine = await openTiny(bench, { edges: 'as edges' });
    const outputs = OutputOptions.parse({ preview: false, npz: true });
    const { result, path } = await run(engine, { outputs, prompts: [liver, { text: 'aorta', label: 2 }] });
    expect(result.warnings.join()).toContain('room for the objects of one prompt only');
    const npz = await readNpz(join(path, 'labels.npz'), { arrays: ['segs'] });
    expect(differing(npz.data, (await readNifti(join(path, 'labels.nii.gz'))).data)).toBe(0);
  });
});

test('who is not shown whole in the label map hears where the whole is, or how to get it', async () => {
  const engine = await openTiny(bench, { model: { suppression: 'none' } });
  const { path } = await bench.folder();
  const volume = phantom(shape, LPS);
  const inputPath = join(path, 'volume.nii');
  await writeNifti(inputPath, { geometry: volume.geometry, datatype: 'float32' }, volume.data);
  const warningsWith = async (masks: boolean): Promise<string> => {
    const request: SegmentRequest = {
      ...{ inputPath, outputFolder: path, prompts: prompts('liver', 'liver'), modality: 'mr', options: { seed: 0 } },
      outputs: OutputOptions.parse({ preview: false, masks }),
      limits: { maxVoxels: 1e6 },
    };
    return (await segment(request, engine, () => undefined, new AbortController().signal)).warnings.join();
  };
  expect(await warningsWith(true)).toContain('the full extent of label 2 is only in its mask file');
  const without = await warningsWith(false);
  expect(without).toContain('does not show the full extent of label 2: ask for masks (`outputs.masks`, `--masks`)');
  expect(without).not.toContain('mask file');
});

test('a found volume is closed with its edges', async () => {
  const engine = await openTiny(bench, { edges: 'as edges' });
  const found: Found = await infer(engine, await bench.image(phantom(shape, LPS)), [], { prompts: [liver] });
  await found.close?.();
  expect(() => [...(found.edgePieces?.(0) ?? [])]).toThrow();
});
