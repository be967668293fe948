import { NIFTI1, NIFTI2 } from 'nifti-reader-js';
import { Problem } from '@parse3d/contract/problems';

export const HEADER_BYTES = { 1: 348, 2: 540 } as const;

/** The numbers of a header as stored, before anything is believed. */
export interface HeaderFields {
  readonly littleEndian: boolean;
  readonly dim: readonly number[];
  readonly datatypeCode: number;
  readonly bitpix: number;
  readonly pixdim: readonly number[];
  readonly voxOffset: number;
  readonly slope: number;
  readonly intercept: number;
  readonly xyztUnits: number;
  readonly qformCode: number;
  readonly sformCode: number;
  readonly quaternion: readonly [number, number, number];
  readonly qoffset: readonly [number, number, number];
  readonly srows: readonly number[];
}

/**
 * NIfTI-1: nifti-reader-js reads the fixed header; the sform rows are read here, since the library overwrites them
 * with the qform where that has the larger code.
 * @param bytes at least 348, of which `sizeof_hdr` and the magic were checked
 */
export function nifti1Fields(bytes: Uint8Array): HeaderFields {
  const view = guardedCopy(bytes, HEADER_BYTES[1], 344, 'n+1\0');
  const header = new NIFTI1();
  header.readHeader(view.buffer);
  const little = header.littleEndian;
  const own = {
    datatypeCode: view.getInt16(70, little),
    bitpix: view.getInt16(72, little),
    voxOffset: view.getFloat32(108, little),
    slope: view.getFloat32(112, little),
    qformCode: view.getInt16(252, little),
    sformCode: view.getInt16(254, little),
  };
  crossCheck(own, header.datatypeCode, header.numBitsPerVoxel, header.qform_code, header.sform_code);
  return {
    ...own,
    littleEndian: little,
    dim: header.dims,
    pixdim: header.pixDims,
    intercept: header.scl_inter,
    xyztUnits: header.xyzt_units,
    quaternion: [header.quatern_b, header.quatern_c, header.quatern_d],
    qoffset: [header.qoffset_x, header.qoffset_y, header.qoffset_z],
    srows: Array.from({ length: 12 }, (_, n) => view.getFloat32(280 + n * 4, little)),
  };
}

/**
 * NIfTI-2: the library's reading of 64-bit integers is not exact, so they and all that places the voxels are read
 * here; the library's reading has to agree on the rest.
 * @param bytes at least 540, of which `sizeof_hdr` and the magic were checked
 */
export function nifti2Fields(bytes: Uint8Array): HeaderFields {
  const view = guardedCopy(bytes, HEADER_BYTES[2], 4, 'n+2\0');
  const header = new NIFTI2();
  header.readHeader(view.buffer);
  const little = header.littleEndian;
  const int64 = (offset: number): number => Number(view.getBigInt64(offset, little));
  const real = (offset: number): number => view.getFloat64(offset, little);
  const own = {
    datatypeCode: view.getInt16(12, little),
    bitpix: view.getInt16(14, little),
    qformCode: view.getInt32(344, little),
    sformCode: view.getInt32(348, little),
  };
  crossCheck(own, header.datatypeCode, header.numBitsPerVoxel, header.qform_code, header.sform_code);
  return {
    ...own,
    littleEndian: little,
    dim: Array.from({ length: 8 }, (_, n) => int64(16 + n * 8)),
    pixdim: Array.from({ length: 8 }, (_, n) => real(104 + n * 8)),
    voxOffset: int64(168),
    slope: real(176),
    intercept: real(184),
    xyztUnits: view.getInt32(500, little),
    quaternion: [real(352), real(360), real(368)],
    qoffset: [real(376), real(384), real(392)],
    srows: Array.from({ length: 12 }, (_, n) => real(400 + n * 8)),
  };
}

/**
 * The fixed header and four cleared extension bytes: the library then looks for no extensions, whose size fields can
 * make it loop without an end. The magic was looked at before; the library wants it to the byte.
 */
function guardedCopy(bytes: Uint8Array, headerBytes: number, at: number, magic: string): DataView<ArrayBuffer> {
  const copy = new Uint8Array(headerBytes + 4);
  copy.set(bytes.subarray(0, headerBytes));
  copy.set(Buffer.from(magic, 'latin1'), at);
  return new DataView(copy.buffer);
}

function crossCheck(
  own: { datatypeCode: number; bitpix: number; qformCode: number; sformCode: number },
  datatypeCode: number,
  bitpix: number,
  qformCode: number,
  sformCode: number,
): void {
  const theirs = { datatypeCode, bitpix, qformCode, sformCode };
  for (const name of ['datatypeCode', 'bitpix', 'qformCode', 'sformCode'] as const) {
    if (own[name] !== theirs[name]) {
      throw new Problem('nifti-header-invalid', `two readings of ${name} differ: ${own[name]} and ${theirs[name]}`);
    }
  }
}
