import type { VoxelArray } from './types.js';

/**
 * Dice overlap of two arrays of equal length: 2·|A∩B| / (|A|+|B|), from 0 to 1.
 * Two empty sets agree: 1.
 * @param label the label to compare; without it every voxel that is not 0 belongs to the set (masks)
 */
export function dice(a: VoxelArray, b: VoxelArray, label?: number): number {
  if (a.length !== b.length) throw new RangeError(`cannot compare ${a.length} voxels with ${b.length}`);
  let sum = 0;
  let both = 0;
  for (let n = 0; n < a.length; n += 1) {
    const inA = label === undefined ? a[n] !== 0 : a[n] === label;
    const inB = label === undefined ? b[n] !== 0 : b[n] === label;
    if (inA) sum += 1;
    if (inB) sum += 1;
    if (inA && inB) both += 1;
  }
  return sum === 0 ? 1 : (2 * both) / sum;
}
