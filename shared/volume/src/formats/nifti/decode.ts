import { endianness } from 'node:os';
import { voxelCount, type VoxelArray } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { isScaled } from './header.js';
import type { NiftiHeader } from './types.js';

/** Voxels pass through a buffer of this size, which stays in the processor's cache. Divisible by every voxel size. */
const SCRATCH_BYTES = 2 ** 17;

/**
 * Turns the bytes of voxels, as they arrive, into values in one array that is allocated once:
 * integers of up to 32 bits keep their type, unless the header scales them: then 8 and 16 bits become float32, 32 bits
 * float64. float32 stays float32. int64, uint64 and float64 become float64 (integers beyond 2^53 are rounded).
 */
export class VoxelDecoder {
  readonly out: VoxelArray;
  readonly #header: NiftiHeader;
  readonly #scratch = new ArrayBuffer(SCRATCH_BYTES);
  readonly #bytes = new Uint8Array(this.#scratch);
  readonly #stored: VoxelArray | undefined;
  readonly #swap: boolean;
  #filled = 0;
  #done = 0;

  constructor(header: NiftiHeader) {
    this.#header = header;
    this.out = allocateVoxels(header);
    this.#stored = viewOf(header, this.#scratch);
    this.#swap = header.bytesPerVoxel > 1 && header.littleEndian !== (endianness() === 'LE');
  }

  /** The caller gives no more than `header.voxelBytes` in all. */
  push(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const taken = Math.min(bytes.length - from, SCRATCH_BYTES - this.#filled);
      this.#bytes.set(bytes.subarray(from, from + taken), this.#filled);
      this.#filled += taken;
      from += taken;
      this.#drain();
    }
  }

  #drain(): void {
    const size = this.#header.bytesPerVoxel;
    const count = Math.floor(this.#filled / size);
    const whole = count * size;
    if (this.#swap) swapInPlace(Buffer.from(this.#scratch, 0, whole), size);
    const { slope, intercept } = isScaled(this.#header) && this.#header.scaling ? this.#header.scaling : IDENTITY;
    if (this.#stored === undefined) {
      decode64(this.#scratch, count, this.#header.datatype === 'int64', this.out, this.#done, slope, intercept);
    } else if (isScaled(this.#header)) {
      scale(this.#stored, count, this.out, this.#done, slope, intercept);
    } else {
      this.out.set(this.#stored.subarray(0, count), this.#done);
    }
    this.#done += count;
    this.#bytes.copyWithin(0, whole, this.#filled);
    this.#filled -= whole;
  }
}

const IDENTITY = { slope: 1, intercept: 0 } as const;

/**
 * Zeros for the values of a volume, in the type that holds them.
 * @throws Problem `volume-too-large` when memory does not suffice
 */
export function allocateVoxels(header: NiftiHeader): VoxelArray {
  const voxels = voxelCount(header.geometry.shape);
  const scaled = isScaled(header);
  try {
    switch (header.datatype) {
      case 'int8':
        return scaled ? new Float32Array(voxels) : new Int8Array(voxels);
      case 'uint8':
        return scaled ? new Float32Array(voxels) : new Uint8Array(voxels);
      case 'int16':
        return scaled ? new Float32Array(voxels) : new Int16Array(voxels);
      case 'uint16':
        return scaled ? new Float32Array(voxels) : new Uint16Array(voxels);
      case 'int32':
        return scaled ? new Float64Array(voxels) : new Int32Array(voxels);
      case 'uint32':
        return scaled ? new Float64Array(voxels) : new Uint32Array(voxels);
      case 'float32':
        return new Float32Array(voxels);
      case 'int64':
      case 'uint64':
      case 'float64':
        return new Float64Array(voxels);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Problem('volume-too-large', `${voxels} voxels of ${header.datatype} do not fit into memory`, { voxels });
  }
}

/** The scratch buffer as stored voxels; none for 64-bit integers, which JavaScript numbers cannot view. */
function viewOf(header: NiftiHeader, scratch: ArrayBuffer): VoxelArray | undefined {
  switch (header.datatype) {
    case 'int8':
      return new Int8Array(scratch);
    case 'uint8':
      return new Uint8Array(scratch);
    case 'int16':
      return new Int16Array(scratch);
    case 'uint16':
      return new Uint16Array(scratch);
    case 'int32':
      return new Int32Array(scratch);
    case 'uint32':
      return new Uint32Array(scratch);
    case 'float32':
      return new Float32Array(scratch);
    case 'float64':
      return new Float64Array(scratch);
    case 'int64':
    case 'uint64':
      return undefined;
  }
}

function swapInPlace(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else bytes.swap64();
}

function scale(
  from: VoxelArray,
  count: number,
  out: VoxelArray,
  start: number,
  slope: number,
  intercept: number,
): void {
  for (let n = 0; n < count; n += 1) out[start + n] = from[n] * slope + intercept;
}

/** Two halves in the machine's order; high · 2^32 is exact, so the sum is rounded once, as a cast would. */
function decode64(
  scratch: ArrayBuffer,
  count: number,
  signed: boolean,
  out: VoxelArray,
  start: number,
  slope: number,
  intercept: number,
): void {
  const low = new Uint32Array(scratch);
  const high = signed ? new Int32Array(scratch) : low;
  const [lowAt, highAt] = endianness() === 'LE' ? [0, 1] : [1, 0];
  for (let n = 0; n < count; n += 1) {
    const value = high[2 * n + highAt] * 4294967296 + low[2 * n + lowAt];
    out[start + n] = value * slope + intercept;
  }
}
