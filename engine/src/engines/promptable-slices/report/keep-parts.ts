import type { Prompt, RemovedParts } from '@parse3d/contract';
import type { KeepParts } from '@parse3d/contract/packs';
import { partsToRemove, voxelVolumeMl, type Geometry } from '@parse3d/volume/geometry';
import type { Labels } from '../../../steps/step.js';
import { inVoxels, removedOf } from '../../keep-rules.js';
import type { MaskCounts } from '../restore/mask-counts.js';
import { MaskRuns, RunFinder } from './mask-runs.js';
import { MaskStore } from './mask-store.js';

/** Runs of voxels in memory order: first voxel and length. */
type Runs = readonly (readonly [start: number, length: number])[];

/** A run whose masks are known and whose label map is painted. */
export interface PaintedRun {
  readonly geometry: Geometry;
  readonly prompts: readonly Prompt[];
  readonly rules: readonly (KeepParts | undefined)[];
  readonly labels: Labels;
  readonly counts: MaskCounts;
  readonly threshold: number;
  /** Of a prompt, in memory order; without the slices that hold none of some voxels, if these are given. */
  readonly probabilityPieces: (prompt: number, voxels?: Float64Array) => Iterable<Float32Array>;
  readonly maskPieces: (prompt: number) => Iterable<Uint8Array>;
}

export interface KeptParts {
  /** Per prompt; undefined without a rule. */
  readonly removed: readonly (RemovedParts | undefined)[];
  /** The masks without what was removed. */
  readonly maskPieces: (prompt: number) => Iterable<Uint8Array>;
}

/**
 * Takes the parts that do not stay out of the masks, their counts and the label map. A voxel that a prompt loses goes to
 * the most probable one of those that still claim it, as if that part had never been found. One mask is held at a time.
 */
export function keepParts(run: PaintedRun): KeptParts {
  const { rules, geometry, counts, maskPieces } = run;
  const gone = new Map<number, Runs>();
  const store = new MaskStore(geometry.shape, (prompt) => {
    const runs = gone.get(prompt);
    return runs === undefined ? maskPieces(prompt) : without(maskPieces(prompt), runs);
  });
  const removed = rules.map((rule, prompt) => {
    if (rule === undefined || counts.voxels[prompt] === 0) return removedOf(rule, undefined);
    const found = findMask(run, prompt);
    const parts = partsToRemove(found.mask, geometry.shape, inVoxels(rule, voxelVolumeMl(geometry)));
    if (parts.removedVoxels > 0) gone.set(prompt, parts.runs);
    store.put(prompt, recount(counts, prompt, found, parts.runs));
    return removedOf(rule, parts);
  });
  repaint(run, gone);
  return { removed, maskPieces: (prompt) => store.pieces(prompt) };
}

interface FoundMask {
  readonly mask: Uint8Array;
  readonly runs: MaskRuns;
  /** Of the probabilities in each run. */
  readonly sums: readonly number[];
  readonly maxima: readonly number[];
}

function findMask({ geometry, threshold, probabilityPieces, labels }: PaintedRun, prompt: number): FoundMask {
  const sums: number[] = [];
  const maxima: number[] = [];
  const finder = new RunFinder(geometry.shape, threshold, (sum, max) => {
    sums.push(sum);
    maxima.push(max);
  });
  for (const piece of probabilityPieces(prompt)) finder.add(piece);
  const { runs } = finder;
  const mask = new Uint8Array(labels.length);
  for (let n = 0; n < runs.count; n++) mask.fill(1, runs.start(n), runs.start(n) + runs.length(n));
  return { mask, runs, sums, maxima };
}

/** Voxels and probabilities of a prompt over what is left of its mask. @returns what is left */
function recount(counts: MaskCounts, prompt: number, { runs, sums, maxima }: FoundMask, gone: Runs): MaskRuns {
  if (gone.length === 0) return runs;
  const left = new MaskRuns();
  let [voxels, sum, max, next] = [0, 0, 0, 0];
  for (let n = 0; n < runs.count; n++) {
    // Both are the runs of one mask, row by row.
    if (gone[next]?.[0] === runs.start(n)) {
      next++;
      continue;
    }
    left.push(runs.start(n), runs.length(n));
    voxels += runs.length(n);
    sum += sums[n] ?? 0;
    max = Math.max(max, maxima[n] ?? 0);
  }
  counts.voxels[prompt] = voxels;
  counts.sum[prompt] = sum;
  counts.max[prompt] = max;
  return left;
}

/** Gives the voxels of the label map that lost their prompt to the next one. */
function repaint(run: PaintedRun, lost: ReadonlyMap<number, Runs>): void {
  const { labels, prompts, threshold, counts, probabilityPieces } = run;
  const open: number[] = [];
  for (const [prompt, gone] of lost) {
    const label = prompts[prompt]?.label;
    for (const [start, length] of gone) {
      for (let n = start; n < start + length; n++) {
        if (labels[n] !== label) continue;
        labels[n] = 0;
        open.push(n);
      }
    }
  }
  if (open.length === 0 || prompts.length === 1) return;
  const voxels = Float64Array.from(open).sort();
  const best = new Float32Array(voxels.length);
  const least = Math.fround(threshold);
  prompts.forEach(({ label }, prompt) => {
    if (counts.voxels[prompt] === 0) return;
    const gone = lost.get(prompt) ?? [];
    let [at, next, run] = [0, 0, 0];
    for (const piece of probabilityPieces(prompt, voxels)) {
      const end = at + piece.length;
      for (let voxel = voxels[next]; voxel < end; voxel = voxels[++next]) {
        while (run < gone.length && endOf(gone[run]) <= voxel) run++;
        const probability = piece[voxel - at];
        const isGone = run < gone.length && (gone[run]?.[0] ?? Infinity) <= voxel;
        if (isGone || !(probability > least) || probability <= best[next]) continue;
        best[next] = probability;
        labels[voxel] = label;
      }
      at = end;
    }
  });
}

const endOf = (run: readonly [number, number] | undefined): number => (run === undefined ? 0 : run[0] + run[1]);

/** The pieces of a mask without some runs. */
function* without(pieces: Iterable<Uint8Array>, gone: Runs): Generator<Uint8Array> {
  let [at, run] = [0, 0];
  for (const piece of pieces) {
    const end = at + piece.length;
    for (; run < gone.length; run++) {
      const start = gone[run]?.[0] ?? 0;
      if (start >= end) break;
      piece.fill(0, Math.max(0, start - at), Math.min(piece.length, endOf(gone[run]) - at));
      // A run may go on in the next piece.
      if (endOf(gone[run]) > end) break;
    }
    yield piece;
    at = end;
  }
}
