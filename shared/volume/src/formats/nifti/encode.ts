import { endianness } from 'node:os';
import type { VoxelArray } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import type { NiftiWriteDatatype, NiftiWriteSpec } from './types.js';

/** Voxels per piece: at most a megabyte of any datatype. */
const PIECE_VOXELS = 2 ** 17;

const arrayTypes = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const satisfies Record<NiftiWriteDatatype, unknown>;

const integerRanges = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  float32: undefined,
  float64: undefined,
} as const satisfies Record<NiftiWriteDatatype, readonly [number, number] | undefined>;

/**
 * Real values as the little-endian bytes of a file, in fresh buffers of at most a megabyte. Without scaling, integers
 * must hold the values exactly; with scaling, values are rounded to the nearest step and clamped to the range.
 * @throws Problem `internal` for a value that an unscaled integer datatype cannot hold
 */
export function* encodeVoxels(voxels: VoxelArray, spec: NiftiWriteSpec): Generator<Buffer> {
  const ArrayType = arrayTypes[spec.datatype];
  const range = integerRanges[spec.datatype];
  const { slope = 1, intercept = 0 } = spec.scaling ?? {};
  const identity = slope === 1 && intercept === 0;
  for (let start = 0; start < voxels.length; start += PIECE_VOXELS) {
    const from = voxels.subarray(start, start + PIECE_VOXELS);
    const to = new ArrayType(from.length);
    if (identity && (range === undefined || from instanceof ArrayType)) to.set(from);
    else if (range === undefined) unscale(from, to, slope, intercept);
    else if (identity) copyExactly(from, to, range, spec.datatype);
    else quantise(from, to, slope, intercept, range);
    const bytes = Buffer.from(to.buffer);
    if (endianness() === 'BE' && to.BYTES_PER_ELEMENT > 1) swapInPlace(bytes, to.BYTES_PER_ELEMENT);
    yield bytes;
  }
}

function unscale(from: VoxelArray, to: VoxelArray, slope: number, intercept: number): void {
  for (let n = 0; n < from.length; n += 1) to[n] = (from[n] - intercept) / slope;
}

function quantise(
  from: VoxelArray,
  to: VoxelArray,
  slope: number,
  intercept: number,
  [least, most]: readonly [number, number],
): void {
  for (let n = 0; n < from.length; n += 1) {
    const stored = Math.round((from[n] - intercept) / slope);
    to[n] = stored < least ? least : stored > most ? most : stored;
  }
}

function copyExactly(
  from: VoxelArray,
  to: VoxelArray,
  [least, most]: readonly [number, number],
  datatype: string,
): void {
  for (let n = 0; n < from.length; n += 1) {
    const value = from[n];
    // Wrapped or cut labels would be silent nonsense in every viewer.
    if (!(value >= least && value <= most) || !Number.isInteger(value)) {
      throw new Problem('internal', `${datatype} without scaling cannot hold the value ${value}`, { datatype });
    }
    to[n] = value;
  }
}

function swapInPlace(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else bytes.swap64();
}
