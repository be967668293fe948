import { makeGeometry, voxelCount, type Shape } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { datatypeOfCode } from './datatypes.js';
import { HEADER_BYTES, nifti1Fields, nifti2Fields, type HeaderFields } from './fields.js';
import { affineOf, spaceOf } from './space.js';
import type { NiftiHeader, NiftiLimits } from './types.js';

/** More voxels than any volume has; keeps every product of sizes an exact integer. */
const ABSURD_VOXELS = 2 ** 40;

/** Extensions hold text and small tables. More than this between header and voxels is a damaged offset. */
const MAX_EXTENSION_BYTES = 256 * 2 ** 20;

const DEFAULT_LIMITS = { maxVoxels: 2 ** 31, maxBytes: 16 * 2 ** 30 } as const;

/**
 * The header of a single-file NIfTI-1 or NIfTI-2 volume, checked so that its voxels can be read without surprises.
 * @param bytes the first bytes of the uncompressed file: at least 348 for NIfTI-1, 540 for NIfTI-2; more is ignored
 * @throws Problem `nifti-truncated`, `nifti-not-nifti`, `nifti-pair-unsupported`, `nifti-header-invalid`,
 *   `nifti-datatype-unsupported`, `nifti-affine-invalid`, `volume-not-3d` or `volume-too-large`
 */
export function parseNiftiHeader(bytes: Uint8Array): NiftiHeader {
  const version = identify(bytes);
  const fields = version === 1 ? nifti1Fields(bytes) : nifti2Fields(bytes);
  const shape = shapeOf(fields);
  const { name, bytes: bytesPerVoxel } = datatypeOfCode(fields.datatypeCode);
  if (fields.bitpix !== bytesPerVoxel * 8) {
    throw invalid(`expected ${bytesPerVoxel * 8} bits per voxel for ${name}, bitpix is ${fields.bitpix}`, {
      datatype: name,
      bitpix: fields.bitpix,
    });
  }
  const { affine, source } = affineOf(fields, shape);
  return {
    version,
    littleEndian: fields.littleEndian,
    datatype: name,
    bytesPerVoxel,
    voxelOffset: voxelOffsetOf(fields, version),
    voxelBytes: voxelCount(shape) * bytesPerVoxel,
    scaling: scalingOf(fields),
    geometry: makeGeometry(shape, affine),
    affineSource: source,
    space: spaceOf(fields, version),
  };
}

/** How many bytes `parseNiftiHeader` needs, judged by a file's first four. */
export function headerBytesNeeded(start: Uint8Array): number {
  return sizeofHeader(start) === HEADER_BYTES[2] ? HEADER_BYTES[2] : HEADER_BYTES[1];
}

/**
 * Refuses a volume that is larger than a worker accepts.
 * @throws Problem `volume-too-large`
 */
export function assertWithinLimits(header: NiftiHeader, limits: NiftiLimits): void {
  const { maxVoxels = DEFAULT_LIMITS.maxVoxels, maxBytes = DEFAULT_LIMITS.maxBytes } = limits;
  const { shape } = header.geometry;
  const voxels = voxelCount(shape);
  if (voxels > maxVoxels) {
    throw new Problem('volume-too-large', `expected at most ${maxVoxels} voxels, ${shape.join('×')} has ${voxels}`, {
      shape,
      voxels,
      maxVoxels,
    });
  }
  const bytes = voxels * decodedBytesPerVoxel(header);
  if (bytes > maxBytes) {
    throw new Problem('volume-too-large', `expected at most ${maxBytes} bytes, ${shape.join('×')} takes ${bytes}`, {
      shape,
      bytes,
      maxBytes,
    });
  }
}

/** What one voxel takes in memory once read; `decode.ts` allocates accordingly. */
function decodedBytesPerVoxel(header: NiftiHeader): number {
  return isScaled(header) && header.bytesPerVoxel <= 2
    ? 4
    : isScaled(header) && header.datatype !== 'float32'
      ? 8
      : header.bytesPerVoxel;
}

/** True when stored numbers differ from values. */
export function isScaled(header: NiftiHeader): boolean {
  return header.scaling !== undefined && !(header.scaling.slope === 1 && header.scaling.intercept === 0);
}

