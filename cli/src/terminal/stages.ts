import { stages, type Stage } from '@parse3d/contract';
import { formatSeconds } from './format.js';
import type { ProgressLine } from './progress.js';

/** Rough share of the time of a run on this machine that each stage takes; a run here neither fetches nor uploads. */
const SHARE: Readonly<Record<Stage, number>> = {
  fetch: 0,
  read: 0.08,
  prepare: 0.07,
  infer: 0.7,
  restore: 0.05,
  encode: 0.1,
  upload: 0,
  commit: 0,
};

/** Shows the engine's stages as one line that fills up, with an estimate of the time left. */
export function stageProgress(line: ProgressLine): {
  at(progress: { stage: Stage; done: number; total: number }): void;
  end(text: string): void;
} {
  const startedAt = Date.now();
  return {
    at: ({ stage, done, total }) => {
      const before = stages.slice(0, stages.indexOf(stage)).reduce((sum, earlier) => sum + SHARE[earlier], 0);
      const share = Math.min(1, before + SHARE[stage] * (total > 0 ? Math.min(1, done / total) : 0));
      const elapsed = (Date.now() - startedAt) / 1000;
      const count = total > 1 ? ` ${done} of ${total}` : '';
      // Too early an estimate is worse than none.
      const eta = share > 0.15 && elapsed > 1 ? `, ${formatSeconds((elapsed * (1 - share)) / share)} left` : '';
      line.update(share, `${stage}${count}${eta}`);
    },
    end: (text) => {
      line.update(1, text);
      line.end(`${text} in ${formatSeconds((Date.now() - startedAt) / 1000)}`);
    },
  };
}
