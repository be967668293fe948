import type { Stage } from '@parse3d/contract';
import type { OnProgress } from './types.js';

export interface StageClock {
  /** Passes progress on, and starts a stage's time when it is first heard of. */
  readonly report: OnProgress;
  /** Ends the last stage. @returns milliseconds per stage */
  stop(): Partial<Record<Stage, number>>;
}

/** Times stages from the progress that is reported anyway: a stage lasts until another one begins. */
export function stageClock(onProgress: OnProgress, now: () => number = () => performance.now()): StageClock {
  const timings: Partial<Record<Stage, number>> = {};
  let current: { stage: Stage; since: number } | undefined;
  const finish = (): void => {
    if (current === undefined) return;
    timings[current.stage] = (timings[current.stage] ?? 0) + now() - current.since;
    current = undefined;
  };
  return {
    report: (progress) => {
      if (progress.stage !== current?.stage) {
        finish();
        current = { stage: progress.stage, since: now() };
      }
      onProgress(progress);
    },
    stop: () => {
      finish();
      return timings;
    },
  };
}
