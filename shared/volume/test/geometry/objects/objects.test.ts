import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  allAxisCodes,
  connectedComponents,
  countLabels,
  growthOrder,
  instanceScore,
  makeGeometry,
  reorient,
  splitObjects,
  type Affine,
  type Shape,
  type VoxelArray,
} from '../../../src/geometry/index.js';

const SPHERES: Shape = [98, 94, 90];
const LPS: Affine = [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

async function golden(name: string): Promise<Buffer> {
  return gunzipSync(await readFile(new URL(`spheres.${name}.gz`, import.meta.url)));
}

/** Voxels where the two maps do not tell the same objects, whatever their numbers. */
function differing(a: VoxelArray, b: VoxelArray): number {
  const [there, back] = [new Map<number, number>([[0, 0]]), new Map<number, number>([[0, 0]])];
  let count = 0;
  for (let n = 0; n < a.length; n += 1) {
    const [x = 0, y = 0] = [a[n], b[n]];
    if (!there.has(x) && !back.has(y)) {
      there.set(x, y);
      back.set(y, x);
    }
    if (there.get(x) !== y || back.get(y) !== x) count += 1;
  }
  return count;
}

const same = (a: VoxelArray, b: VoxelArray): boolean =>
  a.length === b.length && Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

describe('five hundred touching spheres', () => {
  test('come apart voxel for voxel as scikit-image takes them apart, ties included', async () => {
    const classes = await golden('classes');
    const bytes = await golden('objects');
    const expected = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    const found = splitObjects([classes], SPHERES);
    const labels = found.labels();
    expect(found.count).toBe(500);
    expect(differing(labels, expected)).toBe(0);
    expect(instanceScore(expected, labels)).toMatchObject({ truePositives: 500, f1: 1 });
    const inMask = classes.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
    const inObjects = expected.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
    expect(found.unassignedVoxels).toBe(inMask - inObjects);
  });

  test('come apart the same in pieces, and numbered by size', async () => {
    const classes = await golden('classes');
    const plane = SPHERES[0] * SPHERES[1];
    const pieces = Array.from({ length: SPHERES[2] }, (_, k) => classes.subarray(k * plane, (k + 1) * plane));
    const labels = splitObjects(pieces, SPHERES).labels();
    expect(same(labels, splitObjects([classes], SPHERES).labels())).toBe(true);
    const sizes = [...countLabels(labels)].filter(([label]) => label !== 0);
    expect(sizes.map(([label]) => label)).toEqual(sizes.map((_, n) => n + 1));
    sizes.forEach(([label, size], n) => {
      const [, after = 0] = sizes[n + 1] ?? [];
      expect(size).toBeGreaterThanOrEqual(after);
      if (size === after) expect(labels.indexOf(label)).toBeLessThan(labels.indexOf(label + 1));
    });
  });

  test('keep their numbers when small ones are dropped, and these are counted', async () => {
    const classes = await golden('classes');
    const all = splitObjects([classes], SPHERES);
    const sizes = countLabels(all.labels());
    const limit = sizes.get(250) ?? 0;
    const some = splitObjects([classes], SPHERES, { minVoxels: limit });
    const small = [...sizes].filter(([label, size]) => label !== 0 && size < limit);
    expect(small.length).toBeGreaterThan(100);
    expect(some.count).toBe(500 - small.length);
    expect(some.dropped).toEqual({ objects: small.length, voxels: small.reduce((sum, [, size]) => sum + size, 0) });
    const left = all.labels().map((label) => (label > some.count ? 0 : label));
    expect(same(some.labels(), left)).toBe(true);
    expect(some.unassignedVoxels).toBe(all.unassignedVoxels);
    const third = Uint8Array.from(left, (label) => (label === 3 ? 1 : 0));
    expect(same(some.maskOf(3), third)).toBe(true);
  });
});

test('objects are the same in the world in all 48 axis orders, ties included', () => {
  const shape: Shape = [13, 11, 9];
  const classes = noise(shape, [0, 0, 1, 1, 1, 2, 2, 2]);
  const volume = { data: classes, geometry: makeGeometry(shape, LPS) };
  const reference = splitObjects([classes], shape).labels();
  for (const codes of allAxisCodes()) {
    const { data, geometry } = reorient(volume, codes).volume;
    const order = growthOrder(geometry.affine, 'LPS');
    const labels = splitObjects([data], geometry.shape, { order }).labels();
    expect(differing(reorient({ data: labels, geometry }, 'LPS').volume.data, reference), codes).toBe(0);
  }
});

test('a mask without borders comes apart into its connected parts', () => {
  for (const shape of [
    [17, 9, 11],
    [1, 1, 40],
    [64, 1, 3],
    [5, 7, 1],
  ] as const) {
    const mask = noise(shape, [0, 0, 0, 1, 1]);
    const found = splitObjects([mask], shape);
    expect(differing(found.labels(), connectedComponents(mask, shape)), shape.join()).toBe(0);
    expect(found.unassignedVoxels).toBe(0);
  }
});

test('more objects than 16 bits number take 32', () => {
  const shape: Shape = [101, 101, 27];
  const chequered = Uint8Array.from({ length: 101 * 101 * 27 }, (_, n) => (n + 1) % 2);
  const found = splitObjects([chequered], shape);
  expect(found.count).toBe(Math.ceil(chequered.length / 2));
  expect(found.labels()).toBeInstanceOf(Uint32Array);
  expect(found.labels().at(-1)).toBe(found.count);
});

test('a border alone is nobody’s, and neither is an empty mask', () => {
  const shape: Shape = [4, 4, 4];
  expect(splitObjects([new Uint8Array(64).fill(2)], shape)).toMatchObject({ count: 0, unassignedVoxels: 64 });
  expect(splitObjects([new Uint8Array(64)], shape)).toMatchObject({ count: 0, unassignedVoxels: 0 });
  expect(() => splitObjects([new Uint8Array(63)], shape)).toThrow(RangeError);
});

/** Voxels drawn from `values`, the same every time. */
function noise(shape: Shape, values: readonly number[]): Uint8Array<ArrayBuffer> {
  let state = 12_345;
  return Uint8Array.from({ length: shape[0] * shape[1] * shape[2] }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return values[Math.floor((state / 2 ** 32) * values.length)] ?? 0;
  });
}
