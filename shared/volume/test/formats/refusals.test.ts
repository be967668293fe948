import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseNiftiHeader, readNifti, readNiftiHeader } from '../../src/formats/index.js';
import { isProblem, type ProblemCode } from '@parse3d/contract/problems';
import { concat, spoil, stream, validHeader, type Fields } from './headers.js';
import { temporaryFolder } from './temporary.js';

/** What a call throws; fails when it throws nothing. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return expect.fail('nothing was thrown');
}

const versions = [1, 2] as const;
const NAN_ROWS = [NaN, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
const FLAT_ROWS = [1, 2, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0];

describe.each(versions)('a NIfTI-%i header', (version) => {
  const refusals: [string, ProblemCode, Fields][] = [
    ['2D', 'volume-not-3d', { dim: [2, 5, 6, 1] }],
    ['1D', 'volume-not-3d', { dim: [1, 5, 1, 1] }],
    ['4D', 'volume-not-3d', { dim: [4, 5, 6, 7, 2] }],
    ['5D vectors', 'volume-not-3d', { dim: [5, 5, 6, 7, 1, 3] }],
    ['no axes', 'nifti-header-invalid', { dim: [0, 5, 6, 7] }],
    ['eight axes', 'nifti-header-invalid', { dim: [8, 5, 6, 7] }],
    ['a negative number of axes', 'nifti-header-invalid', { dim: [-3, 5, 6, 7] }],
    ['a size of 0', 'nifti-header-invalid', { dim: [3, 5, 0, 7] }],
    ['a negative size', 'nifti-header-invalid', { dim: [3, -1, 1, 1] }],
    ['RGB', 'nifti-datatype-unsupported', { datatype: 128, bitpix: 24 }],
    ['RGBA', 'nifti-datatype-unsupported', { datatype: 2304, bitpix: 32 }],
    ['complex64', 'nifti-datatype-unsupported', { datatype: 32, bitpix: 64 }],
    ['complex128', 'nifti-datatype-unsupported', { datatype: 1792, bitpix: 128 }],
    ['complex256', 'nifti-datatype-unsupported', { datatype: 2048, bitpix: 256 }],
    ['float128', 'nifti-datatype-unsupported', { datatype: 1536, bitpix: 128 }],
    ['binary', 'nifti-datatype-unsupported', { datatype: 1, bitpix: 1 }],
    ['an unknown datatype', 'nifti-datatype-unsupported', { datatype: 77, bitpix: 16 }],
    ['voxels inside the header', 'nifti-header-invalid', { vox_offset: version === 1 ? 347 : 539 }],
    ['voxels before the file', 'nifti-header-invalid', { vox_offset: -1000 }],
    ['voxels a gigabyte away', 'nifti-header-invalid', { vox_offset: 2 ** 30 }],
    ['an intercept that is no number', 'nifti-header-invalid', { scl_slope: 2, scl_inter: NaN }],
    ['an sform with NaN', 'nifti-affine-invalid', { srow: NAN_ROWS }],
    ['an infinite sform', 'nifti-affine-invalid', { srow: NAN_ROWS.map((n) => (Number.isNaN(n) ? Infinity : n)) }],
    ['a singular sform', 'nifti-affine-invalid', { srow: FLAT_ROWS }],
    ['a qform with NaN', 'nifti-affine-invalid', { sform_code: 0, qform_code: 1, quatern: [NaN, 0, 0, 0, 0, 0] }],
    ['a quaternion too long', 'nifti-affine-invalid', { sform_code: 0, qform_code: 1, quatern: [1, 1, 0, 0, 0, 0] }],
    ['voxel sizes that are no numbers', 'nifti-affine-invalid', { sform_code: 0, pixdim: [1, 1, NaN, 1] }],
    [
      'a size that is wrong, and no axes to tell the byte order',
      'nifti-header-invalid',
      { sizeof_hdr: 1234, dim: [0] },
    ],
    ['a pair of files', 'nifti-pair-unsupported', { magic: `ni${version}\0`, vox_offset: 0 }],
    ['no magic, as in ANALYZE', 'nifti-not-nifti', { magic: '\0\0\0\0' }],
  ];

  test.each(refusals)('%s is %s', (_, code, fields) => {
    const error = thrownBy(() => parseNiftiHeader(spoil(version, fields)));
    expect(isProblem(error, code), String(error)).toBe(true);
  });

  test('more voxels than any volume has are refused', () => {
    const dim = version === 1 ? [3, 32_767, 32_767, 32_767] : [3, 2 ** 40, 2 ** 40, 2 ** 52];
    expect(
      isProblem(
        thrownBy(() => parseNiftiHeader(spoil(version, { dim }))),
        'volume-too-large',
      ),
    ).toBe(true);
  });

  test('a part of it is truncated, at every length', () => {
    const header = validHeader(version);
    for (let length = 0; length < header.length - 4; length += 1) {
      const error = thrownBy(() => parseNiftiHeader(header.subarray(0, length)));
      expect(isProblem(error, 'nifti-truncated'), `${length}: ${String(error)}`).toBe(true);
    }
    expect(parseNiftiHeader(header.subarray(0, header.length - 4)).geometry.shape).toEqual([2, 3, 4]);
  });

  test('an extension that claims a negative size does no harm', () => {
    const header = spoil(version, { vox_offset: validHeader(version).length + 32 });
    header[header.length - 4] = 1;
    const extension = Buffer.alloc(32);
    extension.writeInt32LE(-16, 0);
    expect(parseNiftiHeader(concat(header, extension)).voxelOffset).toBe(header.length + 32);
  });

  test('scaling by 0, NaN or infinity means none', () => {
    for (const slope of [0, NaN, Infinity, -Infinity]) {
      expect(parseNiftiHeader(spoil(version, { scl_slope: slope, scl_inter: NaN })).scaling).toBeUndefined();
    }
  });
});

test('a NIfTI-2 header that went through a text-mode transfer is refused', () => {
  const header = validHeader(2);
  header.set([10, 10, 26, 10], 8);
  expect(
    isProblem(
      thrownBy(() => parseNiftiHeader(header)),
      'nifti-header-invalid',
    ),
  ).toBe(true);
  header.fill(0, 8, 12);
  expect(parseNiftiHeader(header).version).toBe(2);
});

test('other files are not NIfTI', async () => {
  const png = concat(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(2000, 7));
  for (const bytes of [png, Buffer.alloc(600), gzipSync(png), Buffer.from('subject,age\n'.repeat(100))]) {
    await expect(readNiftiHeader(bytes)).rejects.toSatisfy((error) => isProblem(error, 'nifti-not-nifti'));
    await expect(readNifti(stream(bytes))).rejects.toSatisfy((error) => isProblem(error, 'nifti-not-nifti'));
  }
});

describe('a file', () => {
  const folder = temporaryFolder();
  const voxels = Buffer.alloc(48, 1);
  const plain = concat(validHeader(1), voxels);
  const packed = gzipSync(plain);
  // Voxels that deflate cannot shrink, so that a cut of the file is a cut of the voxels.
  const noise = Buffer.from(Array.from({ length: 48 }, (_, n) => (n * 167 + ((n * n * 31) % 251)) % 256));
  const noisy = gzipSync(concat(validHeader(1), noise));

  async function refusal(bytes: Uint8Array): Promise<ProblemCode> {
    const path = join(folder, 'file');
    writeFileSync(path, bytes);
    const codes = new Set<ProblemCode>();
    for (const source of [path, stream(bytes), stream(bytes, 5)]) {
      await readNifti(source).then(
        () => expect.fail('it was read'),
        (error: unknown) => {
          if (!isProblem(error)) throw error;
          codes.add(error.code);
        },
      );
    }
    expect([...codes]).toHaveLength(1);
    return [...codes][0] ?? 'internal';
  }

  test('cut anywhere is truncated, plain and compressed', async () => {
    for (let length = 0; length < plain.length; length += 13) {
      expect(await refusal(plain.subarray(0, length))).toBe('nifti-truncated');
    }
    for (let length = 2; length < noisy.length; length += 7) {
      expect(await refusal(noisy.subarray(0, length)), `${length}`).toBe('nifti-truncated');
    }
    expect(await refusal(packed.subarray(0, packed.length - 1))).toBe('nifti-truncated');
  });

  test('with a wrong checksum, length or damaged stream is corrupt', async () => {
    for (const at of [packed.length - 8, packed.length - 1, 12]) {
      const damaged = Buffer.from(packed);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      expect(await refusal(damaged), `${at}`).toBe('gzip-corrupt');
    }
  });

  test('that claims more voxels than it has is truncated before memory is taken for them', async () => {
    const forged = spoil(1, { dim: [3, 800, 800, 800] });
    const before = process.memoryUsage().rss;
    expect(await refusal(concat(forged, voxels))).toBe('nifti-truncated');
    expect(await refusal(gzipSync(concat(forged, voxels)))).toBe('nifti-truncated');
    // A gigabyte is claimed.
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  test('that is a bomb stops where its header says it ends', async () => {
    // 256 MiB of zeros in 260 KB, behind a header that declares 48 bytes.
    const bomb = concat(packed, gzipSync(Buffer.alloc(2 ** 28), { level: 9 }));
    const before = process.memoryUsage().rss;
    expect(await refusal(bomb)).toBe('gzip-too-large');
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });

  test('larger than the limits is refused, voxels and bytes', async () => {
    await expect(readNifti(stream(plain), { maxVoxels: 23 })).rejects.toSatisfy((e) =>
      isProblem(e, 'volume-too-large'),
    );
    await expect(readNifti(stream(plain), { maxBytes: 47 })).rejects.toSatisfy((e) => isProblem(e, 'volume-too-large'));
    expect((await readNifti(stream(plain), { maxVoxels: 24, maxBytes: 48 })).data).toHaveLength(24);
    // Scaled int16 becomes float32: twice the bytes.
    const scaled = concat(spoil(1, { scl_slope: 2 }), voxels);
    await expect(readNifti(stream(scaled), { maxBytes: 95 })).rejects.toSatisfy((e) =>
      isProblem(e, 'volume-too-large'),
    );
    expect((await readNifti(stream(scaled), { maxBytes: 96 })).data).toBeInstanceOf(Float32Array);
  });

  test('whose source fails gives the failure of the source, and closes it', async () => {
    for (const bytes of [plain, packed]) {
      let closed = false;
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        try {
          yield bytes.subarray(0, 20);
          throw new Error('the disk caught fire');
        } finally {
          closed = true;
        }
      };
      await expect(readNifti(failing())).rejects.toThrow('the disk caught fire');
      expect(closed).toBe(true);
    }
  });

  test('that is refused early closes its source', async () => {
    for (const bytes of [concat(spoil(1, { datatype: 128 }), voxels), gzipSync(spoil(1, { datatype: 128 }))]) {
      let closed = false;
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        try {
          yield bytes;
          for (;;) yield Buffer.alloc(100);
        } finally {
          closed = true;
        }
      };
      await expect(readNifti(endless())).rejects.toSatisfy((error) => isProblem(error, 'nifti-datatype-unsupported'));
      expect(closed).toBe(true);
    }
  });
});

describe('the header from the first bytes', () => {
  test('needs only a prefix of the stream, and the name does not matter', async () => {
    const noise = Buffer.from(Array.from({ length: 48_000 }, (_, n) => (n * 7919 + ((n * n) % 911)) % 256));
    const file = gzipSync(concat(validHeader(1, [20, 30, 40]), noise));
    for (const length of [600, 1024, 4096, file.length]) {
      const header = await readNiftiHeader(file.subarray(0, length), { fileName: 'misnamed.nii' });
      expect(header.geometry.shape).toEqual([20, 30, 40]);
    }
    expect((await readNiftiHeader(validHeader(2), { fileName: 'misnamed.nii.gz' })).version).toBe(2);
  });

  test('a prefix that is too short is truncated, and the problem names the file', async () => {
    const file = gzipSync(validHeader(2), { level: 0 });
    const reading = readNiftiHeader(file.subarray(0, 300), { fileName: 'ct.nii.gz' });
    await expect(reading).rejects.toSatisfy(
      (error) => isProblem(error, 'nifti-truncated') && /^ct\.nii\.gz: /.test(error.message),
    );
  });

  test('a bomb is not inflated beyond the header', async () => {
    const bomb = gzipSync(concat(validHeader(1), Buffer.alloc(2 ** 28)), { level: 9 });
    const before = process.memoryUsage().rss;
    expect((await readNiftiHeader(bomb)).geometry.shape).toEqual([2, 3, 4]);
    expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
  });
});
