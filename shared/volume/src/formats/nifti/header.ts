import { makeGeometry, voxelCount, type Shape } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { datatypeOfCode } from './datatypes.js';
import { HEADER_BYTES, nifti1Fields, nifti2Fields, type HeaderFields } from './fields.js';
import { identifyHeader } from './identify.js';
import { placeVoxels } from './space.js';
import type { NiftiHeader, NiftiLimits } from './types.js';

/** More voxels than any volume has; keeps every product of sizes an exact integer. */
const ABSURD_VOXELS = 2 ** 40;

/** Extensions hold text and small tables. More than this between header and voxels is a damaged offset. */
const MAX_EXTENSION_BYTES = 256 * 2 ** 20;

const DEFAULT_LIMITS = { maxVoxels: 2 ** 31, maxBytes: 16 * 2 ** 30 } as const;

/**
 * The header of a NIfTI-1 or NIfTI-2 volume, checked so that its voxels can be read without surprises. A field that
 * contradicts another, and that no reader needs, is no reason to refuse a file: `repairs` tells of it.
 * @param bytes the first bytes of the uncompressed file: at least 348 for NIfTI-1, 540 for NIfTI-2; more is ignored
 * @param options.imageFile the voxels of a pair lie in an .img file that the caller has. @default false
 * @param options.frame which volume of a 4D file, from 1; `any` for the first, where only the header is wanted
 * @throws Problem `nifti-truncated`, `nifti-not-nifti`, `nifti-pair-unsupported`, `nifti-header-invalid`,
 *   `nifti-datatype-unsupported`, `nifti-affine-invalid`, `volume-not-3d` or `volume-too-large`
 */
