import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { isProblem } from '@parse3d/contract/problems';
import { buildNiftiHeader, readNifti, readVolume, writeNifti, type NiftiImage } from '../../src/formats/index.js';
import { concat, spoil, stream, validHeader, type Fields } from './headers.js';
import { temporaryFolder } from './temporary.js';

/** 24 voxels of int16, 1 to 24. */
const voxels = Buffer.from(Int16Array.from({ length: 24 }, (_, n) => n + 1).buffer);
const good = (version: 1 | 2): Promise<NiftiImage> => readNifti(stream(concat(validHeader(version), voxels)));
const EMPTY = new Array<number>(12).fill(0);
/** The qform of `validHeader`: no turn, its origin. */
const QFORM = { qform_code: 1, quatern: [0, 0, 0, -5, 6, 7] };
const repaired = async (bytes: Uint8Array): Promise<NiftiImage> => readNifti(stream(bytes));

describe.each([1, 2] as const)('a NIfTI-%i header with a field that nobody needs', (version) => {
  const usual = version === 1 ? 352 : 544;
  const cases: [string, Fields, RegExp][] = [
    ['bits that contradict the datatype', { bitpix: 32 }, /bitpix of the header is 32/],
    ['no bits', { bitpix: 0 }, /bitpix of the header is 0/],
    ['an offset of 0', { vox_offset: 0 }, new RegExp(`means ${usual}`)],
    ['no frames', { dim: [4, 2, 3, 4, 0] }, /2×3×4×0/],
    ['an empty sform beside a qform', { srow: EMPTY, ...QFORM }, /sform .* left out; the qform was used/],
    ['an sform of NaN beside a qform', { srow: EMPTY.fill(NaN, 0, 1), ...QFORM }, /sform .* left out/],
    ['a qform of nothing beside an sform', { qform_code: 1, quatern: [3, NaN, 0, 0, 0, 0] }, /qform .* left out/],
    ['the magic of a pair before its voxels', { magic: `ni${version}\0` }, /magic .* pair of files/],
  ];

  test.each(cases)('%s is read, with a warning', async (_, fields, warning) => {
    const image = await repaired(concat(spoil(version, fields), voxels));
    const expected = await good(version);
    expect(image.data).toEqual(expected.data);
    expect(image.geometry).toEqual(expected.geometry);
    expect(image.readWarnings).toEqual([expect.stringMatching(warning)]);
    // What is written for it places the voxels in the same way, and needs no repair of its place.
    const header = buildNiftiHeader({ ...image, space: image.header.space, datatype: 'int16' });
    const again = await repaired(concat(header, voxels));
    expect(again.geometry).toEqual(expected.geometry);
    expect(again.readWarnings).toEqual([]);
  });

  test('sizes of voxels below 0 or of 0 do not matter where an sform places them', async () => {
    const image = await repaired(concat(spoil(version, { pixdim: [1, -2, 0, NaN] }), voxels));
    expect(image.geometry).toEqual((await good(version)).geometry);
    expect(image.readWarnings).toEqual([]);
  });

  test('a quaternion a hair too long is a rotation, one of twice the length is none', async () => {
    const turned = (length: number): Uint8Array =>
      concat(spoil(version, { sform_code: 0, qform_code: 1, quatern: [0, 0, length, 0, 0, 0] }), voxels);
    const image = await repaired(turned(1.002));
    expect(image.readWarnings).toEqual([expect.stringMatching(/length 1\.002; it was brought to 1/)]);
    expect(image.geometry.affine.slice(0, 3).map((value) => value + 0)).toEqual([-2, 0, 0]);
    expect(image.header.space.qform.quaternion).toEqual([0, 0, 1]);
    expect((await repaired(turned(1.0000001))).readWarnings).toEqual([]);
    await expect(repaired(turned(1.4))).rejects.toSatisfy((error) => isProblem(error, 'nifti-affine-invalid'));
  });

  test('an empty sform and no qform leave the sizes alone, and an sform of nonsense is refused', async () => {
    const image = await repaired(concat(spoil(version, { srow: EMPTY.fill(0) }), voxels));
    expect(image.header.affineSource).toBe('base');
    expect(image.readWarnings).toEqual([expect.stringMatching(/sform of the header is empty/)]);
    const skewed = spoil(version, { srow: [1, 2, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0] });
    await expect(repaired(concat(skewed, voxels))).rejects.toSatisfy((e) => isProblem(e, 'nifti-affine-invalid'));
  });

  test('bitpix is right after all where the length of the file bears it out', async () => {
    const wide = concat(spoil(version, { bitpix: 32 }), Buffer.alloc(24 * 4));
    await expect(repaired(wide)).rejects.toSatisfy((error) => isProblem(error, 'nifti-header-invalid'));
  });
});

