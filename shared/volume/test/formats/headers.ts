import { buildNiftiHeader, type NiftiWriteSpec } from '../../src/formats/index.js';
import { makeGeometry, type Shape } from '../../src/geometry/index.js';

/** A valid little-endian header of 2×3×4 int16 voxels for tests to spoil. */
export function validHeader(version: 1 | 2, shape: Shape = [2, 3, 4]): Uint8Array {
  const geometry = makeGeometry(shape, [2, 0, 0, -5, 0, 2, 0, 6, 0, 0, 3, 7, 0, 0, 0, 1]);
  const spec: NiftiWriteSpec = {
    geometry,
    datatype: 'int16',
    space: {
      version,
      trailingAxes: 0,
      sform: { code: 1, rows: geometry.affine.slice(0, 12) },
      qform: { code: 0, quaternion: [0, 0, 0], offset: [0, 0, 0], qfac: 1 },
      pixdim: geometry.spacingMm,
      xyztUnits: 2,
    },
  };
  return buildNiftiHeader(spec);
}

/** Names of fields, the way to their bytes in both versions. */
const offsets = {
  sizeof_hdr: { 1: [0, 'int32'], 2: [0, 'int32'] },
  magic: { 1: [344, 'text'], 2: [4, 'text'] },
  dim: { 1: [40, 'int16'], 2: [16, 'int64'] },
  datatype: { 1: [70, 'int16'], 2: [12, 'int16'] },
  bitpix: { 1: [72, 'int16'], 2: [14, 'int16'] },
  pixdim: { 1: [76, 'real'], 2: [104, 'real'] },
  vox_offset: { 1: [108, 'real'], 2: [168, 'int64'] },
  scl_slope: { 1: [112, 'real'], 2: [176, 'real'] },
  scl_inter: { 1: [116, 'real'], 2: [184, 'real'] },
  qform_code: { 1: [252, 'int16'], 2: [344, 'int32'] },
  sform_code: { 1: [254, 'int16'], 2: [348, 'int32'] },
  quatern: { 1: [256, 'real'], 2: [352, 'real'] },
  srow: { 1: [280, 'real'], 2: [400, 'real'] },
} as const;

export type Fields = Partial<Record<keyof typeof offsets, string | number | readonly number[]>>;

/** The header with some of its fields changed. */
export function spoil(version: 1 | 2, fields: Fields, header = validHeader(version)): Uint8Array {
  const bytes = header.slice();
  const view = new DataView(bytes.buffer);
  for (const name of Object.keys(offsets) as (keyof typeof offsets)[]) {
    const value = fields[name];
    if (value === undefined) continue;
    const [offset, kind] = offsets[name][version];
    if (typeof value === 'string') {
      bytes.set(Buffer.from(value, 'latin1'), offset);
      continue;
    }
    (typeof value === 'number' ? [value] : value).forEach((one, n) => {
      if (kind === 'int16') view.setInt16(offset + 2 * n, one, true);
      else if (kind === 'int32') view.setInt32(offset + 4 * n, one, true);
      else if (kind === 'int64') view.setBigInt64(offset + 8 * n, BigInt(one), true);
      else if (version === 1) view.setFloat32(offset + 4 * n, one, true);
      else view.setFloat64(offset + 8 * n, one, true);
    });
  }
  return bytes;
}

export function concat(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts);
}

/** Bytes as a source of one piece, or of pieces of a given size. */
export async function* stream(bytes: Uint8Array, size = bytes.length || 1): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
