import type { Prompt, RemovedParts } from '@parse3d/contract';
import type { KeepParts } from '@parse3d/contract/packs';
import { countLabels, maskOf, partsToRemove, voxelVolumeMl, type Geometry } from '@parse3d/volume/geometry';
import type { Labels } from '../../steps/step.js';
import { inVoxels, removedOf } from '../keep-rules.js';
import type { MaskCounts } from './label-slices.js';

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
  /** Of a prompt, in memory order. */
  readonly probabilityPieces: (prompt: number) => Iterable<Float32Array>;
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
  const { rules, prompts, labels, geometry, counts, maskPieces } = run;
  const runs = new Map<number, Runs>();
  const shown = rules.some((rule) => rule !== undefined) ? countLabels(labels) : new Map<number, number>();
  const removed = rules.map((rule, prompt) => {
    const voxels = counts.voxels[prompt] ?? 0;
    if (rule === undefined || voxels === 0) return removedOf(rule, undefined);
    const label = prompts[prompt]?.label ?? 0;
    // A mask that the label map shows whole need not be made again.
    const mask = shown.get(label) === voxels ? maskOf(labels, label) : joined(maskPieces(prompt), labels.length);
    const parts = partsToRemove(mask, geometry.shape, inVoxels(rule, voxelVolumeMl(geometry)));
    if (parts.removedVoxels > 0) {
      runs.set(prompt, parts.runs);
      for (const [start, length] of parts.runs) mask.fill(0, start, start + length);
      recount(run, prompt, mask);
    }
    return removedOf(rule, parts);
  });
  repaint(run, runs);
  return {
    removed,
    maskPieces: (prompt) => {
      const gone = runs.get(prompt);
      return gone === undefined ? maskPieces(prompt) : without(maskPieces(prompt), gone);
    },
  };
}

/** Voxels and probabilities of a prompt, over what is left of its mask. */
function recount({ counts, probabilityPieces }: PaintedRun, prompt: number, mask: Uint8Array): void {
  let [at, voxels, sum, max] = [0, 0, 0, 0];
  for (const piece of probabilityPieces(prompt)) {
    for (let n = 0; n < piece.length; n++) {
      if (mask[at + n] !== 1) continue;
      const probability = piece[n] ?? 0;
      voxels++;
      sum += probability;
      if (probability > max) max = probability;
    }
    at += piece.length;
  }
  counts.voxels[prompt] = voxels;
  counts.sum[prompt] = sum;
  counts.max[prompt] = max;
}

/** Gives the voxels of the label map that lost their prompt to the next one. */
function repaint(
  { labels, prompts, threshold, counts, probabilityPieces }: PaintedRun,
  runs: ReadonlyMap<number, Runs>,
): void {
  const open: number[] = [];
  for (const [prompt, gone] of runs) {
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
    if ((counts.voxels[prompt] ?? 0) === 0) return;
    const gone = runs.get(prompt) ?? [];
    let [at, next, run] = [0, 0, 0];
    for (const piece of probabilityPieces(prompt)) {
      const end = at + piece.length;
      for (let voxel = voxels[next] ?? Infinity; voxel < end; voxel = voxels[++next] ?? Infinity) {
        while (run < gone.length && endOf(gone[run]) <= voxel) run++;
        const probability = piece[voxel - at] ?? 0;
        const isGone = run < gone.length && (gone[run]?.[0] ?? Infinity) <= voxel;
        if (isGone || !(probability > least) || probability <= (best[next] ?? 0)) continue;
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

function joined(pieces: Iterable<Uint8Array>, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
