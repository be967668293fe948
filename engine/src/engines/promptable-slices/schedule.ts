import type { SliceSource } from './slice-source.js';

/** Slices between those that are looked at first. */
const STEP = 4;

/** What `adaptive` looks at first: every fourth slice and the last one, without those of one grey value. */
export function coarseSlices(source: SliceSource): number[] {
  const { depth } = source.model;
  return range(0, depth).filter((index) => (index % STEP === 0 || index === depth - 1) && !isConstant(source, index));
}

/** The slices between those that show something and the next ones that were looked at already. */
export function fineSlices(
  source: SliceSource,
  coarse: readonly number[],
  shows: (index: number) => boolean,
): number[] {
  const seen = new Set(coarse);
  const near = new Set(coarse.filter(shows).flatMap((index) => range(index - STEP + 1, index + STEP)));
  return range(0, source.model.depth).filter(
    (index) => near.has(index) && !seen.has(index) && !isConstant(source, index),
  );
}

function isConstant({ looks }: SliceSource, index: number): boolean {
  return looks.every((look) => look.isConstant(index));
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
