import { connectRuns } from './run-components.js';
import type { Shape } from './types.js';

/** Which parts of a mask stay. */
export interface KeepRule {
  /** How many parts stay, the largest first; of equals the first in memory. @default all */
  readonly keepLargest?: number | undefined;
  /** Parts of fewer voxels go. @default 0 */
  readonly minVoxels?: number | undefined;
}

/** What a rule takes out of a mask. */
export interface RemovedParts {
  /** Connected parts that were there. */
  readonly components: number;
  readonly removedComponents: number;
  readonly removedVoxels: number;
  /** Runs of voxels that go, in memory order: first voxel and length. */
  readonly runs: readonly (readonly [start: number, length: number])[];
}

/** Finds what a rule takes out of a mask of 0 and 1; parts are voxels that touch by faces. The mask stays as it is. */
export function partsToRemove(mask: Uint8Array, shape: Shape, { keepLargest, minVoxels }: KeepRule): RemovedParts {
  const start: number[] = [];
  const length: number[] = [];
  const part: number[] = [];
  const parts = connectRuns(mask, shape, (at, size, _label, number) => {
    start.push(at);
    length.push(size);
    part.push(number);
  });
  const whole = [...parts.whole()];
  const kept = whole
    .filter(({ voxels }) => voxels >= (minVoxels ?? 0))
    .sort((a, b) => b.voxels - a.voxels || a.part - b.part)
    .slice(0, keepLargest);
  if (kept.length === whole.length) {
    return { components: whole.length, removedComponents: 0, removedVoxels: 0, runs: [] };
  }
  const stays = new Uint8Array(parts.count);
  for (const { part: number } of kept) stays[number] = 1;
  const runs = start.flatMap((at, n): [number, number][] =>
    stays[parts.root(part[n] ?? 0)] === 1 ? [] : [[at, length[n] ?? 0]],
  );
  return {
    components: whole.length,
    removedComponents: whole.length - kept.length,
    removedVoxels: runs.reduce((sum, [, size]) => sum + size, 0),
    runs,
  };
}
