import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { isProblem, type ProblemCode } from '@parse3d/contract/problems';
import { readNiftiHeader, readVolume } from '../../src/formats/index.js';
import { temporaryFolder } from './temporary.js';

const root = temporaryFolder();
const values = Int16Array.from({ length: 2 * 3 * 4 }, (_, n) => 7 * n - 50);
const little = Buffer.from(values.buffer);
const big = Buffer.from(little).swap16();
/** Row and column turned in the plane, in LPS; the same in RAS below. */
const AFFINE = [0, 0.7, 0, -1, -0.5, 0, 0, -2, 0, 0, 2, 3, 0, 0, 0, 1];

const nrrd = (change: Readonly<Record<string, string | undefined>> = {}): Buffer => {
  const fields = {
    type: 'short',
    dimension: '3',
    space: 'left-posterior-superior',
    sizes: '2 3 4',
    'space directions': '(0,0.5,0) (-0.7,0,0) (0,0,2)',
    'space origin': '(1,2,3)',
    endian: 'little',
    encoding: 'raw',
    ...change,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return Buffer.from(['NRRD0005', '# a comment', ...lines, 'key:=a: value', '', ''].join('\n'), 'latin1');
};

const meta = (change: Readonly<Record<string, string | undefined>> = {}): Buffer => {
  const fields = {
    ObjectType: 'Image',
    NDims: '3',
    BinaryDataByteOrderMSB: 'False',
    CompressedData: 'False',
    TransformMatrix: '0 1 0 -1 0 0 0 0 1',
    Offset: '1 2 3',
    ElementSpacing: '0.5 0.7 2',
    DimSize: '2 3 4',
    ElementType: 'MET_SHORT',
    ...change,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name} = ${value}`]));
  const last = change['ElementDataFile'] === undefined ? ['ElementDataFile = LOCAL'] : [];
  return Buffer.from(`${[...lines, ...last].join('\n')}\n`, 'latin1');
};

const join2 = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);
const ras = { space: 'RAS', 'space directions': '(0,-0.5,0) (0.7,0,0) (0,0,2)', 'space origin': '(-1,-2,3)' };

/** Writes files into a folder of their own; the first is the one to read. */
function write(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = mkdtempSync(join(root, 'itk-'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return join(folder, Object.keys(files)[0] ?? '');
}

describe('NRRD and MetaImage', () => {
  test.each<[string, Readonly<Record<string, Uint8Array>>]>([
    ['NRRD', { 'a.nrrd': join2(nrrd(), little) }],
    ['NRRD, big-endian', { 'a.nrrd': join2(nrrd({ endian: 'big' }), big) }],
    ['NRRD, gzip', { 'a.nrrd': join2(nrrd({ encoding: 'gzip' }), gzipSync(little)) }],
    ['NRRD in RAS', { 'a.nrrd': join2(nrrd(ras), little) }],
    [
      'NRRD with an axis of one component',
      {
        'a.nrrd': join2(
          nrrd({ dimension: '4', sizes: '1 2 3 4', 'space directions': 'none (0,0.5,0) (-0.7,0,0) (0,0,2)' }),
          little,
        ),
      },
    ],
    ['NRRD, detached', { 'a.nhdr': nrrd({ 'data file': 'a.raw' }), 'a.raw': little }],
    [
      'NRRD, detached, at the end',
      { 'a.nhdr': nrrd({ 'data file': './a.raw', 'byte skip': '-1' }), 'a.raw': join2(Buffer.alloc(5), little) },
    ],
    ['MetaImage', { 'a.mha': join2(meta(), little) }],
    ['MetaImage, big-endian', { 'a.mha': join2(meta({ BinaryDataByteOrderMSB: 'True' }), big) }],
    ['MetaImage, compressed', { 'a.mha': join2(meta({ CompressedData: 'True' }), deflateSync(little)) }],
    ['MetaImage, detached', { 'a.mhd': meta({ ElementDataFile: 'a.raw' }), 'a.raw': little }],
    [
      'MetaImage, detached, at the end',
      { 'a.mhd': meta({ HeaderSize: '-1', ElementDataFile: 'a.raw' }), 'a.raw': join2(Buffer.alloc(9), little) },
    ],
  ])('%s: voxels and their places', async (_, files) => {
    const image = await readVolume(write(files));
    expect(image.data).toEqual(values);
    expect(image.geometry.shape).toEqual([2, 3, 4]);
    image.geometry.affine.forEach((value, n) => expect(value).toBeCloseTo(AFFINE[n] ?? NaN, 12));
    const [start = Buffer.alloc(0)] = Object.values(files);
    expect((await readNiftiHeader(start.subarray(0, 65_536))).geometry).toEqual(image.geometry);
  });

  test('without directions only the sizes are known', async () => {
    const sizes = { space: undefined, 'space directions': undefined, 'space origin': undefined, spacings: '0.5 0.7 2' };
    const image = await readVolume(write({ 'a.nrrd': join2(nrrd(sizes), little) }));
    expect(image.geometry.spacingMm).toEqual([0.5, 0.7, 2]);
    expect(image.header.affineSource).toBe('assumed');
  });

  test.each<[string, ProblemCode, Readonly<Record<string, Uint8Array>>]>([
    ['cut off', 'nifti-truncated', { a: join2(nrrd(), little.subarray(1)) }],
    [
      'cut off in its compression',
      'nifti-truncated',
      { a: join2(nrrd({ encoding: 'gzip' }), gzipSync(little).subarray(0, 30)) },
    ],
    ['damaged', 'gzip-corrupt', { a: join2(meta({ CompressedData: 'True' }), Buffer.alloc(40, 7)) }],
    ['of vectors', 'volume-not-3d', { a: join2(nrrd({ sizes: '3 2 3 4', 'space directions': undefined }), little) }],
    ['of channels', 'volume-not-3d', { a: join2(meta({ ElementNumberOfChannels: '3' }), little) }],
    [
      'without directions that span',
      'nifti-affine-invalid',
      { a: join2(nrrd({ 'space directions': '(1,0,0) (1,0,0) (0,0,2)' }), little) },
    ],
    ['as text', 'nrrd-invalid', { a: join2(nrrd({ encoding: 'ascii' }), little) }],
    ['of blocks', 'nrrd-invalid', { a: join2(nrrd({ type: 'block' }), little) }],
    ['of sizes that are none', 'nrrd-invalid', { a: join2(meta({ DimSize: '2 x 4' }), little) }],
    ['of a skip that is none', 'nrrd-invalid', { a: join2(nrrd({ 'byte skip': '-7000' }), little) }],
    ['in another folder', 'volume-missing', { a: meta({ ElementDataFile: '../../etc/passwd' }), passwd: little }],
    ['in a file that is not there', 'volume-missing', { a: nrrd({ 'data file': 'b.raw' }) }],
    ['of slices in files', 'nrrd-invalid', { a: meta({ ElementDataFile: 'LIST' }) }],
  ])('a file %s is refused', async (_, code, files) => {
    await expect(readVolume(write(files))).rejects.toSatisfy((error) => isProblem(error, code), code);
  });

  test('more than a worker takes is refused before it is allocated', async () => {
    const file = write({ a: join2(nrrd({ sizes: '20000 20000 20000' }), little) });
    await expect(readVolume(file, { maxVoxels: 1e9 })).rejects.toSatisfy((e) => isProblem(e, 'volume-too-large'));
  });
});
