import { geometriesAgree, type Geometry } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { datatypeOfName } from './datatypes.js';
import { parseNiftiHeader } from './header.js';
import type { NiftiSpace, NiftiWriteSpec } from './types.js';

const INTENT_CODES = { none: 0, estimate: 1001, label: 1002 } as const;

/** The largest size along an axis that NIfTI-1's 16 bits hold. */
const NIFTI1_MAX_SIZE = 32_767;

/**
 * A little-endian header with its four (empty) extension bytes: 352 bytes of NIfTI-1, or 544 of NIfTI-2 where the input
 * was NIfTI-2 or a size needs it. Only what the spec names is written; every text field stays empty.
 * @throws Problem `internal` when `space` and `geometry` place the voxels differently
 */
export function buildNiftiHeader(spec: NiftiWriteSpec): Uint8Array {
  const { shape } = spec.geometry;
  const space = spec.space ?? spaceFromGeometry(spec);
  const version = space.version === 2 || shape.some((n) => n > NIFTI1_MAX_SIZE) ? 2 : 1;
  const header: HeaderValues = {
    dim: [3 + space.trailingAxes, ...shape, 1, 1, 1, 1],
    pixdim: [space.qform.qfac, ...space.pixdim, ...[1, 1, 1, 1].fill(0, space.trailingAxes)],
    datatype: datatypeOfName(spec.datatype),
    slope: spec.scaling?.slope ?? 1,
    intercept: spec.scaling?.intercept ?? 0,
    calMax: spec.calMax ?? 0,
    intent: INTENT_CODES[spec.intent ?? 'none'],
    space,
  };
  const bytes = version === 1 ? nifti1Bytes(header) : nifti2Bytes(header);
  assertPlacesVoxels(bytes, spec);
  return bytes;
}

interface HeaderValues {
  readonly dim: readonly number[];
  readonly pixdim: readonly number[];
  readonly datatype: { readonly code: number; readonly bytes: number };
  readonly slope: number;
  readonly intercept: number;
  readonly calMax: number;
  readonly intent: number;
  readonly space: NiftiSpace;
}

function nifti1Bytes(header: HeaderValues): Uint8Array {
  const { space } = header;
  const bytes = new Uint8Array(352);
  const view = new DataView(bytes.buffer);
  const int16 = (offset: number, ...values: readonly number[]): void =>
    values.forEach((value, n) => view.setInt16(offset + n * 2, value, true));
  const real = (offset: number, ...values: readonly number[]): void =>
    values.forEach((value, n) => view.setFloat32(offset + n * 4, value, true));
  view.setInt32(0, 348, true);
  // "regular": one of the few ANALYZE fields that old readers insist on.
  bytes[38] = 'r'.charCodeAt(0);
  int16(40, ...header.dim);
  int16(68, header.intent, header.datatype.code, header.datatype.bytes * 8);
  real(76, ...header.pixdim);
  real(108, bytes.length, header.slope, header.intercept);
  bytes[123] = space.xyztUnits;
  real(124, header.calMax);
  int16(252, space.qform.code, space.sform.code);
  real(256, ...space.qform.quaternion, ...space.qform.offset, ...space.sform.rows);
  bytes.set(Buffer.from('n+1\0', 'latin1'), 344);
  return bytes;
}

function nifti2Bytes(header: HeaderValues): Uint8Array {
  const { space } = header;
  const bytes = new Uint8Array(544);
  const view = new DataView(bytes.buffer);
  const int32 = (offset: number, ...values: readonly number[]): void =>
    values.forEach((value, n) => view.setInt32(offset + n * 4, value, true));
  const int64 = (offset: number, ...values: readonly number[]): void =>
    values.forEach((value, n) => view.setBigInt64(offset + n * 8, BigInt(value), true));
  const real = (offset: number, ...values: readonly number[]): void =>
    values.forEach((value, n) => view.setFloat64(offset + n * 8, value, true));
  int32(0, 540);
  bytes.set(Buffer.from('n+2\0\r\n\x1a\n', 'latin1'), 4);
  view.setInt16(12, header.datatype.code, true);
  view.setInt16(14, header.datatype.bytes * 8, true);
  int64(16, ...header.dim);
  real(104, ...header.pixdim);
  int64(168, bytes.length);
  real(176, header.slope, header.intercept, header.calMax);
  int32(344, space.qform.code, space.sform.code);
  real(352, ...space.qform.quaternion, ...space.qform.offset, ...space.sform.rows);
  int32(496, 0, space.xyztUnits, header.intent);
  return bytes;
}

/** Without an input to follow: the affine as sform "aligned", in millimetres, and no qform. */
function spaceFromGeometry({ geometry }: NiftiWriteSpec): NiftiSpace {
  return {
    version: 1,
    trailingAxes: 0,
    sform: { code: 2, rows: geometry.affine.slice(0, 12) },
    qform: { code: 0, quaternion: [0, 0, 0], offset: [0, 0, 0], qfac: 1 },
    pixdim: geometry.spacingMm,
    xyztUnits: 2,
  };
}

/** A float32 affine is this close to its float64 origin: a share of a voxel, and of the distance from the world's origin. */
function toleranceMm({ affine, spacingMm }: Geometry): number {
  return Math.min(...spacingMm) * 1e-3 + Math.max(...affine.map(Math.abs)) * 1e-5;
}

/** A space that was taken from another volume would put every voxel in the wrong place, silently. */
function assertPlacesVoxels(bytes: Uint8Array, { geometry }: NiftiWriteSpec): void {
  const written = parseNiftiHeader(bytes).geometry;
  if (!geometriesAgree(written, geometry, toleranceMm(geometry))) {
    throw new Problem('internal', 'the space given for the file does not place its voxels where the geometry does', {
      geometry,
      written,
    });
  }
}
