import type { VoxelArray } from '../geometry/index.js';

/** Which voxels of a volume have no value (NaN or infinite in the file): a bit a voxel, in memory order. */
export class MissingVoxels {
  readonly #bits: Uint8Array;
  readonly voxels: number;
  #count = 0;

  constructor(voxels: number) {
    this.voxels = voxels;
    this.#bits = new Uint8Array(Math.ceil(voxels / 8));
  }

  /** How many voxels are missing. */
  get count(): number {
    return this.#count;
  }

  has(voxel: number): boolean {
    return (this.#bits[voxel >> 3] & (1 << (voxel & 7))) !== 0;
  }

  add(voxel: number): void {
    if (this.has(voxel)) return;
    this.#bits[voxel >> 3] = this.#bits[voxel >> 3] | (1 << (voxel & 7));
    this.#count += 1;
  }

  /** Sets missing voxels to 0. `from` is the voxel that `data` begins with. */
  clear(data: VoxelArray, from = 0): void {
    for (let n = 0; n < data.length; n += 1) if (this.has(from + n)) data[n] = 0;
  }

  /** The values that are there, one after another; at least one, so that they can be measured. */
  present<T extends VoxelArray>(data: T): T {
    const values = data.slice(0, Math.max(1, data.length - this.#count)) as T;
    let to = 0;
    for (let n = 0; n < data.length; n += 1) {
      if (this.has(n)) continue;
      values[to] = data[n];
      to += 1;
    }
    return values;
  }
}

/**
 * Replaces NaN and infinities, in place, by the smallest finite value (0 where there is none).
 * @returns where they were; undefined where every voxel has a value
 */
export function replaceNonFinite(data: VoxelArray): MissingVoxels | undefined {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return undefined;
  let count = 0;
  let least = Infinity;
  for (let n = 0; n < data.length; n += 1) {
    const value = data[n];
    // Infinity and NaN less themselves are NaN.
    if (value - value !== 0) count += 1;
    else if (value < least) least = value;
  }
  if (count === 0) return undefined;
  const missing = new MissingVoxels(data.length);
  const replacement = least === Infinity ? 0 : least;
  for (let n = 0; n < data.length; n += 1) {
    if (Number.isFinite(data[n])) continue;
    missing.add(n);
    data[n] = replacement;
  }
  return missing;
}
