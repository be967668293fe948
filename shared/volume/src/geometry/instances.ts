import type { VoxelArray } from './types.js';

/** How well single objects were found. */
export interface InstanceScore {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  /** 2·TP / (2·TP + FP + FN), 0 to 1; 1 when there is nothing to find and nothing was found. */
  readonly f1: number;
}

/**
 * Matches the objects of two instance label maps (every number but 0 is one object) that overlap by at least `threshold`
 * of their union.
 * @param threshold intersection over union, at least 0.5 @default 0.5
 */
export function instanceScore(reference: VoxelArray, found: VoxelArray, threshold = 0.5): InstanceScore {
  if (reference.length !== found.length) {
    throw new RangeError(`cannot compare ${reference.length} voxels with ${found.length}`);
  }
  if (!(threshold >= 0.5 && threshold <= 1))
    throw new RangeError(`expected a threshold from 0.5 to 1, got ${threshold}`);
  const sizes = { reference: new Map<number, number>(), found: new Map<number, number>() };
  const overlaps = new Map<number, Map<number, number>>();
  for (let n = 0; n < reference.length;) {
    const [a = 0, b = 0] = [reference[n], found[n]];
    const start = n;
    // Labels come in runs: the maps are touched once per run.
    while (n < reference.length && reference[n] === a && found[n] === b) n += 1;
    if (n === start) throw new RangeError('expected labels, got a voxel that is not a number');
    if (a !== 0) sizes.reference.set(a, (sizes.reference.get(a) ?? 0) + n - start);
    if (b !== 0) sizes.found.set(b, (sizes.found.get(b) ?? 0) + n - start);
    if (a === 0 || b === 0) continue;
    const row = overlaps.get(a) ?? new Map<number, number>();
    overlaps.set(a, row.set(b, (row.get(b) ?? 0) + n - start));
  }
  // From 0.5 on an object has one partner, or two that are exactly its halves and have no other: taking the first that
  // is free is the best assignment.
  const taken = new Set<number>();
  for (const [a, row] of overlaps) {
    for (const [b, both] of row) {
      const union = (sizes.reference.get(a) ?? 0) + (sizes.found.get(b) ?? 0) - both;
      if (taken.has(b) || both / union < threshold) continue;
      taken.add(b);
      break;
    }
  }
  const truePositives = taken.size;
  const falsePositives = sizes.found.size - truePositives;
  const falseNegatives = sizes.reference.size - truePositives;
  const all = 2 * truePositives + falsePositives + falseNegatives;
  return { truePositives, falsePositives, falseNegatives, f1: all === 0 ? 1 : (2 * truePositives) / all };
}
