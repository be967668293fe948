import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchFolder } from '@parse3d/testing';
import { readNifti, writeNifti } from '@parse3d/volume/formats';
import { asAffine, makeGeometry } from '@parse3d/volume/geometry';
import { expect, test } from 'vitest';
import { countFrom, maskFile, maskFrom } from '../src/viewer/threshold.js';

const stored = { values: Uint8Array.from([0, 127, 128, 178, 179, 255]), slope: 1 / 255, intercept: 0 };

test('a voxel belongs to the mask from exactly the threshold on, as it is stored', () => {
  expect(countFrom(0.5, stored)).toBe(4);
  expect(countFrom(128 / 255, stored)).toBe(4);
  expect(countFrom(0.7, stored)).toBe(2);
  expect(countFrom(0.99, stored)).toBe(1);
  // What 0.7 is as a float32 is less than 0.7.
  const floats = { values: Float32Array.from([0.3, 0.7, 0.9]), slope: 1, intercept: 0 };
  expect(countFrom(0.7, floats)).toBe(2);
  expect([...maskFrom(0.7, floats)]).toEqual([0, 1, 1]);
});

test('a mask is a NIfTI file on the grid of its map, without its scaling', async () => {
  const folder = await scratchFolder('mask');
  try {
    const path = join(folder.path, 'prob.nii');
    const affine = asAffine([-2, 0, 0, 90, 0, 2, 0, -126, 0, 0, 3, -72, 0, 0, 0, 1]);
    const geometry = makeGeometry([3, 2, 1], affine);
    const probabilities = Float32Array.from(stored.values, (value) => value / 255);
    const scaling = { slope: 1 / 255, intercept: 0 };
    await writeNifti(path, { geometry, datatype: 'uint8', intent: 'estimate', scaling }, probabilities);
    const { buffer } = Uint8Array.from(await readFile(path));
    const mask = maskFile(buffer, maskFrom(0.7, stored));
    if (mask === undefined) throw new Error('no mask');
    await writeFile(path, Buffer.from(await mask.arrayBuffer()));
    const read = await readNifti(path);
    expect([...read.data]).toEqual([0, 0, 0, 0, 1, 1]);
    expect(read.geometry).toEqual(geometry);
    expect(maskFile(new ArrayBuffer(400), maskFrom(0.7, stored))).toBeUndefined();
  } finally {
    await folder.remove();
  }
});
