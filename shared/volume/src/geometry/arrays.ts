import type { VoxelArray } from './types.js';

/** A zeroed array of the same type. */
export function allocateLike<T extends VoxelArray>(like: T, length: number): T {
  // TypeScript types `constructor` as Function; every typed array's constructor takes a length.
  const Constructor = like.constructor as new (length: number) => T;
  return new Constructor(length);
}

/** Float64 for sources that float32 cannot hold exactly, else float32. */
export function allocateReal(like: VoxelArray, length: number): Float32Array | Float64Array {
  const wide = like instanceof Float64Array || like instanceof Int32Array || like instanceof Uint32Array;
  return wide ? new Float64Array(length) : new Float32Array(length);
}
