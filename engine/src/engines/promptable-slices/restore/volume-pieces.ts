import type { Shape, VoxelArray } from '@parse3d/volume/geometry';
import { writeSlice, type SliceStack } from '../slices/stack.js';

/** A volume whose slices do not follow its memory is put together in parts of at most this many voxels. */
const PART_VOXELS = 64 * 1024 * 1024;

/**
 * A volume in pieces, in memory order, from slices that are made when they are needed. Where the slices are the planes
 * of the volume's memory, each piece is one of them; else a piece is as many planes as `partVoxels` allows, and every
 * slice is made once for each piece.
 */
export function* volumePieces<T extends VoxelArray>(
  shape: Shape,
  stack: SliceStack,
  slice: (index: number) => T | undefined,
  allocate: (length: number) => T,
  partVoxels = PART_VOXELS,
): Generator<T> {
  const [ni, nj, nk] = shape;
  const plane = ni * nj;
  const alongMemory = stack.own.axis === 'k';
  const planes = alongMemory ? 1 : Math.max(1, Math.floor(partVoxels / plane));
  for (let k = 0; k < nk; k += planes) {
    const part = allocate(plane * Math.min(planes, nk - k));
    const shift = -k * plane;
    const own = stack.own.reversed ? nk - 1 - k : k;
    const wanted = alongMemory ? [own] : Array.from({ length: stack.depth }, (_, n) => n);
    for (const index of wanted) {
      const made = slice(index);
      // What lies outside of the part falls off: a typed array ignores writes beyond its ends.
      if (made !== undefined) writeSlice(made, stack, index, part, shift);
    }
    yield part;
  }
}