function identify(bytes: Uint8Array): 1 | 2 {
  const needed = headerBytesNeeded(bytes);
  if (bytes.length < needed) {
    throw new Problem(
      'nifti-truncated',
      `expected at least ${needed} bytes of header, the file ends after ${bytes.length}`,
      {
        expected: needed,
        actual: bytes.length,
      },
    );
  }
  const magic1 = latin1(bytes, 344, 348);
  const magic2 = latin1(bytes, 4, 8);
  const size = sizeofHeader(bytes);
  if (magic1 === 'n+1\0' && size === HEADER_BYTES[1]) return 1;
  if (magic2 === 'n+2\0' && size === HEADER_BYTES[2]) {
    const endOfLine = latin1(bytes, 8, 12);
    // Some writers leave these four bytes zero; anything else means that a text-mode transfer changed the file.
    if (endOfLine !== '\r\n\x1a\n' && endOfLine !== '\0\0\0\0') {
      throw invalid('the bytes after the magic are not CR LF SUB LF: the file was damaged by a text-mode transfer');
    }
    return 2;
  }
  if ((magic1 === 'ni1\0' && size === HEADER_BYTES[1]) || (magic2 === 'ni2\0' && size === HEADER_BYTES[2])) {
    throw new Problem(
      'nifti-pair-unsupported',
      'the header says that its voxels lie in an .img file of their own; convert the pair to one .nii file',
    );
  }
  if (['n+1\0', 'ni1\0'].includes(magic1) || ['n+2\0', 'ni2\0'].includes(magic2)) {
    throw invalid(`expected sizeof_hdr 348 (NIfTI-1) or 540 (NIfTI-2) to match the magic, found ${size ?? 'neither'}`);
  }
  throw new Problem(
    'nifti-not-nifti',
    size === undefined
      ? 'expected a NIfTI header, these bytes are something else'
      : 'expected the magic "n+1" or "n+2", found none: an ANALYZE 7.5 file has no reliable orientation; convert it to NIfTI',
  );
}

/** sizeof_hdr in whichever byte order makes it 348 or 540, else undefined. */
function sizeofHeader(bytes: Uint8Array): number | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 4);
  const sizes: readonly number[] = Object.values(HEADER_BYTES);
  return [view.getInt32(0, true), view.getInt32(0, false)].find((size) => sizes.includes(size));
}

function shapeOf({ dim }: HeaderFields): Shape {
  const [axes = 0, ni = 0, nj = 0, nk = 0, ...more] = dim;
  const shape = dim.slice(1, Math.max(1, axes + 1));
  if (!(axes >= 1 && axes <= 7)) throw invalid(`expected 1 to 7 axes, dim[0] is ${axes}`, { axes });
  if (axes < 3) throw new Problem('volume-not-3d', `expected three axes, the image has ${axes}`, { axes, shape });
  const trailing = more.slice(0, axes - 3);
  if ([ni, nj, nk, ...trailing].some((n) => !(n >= 1))) {
    throw invalid(`expected sizes of at least 1, the shape is ${shape.join('×')}`, { shape });
  }
  if (trailing.some((n) => n > 1)) {
    throw new Problem(
      'volume-not-3d',
      `expected one 3D volume, the image is ${shape.join('×')}; extract one frame of it`,
      { axes, shape },
    );
  }
  if (!(ni * nj * nk <= ABSURD_VOXELS)) {
    throw new Problem('volume-too-large', `no volume has ${ni}×${nj}×${nk} voxels`, { shape });
  }
  return [ni, nj, nk];
}

/** Extensions between header and voxels are skipped unread: they may hold anything, patient names included. */
function voxelOffsetOf({ voxOffset }: HeaderFields, version: 1 | 2): number {
  const least = HEADER_BYTES[version] + 4;
  const most = least + MAX_EXTENSION_BYTES;
  if (!Number.isInteger(voxOffset) || voxOffset < least || voxOffset > most) {
    throw invalid(`expected vox_offset to be a whole number from ${least} to ${most}, it is ${voxOffset}`, {
      voxOffset: String(voxOffset),
    });
  }
  return voxOffset;
}

function scalingOf({ slope, intercept }: HeaderFields): NiftiHeader['scaling'] {
  if (slope === 0 || !Number.isFinite(slope)) return undefined;
  if (!Number.isFinite(intercept)) throw invalid(`scl_slope is ${slope}, but scl_inter is ${intercept}`);
  return { slope, intercept };
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

function invalid(detail: string, fields: Record<string, unknown> = {}): Problem {
  return new Problem('nifti-header-invalid', detail, fields);
}
