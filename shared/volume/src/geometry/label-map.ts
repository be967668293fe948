import type { VoxelArray } from './types.js';

/** Voxels of a label map: 0 is background. */
export type LabelArray = Uint8Array | Uint16Array | Uint32Array;

/** A zeroed label map of the smallest type that holds labels up to `maxLabel`. */
export function allocateLabels(maxLabel: number, length: number): LabelArray {
  if (!Number.isInteger(maxLabel) || maxLabel < 0 || maxLabel > 0xffff_ffff) {
    throw new RangeError(`labels are integers from 0 to 4294967295, not ${maxLabel}`);
  }
  if (maxLabel <= 0xff) return new Uint8Array(length);
  return maxLabel <= 0xffff ? new Uint16Array(length) : new Uint32Array(length);
}

/** The same labels in the smallest type that holds them. Values must be whole numbers of at least 0. */
export function toLabels(data: VoxelArray): LabelArray {
  let max = 0;
  for (let n = 0; n < data.length; n += 1) {
    const value = data[n];
    if (!Number.isInteger(value) || value < 0) throw new RangeError(`labels are integers from 0, not ${value}`);
    if (value > max) max = value;
  }
  const out = allocateLabels(max, data.length);
  for (let n = 0; n < data.length; n += 1) out[n] = data[n];
  return out;
}

/** How many voxels each label has, background included; labels in rising order. */
export function countLabels(data: VoxelArray): Map<number, number> {
  const counts = new Map<number, number>();
  // Labels come in runs: the map is touched once per run, not once per voxel.
  let n = 0;
  while (n < data.length) {
    const label = data[n];
    const start = n;
    while (n < data.length && data[n] === label) n += 1;
    // NaN equals nothing, not even itself.
    if (n === start) n += 1;
    counts.set(label, (counts.get(label) ?? 0) + n - start);
  }
  return new Map([...counts].sort(([a], [b]) => a - b));
}

/** Both maps in one, in the smallest type: where both have a label, the upper one wins. */
export function mergeLabels(lower: VoxelArray, upper: VoxelArray): LabelArray {
  if (lower.length !== upper.length) throw new RangeError(`cannot merge ${lower.length} voxels with ${upper.length}`);
  let max = 0;
  for (let n = 0; n < lower.length; n += 1) max = Math.max(max, lower[n], upper[n]);
  const out = allocateLabels(max, lower.length);
  for (let n = 0; n < out.length; n += 1) out[n] = upper[n] || lower[n];
  return out;
}

/** The mask (1 inside) of one label. */
export function maskOf(labels: VoxelArray, label: number): Uint8Array {
  const mask = new Uint8Array(labels.length);
  for (let n = 0; n < mask.length; n += 1) mask[n] = labels[n] === label ? 1 : 0;
  return mask;
}

/** Labels renamed; those that `renamed` lacks become background. */
export function relabel(labels: VoxelArray, renamed: ReadonlyMap<number, number>): LabelArray {
  const out = allocateLabels(Math.max(0, ...renamed.values()), labels.length);
  for (let n = 0; n < out.length; n += 1) out[n] = renamed.get(labels[n]) ?? 0;
  return out;
}