test('voxels that follow a NIfTI-1 header without a gap, and a wrong sizeof_hdr, are read', async () => {
  const tight = concat(spoil(1, { vox_offset: 348 }).subarray(0, 348), voxels);
  expect((await repaired(tight)).data).toEqual((await good(1)).data);
  const image = await repaired(concat(spoil(1, { sizeof_hdr: 0 }), voxels));
  expect(image.data).toEqual((await good(1)).data);
  expect(image.readWarnings).toEqual([expect.stringMatching(/sizeof_hdr/)]);
});

describe('a file that goes on', () => {
  const folder = temporaryFolder();
  const plain = concat(validHeader(1), voxels);
  const packed = gzipSync(plain);
  const other = Buffer.from('other bytes');

  test.each([
    ['after its voxels', concat(plain, Buffer.alloc(100)), '100 bytes after the voxels were left out.'],
    ['within its gzip stream', gzipSync(concat(plain, Buffer.alloc(512))), '512 bytes after the voxels were left out.'],
    ['in another member', concat(packed, gzipSync(other)), '11 bytes after the voxels were left out.'],
    ['after its gzip stream', concat(packed, other), '11 bytes after the gzip stream were left out.'],
    ['after zeros', concat(packed, Buffer.alloc(20), other), '31 bytes after the gzip stream were left out.'],
    [
      'with what looks like gzip',
      concat(packed, Buffer.from([31, 139, 9, 9])),
      '4 bytes after the gzip stream were left out.',
    ],
    ['with zeros after its gzip stream', concat(packed, Buffer.alloc(512)), undefined],
    ['with an empty member, as bgzip ends', concat(packed, gzipSync(Buffer.alloc(0))), undefined],
  ])('%s is read, with a warning', async (_, bytes, warning) => {
    const path = join(folder, 'file');
    writeFileSync(path, bytes);
    for (const source of [path, stream(bytes, 5)]) {
      const image = await readNifti(source);
      expect(image.data).toEqual((await good(1)).data);
      expect(image.readWarnings).toEqual(warning === undefined ? [] : [warning]);
    }
  });

  test('before its voxels are whole is an error, whatever follows', async () => {
    const half = concat(gzipSync(plain.subarray(0, 370)), other);
    await expect(readNifti(stream(half))).rejects.toSatisfy((error) => isProblem(error, 'nifti-trailing-data'));
  });
});

describe('a pair of files', () => {
  const folder = temporaryFolder();
  test('a pair of .hdr and .img is read by the name of either, compressed or not', async () => {
    const header = spoil(1, { magic: 'ni1\0', vox_offset: 0 }).subarray(0, 348);
    writeFileSync(join(folder, 'a.hdr'), header);
    writeFileSync(join(folder, 'a.img'), voxels);
    writeFileSync(join(folder, 'b.hdr'), header);
    writeFileSync(join(folder, 'b.img.gz'), gzipSync(voxels));
    for (const name of ['a.hdr', 'a.img', 'b.hdr', 'b.img.gz']) {
      const image = await readVolume(join(folder, name));
      expect(image.data, name).toEqual((await good(1)).data);
      expect(image.geometry, name).toEqual((await good(1)).geometry);
      await writeNifti(join(folder, 'out.nii'), { ...image, space: image.header.space, datatype: 'int16' }, image.data);
      expect((await readVolume(join(folder, 'out.nii'))).data).toEqual(image.data);
    }
    writeFileSync(join(folder, 'alone.hdr'), header);
    await expect(readVolume(join(folder, 'alone.hdr'))).rejects.toSatisfy((e) =>
      isProblem(e, 'nifti-pair-unsupported'),
    );
  });
});
