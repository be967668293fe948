import type { JobOptions } from '@parse3d/contract';
import type { OnProgress } from '../../types.js';
import type { ExistenceTable } from './existence.js';
import { coarseSlices, fineSlices } from './schedule.js';
import { scoreSlices, type ScoringRun } from './score-slices.js';
import type { SliceScores } from './slice-scores.js';
import type { MaskSpool } from './spool.js';

export interface ScheduledRun extends Omit<ScoringRun, 'onSlices'> {
  readonly schedule: NonNullable<JobOptions['schedule']>;
  /** Given where masks must outlast their slice; `adaptive` needs it, since it does not go in order. */
  readonly spool: MaskSpool | undefined;
  readonly existence: ExistenceTable;
  readonly onProgress: OnProgress;
  /** Told of the slices that `adaptive` ran. */
  readonly onRan: (indices: readonly number[]) => void;
}

/** The scores of every slice in rising order, by the job's schedule; what was not run shows nothing. */
export async function* scheduledSlices(run: ScheduledRun): AsyncGenerator<SliceScores> {
  const { depth } = run.source.model;
  if (run.schedule === 'full' || run.spool === undefined) {
    yield* observed(
      Array.from({ length: depth }, (_, n) => n),
      0,
      run,
    );
    return;
  }
  const { spool } = run;
  const logits = new Map<number, Float32Array>();
  const spoolAll = async (indices: readonly number[], before: number): Promise<void> => {
    for await (const { index, existence, planes } of observed(indices, before, run)) {
      logits.set(index, existence);
      planes.forEach((plane, prompt) => plane && spool.put(index, prompt, plane));
    }
  };
  const coarse = coarseSlices(run.source);
  await spoolAll(coarse, 0);
  const fine = fineSlices(run.source, coarse, (index) => logits.get(index)?.some((logit) => logit > 0) ?? false);
  await spoolAll(fine, coarse.length);
  run.onRan([...coarse, ...fine]);
  for (let index = 0; index < depth; index++) {
    const existence = logits.get(index) ?? new Float32Array(run.prompts).fill(-Infinity);
    yield { index, existence, planes: Array.from(existence, (_, prompt) => spool.get(index, prompt)) };
  }
}

/** Scores slices, tells of progress, and notes what exists. */
async function* observed(indices: readonly number[], before: number, run: ScheduledRun): AsyncGenerator<SliceScores> {
  let done = before;
  const tell = (): void => run.onProgress({ stage: 'infer', done, total: before + indices.length });
  tell();
  const onSlices = (count: number): void => {
    done += count;
    tell();
  };
  for await (const scores of scoreSlices(indices, { ...run, onSlices })) {
    run.existence.set(scores.index, scores.existence);
    yield scores;
  }
}
