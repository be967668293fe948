import { gzipSync } from 'node:zlib';
import type { ProblemCode } from '@parse3d/contract/problems';
import { phantomCtFile } from './volumes.js';

export interface BadVolume {
  readonly what: string;
  readonly bytes: Buffer;
  readonly code: ProblemCode;
  /** True when the first bytes already tell, so that the api refuses the file before it is queued. */
  readonly seenInHeader: boolean;
}

// Byte offsets of NIfTI-1 header fields.
const DIM = 40;
const DATATYPE = 70;
const BITPIX = 72;
const VOX_OFFSET = 108;
const SFORM_ROWS = 280;
const MAGIC = 344;

/** Files that must end in a typed error, made from a good one by changing as little as possible. */
export async function badVolumes(): Promise<BadVolume[]> {
  const good = await phantomCtFile([20, 16, 12], 'good.nii');
  const patched = (patch: (header: Buffer) => void): Buffer => {
    const copy = Buffer.from(good);
    patch(copy);
    return copy;
  };
  const dims = (...dim: number[]) =>
    patched((header) => {
      dim.forEach((value, index) => header.writeInt16LE(value, DIM + 2 * index));
    });
  const datatype = (code: number, bits: number) =>
    patched((header) => {
      header.writeInt16LE(code, DATATYPE);
      header.writeInt16LE(bits, BITPIX);
    });
  const zipped = gzipSync(good);
  const badCrc = Buffer.from(zipped);
  badCrc.writeUInt32LE((badCrc.readUInt32LE(badCrc.length - 8) ^ 1) >>> 0, badCrc.length - 8);

  const seen = (what: string, bytes: Buffer, code: ProblemCode): BadVolume => ({
    what,
    bytes,
    code,
    seenInHeader: true,
  });
  const hidden = (what: string, bytes: Buffer, code: ProblemCode): BadVolume => ({
    what,
    bytes,
    code,
    seenInHeader: false,
  });
  return [
    seen('two dimensions', dims(2, 20, 16), 'volume-not-3d'),
    seen('colour', datatype(128, 24), 'nifti-datatype-unsupported'),
    seen('complex numbers', datatype(32, 64), 'nifti-datatype-unsupported'),
    seen(
      'an affine of NaN',
      patched((header) => header.writeFloatLE(Number.NaN, SFORM_ROWS)),
      'nifti-affine-invalid',
    ),
    seen(
      'a header/image pair',
      patched((header) => {
        header.write('ni1\0', MAGIC);
        header.writeFloatLE(0, VOX_OFFSET);
      }),
      'nifti-pair-unsupported',
    ),
    seen('no NIfTI at all', Buffer.alloc(600, 'x'), 'nifti-not-nifti'),
    seen('a forged size', dims(3, 32_000, 32_000, 32_000), 'volume-too-large'),
    seen('a header cut off', good.subarray(0, 200), 'nifti-truncated'),
    hidden('voxels cut off', good.subarray(0, good.length - 100), 'nifti-truncated'),
    hidden('a gzip stream cut off', zipped.subarray(0, zipped.length - 20), 'nifti-truncated'),
    hidden('a wrong checksum', badCrc, 'gzip-corrupt'),
    // 512 MiB of noughts behind a small header: half a megabyte on the wire.
    hidden('a bomb', gzipSync(Buffer.concat([good, Buffer.alloc(512 * 1024 * 1024)])), 'gzip-too-large'),
    // At the door it is taken: a job may name one of its frames.
    { ...seen('four dimensions', dims(4, 20, 16, 6, 2), 'volume-not-3d'), seenInHeader: false },
  ];
}
