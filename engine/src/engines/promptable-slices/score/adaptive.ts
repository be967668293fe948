import type { PreparedSlices } from '../prepare/grey-slices.js';

/** Distance of the slices that are scored first. */
const STEP = 4;

/** What `adaptive` scores first: every fourth slice and the last one, without those of one grey value. */
export function coarseSlices(slices: PreparedSlices): number[] {
  const { depth } = slices.model;
  return range(0, depth).filter((index) => (index % STEP === 0 || index === depth - 1) && !isConstant(slices, index));
}

/** The slices between those that show something and the next ones that were scored already. */
export function fineSlices(
  slices: PreparedSlices,
  coarse: readonly number[],
  shows: (index: number) => boolean,
): number[] {
  const seen = new Set(coarse);
  const near = new Set(coarse.filter(shows).flatMap((index) => range(index - STEP + 1, index + STEP)));
  return range(0, slices.model.depth).filter(
    (index) => near.has(index) && !seen.has(index) && !isConstant(slices, index),
  );
}

function isConstant({ views }: PreparedSlices, index: number): boolean {
  return views.every((view) => view.isConstant(index));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
}

/** `0-8, 12, 20-23` */
export function showRanges(indices: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else runs.push([index, index]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}
