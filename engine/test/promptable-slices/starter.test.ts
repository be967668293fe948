import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { JobOptions, Prompt } from '@parse3d/contract';
import { readNifti, type NiftiImage } from '@parse3d/volume/formats';
import { asAffine, makeGeometry, reorient, voxelToWorld, type Volume } from '@parse3d/volume/geometry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine } from '../../src/engines/index.js';
import { loadPack } from '../../src/packs/index.js';
import type { Engine, Found } from '../../src/types.js';

// The pack of a fresh machine on a real T1 head, 2 mm, that comes with a development dependency.
const packFolder = join(import.meta.dirname, '../../../packs/starter-brain-mr');
const samples = dirname(createRequire(import.meta.url).resolve('nifti-reader-js-samples/package.json'));

let engine: Engine;
let head: NiftiImage;
let upright: Found;
const texts = ['left hippocampus', 'right hippocampus', 'left thalamus', 'right putamen', 'brain', 'liver'];
beforeAll(async () => {
  engine = await openEngine(await loadPack(packFolder), { device: 'cpu', threads: 2 });
  head = slab(await readNifti(join(samples, 'tests/data/avg152T1_LR_nifti.nii.gz')), 24, 64);
  upright = await find(head, texts);
}, 240_000);
afterAll(() => engine.close());

/** Planes k from `first` up to `end`: the deep structures lie there, and half a head takes half the time. */
function slab(image: NiftiImage, first: number, end: number): NiftiImage {
  const { shape, affine } = image.geometry;
  const [ni, nj] = shape;
  const origin = voxelToWorld(affine, [0, 0, first]);
  const moved = affine.map((value, n) => (n % 4 === 3 && n < 12 ? (origin[(n - 3) / 4] ?? value) : value));
  return {
    ...image,
    data: image.data.slice(ni * nj * first, ni * nj * end),
    geometry: makeGeometry([ni, nj, end - first], asAffine(moved)),
  };
}

const promptsOf = (texts: readonly string[]): Prompt[] => texts.map((text, n) => ({ text, label: n + 1 }));

function find(image: NiftiImage, texts: readonly string[], options: Partial<JobOptions> = {}): Promise<Found> {
  return engine.infer(
    image,
    {
      prompts: promptsOf(texts),
      modality: 'mr',
      options: { seed: 0, ...options },
      wantProbabilities: false,
      wantMasks: true,
    },
    () => undefined,
    new AbortController().signal,
  );
}

/** Centre of a mask in RAS millimetres. */
function centre({ data, geometry }: Volume<Uint8Array>): [number, number, number] {
  const [ni, nj] = geometry.shape;
  const sum: [number, number, number] = [0, 0, 0];
  let count = 0;
  data.forEach((inside, voxel) => {
    if (inside === 0) return;
    const world = voxelToWorld(geometry.affine, [
      voxel % ni,
      Math.floor(voxel / ni) % nj,
      Math.floor(voxel / (ni * nj)),
    ]);
    world.forEach((mm, axis) => (sum[axis] = (sum[axis] ?? 0) + mm));
    count++;
  });
  return [sum[0] / count, sum[1] / count, sum[2] / count];
}

function overlap(a: Uint8Array, b: Uint8Array): number {
  const both = a.reduce((count, inside, voxel) => count + (inside !== 0 && b[voxel] !== 0 ? 1 : 0), 0);
  const size = (mask: Uint8Array): number => mask.reduce((count, inside) => count + (inside === 0 ? 0 : 1), 0);
  return (2 * both) / (size(a) + size(b));
}

test('left is left, right is right, and a liver is not found in a head', () => {
  const found = upright;
  expect(found.findings.map(({ verdict }) => verdict)).toEqual([...Array<string>(5).fill('present'), 'absent']);
  const x = (index: number): number => centre({ data: found.mask(index), geometry: head.geometry })[0];
  expect([x(0) < 0, x(1) > 0, x(2) < 0, x(3) > 0]).toEqual([true, true, true, true]);
  const [, , thalamus, , brain, liver] = found.findings;
  expect(thalamus?.volumeMl).toBeGreaterThan(4);
  expect(thalamus?.volumeMl).toBeLessThan(12);
  expect(brain?.volumeMl).toBeGreaterThan(600);
  expect(liver?.existence).toBeLessThan(0.5);
});

/** Voxels per label number. */
function sizes({ labels }: Found): Map<number, number> {
  const found = new Map<number, number>();
  for (const label of labels.data) found.set(label, (found.get(label) ?? 0) + 1);
  return found;
}

test('what lies inside the brain shows in the label map, whole', () => {
  const shown = sizes(upright);
  for (const { label, voxels } of upright.findings.slice(0, 4)) expect(shown.get(label)).toBe(voxels);
  expect(shown.get(5)).toBeLessThan(upright.findings[4]?.voxels ?? 0);
});

test('on request the likeliest target takes the voxel, and what it hides is reported', async () => {
  const found = await find(head, ['left hippocampus', 'brain'], { overlap: 'most-probable' });
  expect(sizes(found).get(1) ?? 0).toBeLessThan(0.5 * (found.findings[0]?.voxels ?? 0));
  expect(found.hidden.labels).toEqual([1]);
}, 240_000);

test('several ways to say it land on the same target', async () => {
  const ways = [
    'hippocampus L',
    'the left hippocampus in a T1 brain MRI',
    'sea-horse shaped left hippocampal formation',
  ];
  const found = await find(head, ways);
  // Less sure words make a slightly smaller mask.
  for (const index of [0, 1, 2]) expect(overlap(upright.mask(0), found.mask(index)), ways[index]).toBeGreaterThan(0.95);
}, 240_000);

test('the same head with its axes in another order gives the same mask in the world', async () => {
  const { volume, undo } = reorient({ data: head.data, geometry: head.geometry }, 'PIR');
  const turned = await find({ ...head, ...volume }, texts.slice(0, 3));
  for (const index of [0, 1, 2]) {
    expect(overlap(upright.mask(index), Uint8Array.from(undo(turned.mask(index))))).toBeGreaterThan(0.999);
  }
}, 240_000);