export function parseNiftiHeader(
  bytes: Uint8Array,
  { imageFile = false, frame }: { imageFile?: boolean; frame?: number | 'any' | undefined } = {},
): NiftiHeader {
  const identified = identifyHeader(bytes);
  const { version } = identified;
  const fields = version === 1 ? nifti1Fields(identified.bytes) : nifti2Fields(identified.bytes);
  const axes = shapeOf(fields);
  const number = frameOf(axes, fields, frame);
  const { name, bytes: bytesPerVoxel } = datatypeOfCode(fields.datatypeCode);
  const isPair = imageFile && identified.isPair;
  const offset = isPair ? pairOffset(fields) : voxelOffsetOf(fields, version, identified.isPair);
  const placed = placeVoxels(fields, version, axes.shape);
  const bits = bytesPerVoxel * 8;
  const voxelBytes = voxelCount(axes.shape) * bytesPerVoxel;
  return {
    version,
    littleEndian: fields.littleEndian,
    datatype: name,
    bytesPerVoxel,
    voxelOffset: offset.voxelOffset + (number - 1) * voxelBytes,
    voxelBytes,
    scaling: scalingOf(fields),
    geometry: makeGeometry(axes.shape, placed.affine),
    affineSource: placed.source,
    // A frame is a file of three axes when it is written.
    space: axes.frames > 1 ? { ...placed.space, trailingAxes: 0 } : placed.space,
    ...(axes.frames > 1 ? { frame: { number, count: axes.frames } } : {}),
    bitsPerVoxel: fields.bitpix,
    repairs: [
      ...identified.repairs,
      ...axes.repairs,
      ...(axes.frames > 1 ? [`The file holds ${axes.frames} volumes; this is frame ${number} of them.`] : []),
      ...(fields.bitpix === bits
        ? []
        : [
            `bitpix of the header is ${fields.bitpix}; its datatype, ${name}, has ${bits} bits a voxel and was believed.`,
          ]),
      ...offset.repairs,
      ...placed.repairs,
    ],
  };
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

interface Repaired {
  readonly repairs: readonly string[];
}

function shapeOf({ dim }: HeaderFields): Repaired & { shape: Shape; frames: number } {
  const [axes = 0, ni = 0, nj = 0, nk = 0, ...more] = dim;
  const shape = dim.slice(1, Math.max(1, axes + 1));
  if (!(axes >= 1 && axes <= 7)) throw invalid(`expected 1 to 7 axes, dim[0] is ${axes}`, { axes });
  if (axes < 3) throw new Problem('volume-not-3d', `expected three axes, the image has ${axes}`, { axes, shape });
  const trailing = more.slice(0, axes - 3);
  if ([ni, nj, nk].some((n) => !(n >= 1))) {
    throw invalid(`expected sizes of at least 1, the shape is ${shape.join('×')}`, { shape });
  }
  if (!(ni * nj * nk <= ABSURD_VOXELS)) {
    throw new Problem('volume-too-large', `no volume has ${ni}×${nj}×${nk} voxels`, { shape });
  }
  const odd = trailing.some((n) => !(n >= 1));
  return {
    shape: [ni, nj, nk],
    frames: trailing.reduce((product, n) => product * Math.max(1, n), 1),
    repairs: odd ? [`The header gives the shape ${shape.join('×')}; sizes below 1 after the third axis mean 1.`] : [],
  };
}

/** The frame that is meant, from 1. @throws Problem `volume-not-3d` where none was chosen, or there is no such */
function frameOf({ frames }: { frames: number }, { dim }: HeaderFields, wanted: number | 'any' | undefined): number {
  const shape = dim.slice(1, 1 + (dim[0] ?? 0));
  if (wanted === 'any' || (wanted === undefined && frames === 1)) return 1;
  if (wanted === undefined) {
    throw new Problem(
      'volume-not-3d',
      `expected one 3D volume, the image is ${shape.join('×')}: it has ${frames} frames; choose one, from 1 to ${frames}, ` +
        'by the option frame (--frame N), or in a batch all of them by frames: all (--frames all)',
      { shape, frames },
    );
  }
  assertFrame(wanted, frames);
  return wanted;
}

/** @throws Problem `volume-not-3d` when the volume does not have this frame */
export function assertFrame(wanted: number | undefined, frames = 1): void {
  if (wanted === undefined || (wanted >= 1 && wanted <= frames)) return;
  const has = frames === 1 ? 'it is one 3D volume' : `it has the frames 1 to ${frames}`;
  throw new Problem('volume-not-3d', `frame ${wanted} was asked for, but ${has}`, { frame: wanted, frames });
}

/** Extensions between header and voxels are skipped unread: they may hold anything, patient names included. */
function voxelOffsetOf(
  { voxOffset }: HeaderFields,
  version: 1 | 2,
  isPair: boolean,
): Repaired & { voxelOffset: number } {
  const least = HEADER_BYTES[version];
  const usual = least + 4;
  const most = usual + MAX_EXTENSION_BYTES;
  if (isPair && !(voxOffset >= least)) {
    throw new Problem(
      'nifti-pair-unsupported',
      'the header says that its voxels lie in an .img file of their own, which is not there; give both files to the command line, or convert the pair to one .nii file',
    );
  }
  // niftilib and nibabel write and read 0 for "where the header ends".
  if (voxOffset === 0) return { voxelOffset: usual, repairs: [`vox_offset of the header is 0, which means ${usual}.`] };
  if (!Number.isInteger(voxOffset) || voxOffset < least || voxOffset > most) {
    throw invalid(`expected vox_offset to be 0, or a whole number from ${least} to ${most}, it is ${voxOffset}`, {
      voxOffset: String(voxOffset),
    });
  }
  return {
    voxelOffset: voxOffset,
    repairs: [
      ...(isPair
        ? ['The magic of the header is that of a pair of files, but the voxels follow it in the same file.']
        : []),
      ...(voxOffset < usual ? [`vox_offset of the header is ${voxOffset}: the voxels follow it without a gap.`] : []),
    ],
  };
}

/** In the .img file of a pair. */
function pairOffset({ voxOffset }: HeaderFields): Repaired & { voxelOffset: number } {
  if (Number.isInteger(voxOffset) && voxOffset >= 0 && voxOffset <= MAX_EXTENSION_BYTES) {
    return { voxelOffset: voxOffset, repairs: [] };
  }
  throw invalid(`expected vox_offset to be a whole number of bytes in the .img file, it is ${voxOffset}`, {
    voxOffset: String(voxOffset),
  });
}

function scalingOf({ slope, intercept }: HeaderFields): NiftiHeader['scaling'] {
  if (slope === 0 || !Number.isFinite(slope)) return undefined;
  if (!Number.isFinite(intercept)) throw invalid(`scl_slope is ${slope}, but scl_inter is ${intercept}`);
  return { slope, intercept };
}

function invalid(detail: string, fields: Record<string, unknown> = {}): Problem {
  return new Problem('nifti-header-invalid', detail, fields);
}
