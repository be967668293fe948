import { stages, type Stage } from '@parse3d/contract';
import type { Attempt, Control } from '@parse3d/control';

/** Rough share of a job's time that each stage takes, for the bar and the estimate; they sum to 1. */
const SHARE: Readonly<Record<Stage, number>> = {
  fetch: 0.05,
  read: 0.05,
  prepare: 0.05,
  infer: 0.65,
  restore: 0.05,
  encode: 0.07,
  upload: 0.06,
  commit: 0.02,
};

/** Writes to Redis at most so often, and at least so often even when nothing moves. */
const REPORT_EVERY_MS = 500;
const HEARTBEAT_MS = 2_000;

/** When a stage went on; in ms since 1970. */
export interface StageTime {
  readonly stage: Stage;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Tells Redis where an attempt stands, and hears from it, at every report, whether the job is to stop or belongs to
 * another attempt by now.
 */
export class ProgressReporter {
  readonly #jobs: Control['jobs'];
  readonly #attempt: Attempt;
  readonly #onVerdict: (verdict: 'stop' | 'stale') => void;
  readonly #startedAt = Date.now();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #stageStartedAt = new Map<Stage, number>();
  readonly #stageEndedAt = new Map<Stage, number>();
  #stage: Stage = 'fetch';
  #share = 0;
  #message: string | undefined;
  #reportedAt = 0;
  #sending: Promise<void> = Promise.resolve();

  constructor(jobs: Control['jobs'], attempt: Attempt, onVerdict: (verdict: 'stop' | 'stale') => void) {
    this.#jobs = jobs;
    this.#attempt = attempt;
    this.#onVerdict = onVerdict;
    this.#heartbeat = setInterval(() => this.#report(true), HEARTBEAT_MS);
  }

  /** `done` of `total` steps of a stage; what the steps are is the stage's own affair. */
  at(stage: Stage, done: number, total: number): void {
    const newStage = stage !== this.#stage || !this.#stageStartedAt.has(stage);
    if (newStage) this.#stageStartedAt.set(stage, Date.now());
    this.#stage = stage;
    this.#share = total > 0 ? Math.min(1, done / total) : 0;
    this.#message = total > 1 ? `${done} of ${total}` : undefined;
    this.#report(newStage);
  }

  /** The stage is over, and the next one has yet to wait for its turn. */
  stageDone(): void {
    this.#stageEndedAt.set(this.#stage, Date.now());
  }

  /** The stages so far. One ends with the first sign of the next, unless it was told to be done before. */
  timeline(): StageTime[] {
    const entered = [...this.#stageStartedAt];
    return entered.map(([stage, startMs], index) => ({
      stage,
      startMs,
      endMs: this.#stageEndedAt.get(stage) ?? entered[index + 1]?.[1] ?? Date.now(),
    }));
  }

  durationsMs(): Partial<Record<Stage, number>> {
    return Object.fromEntries(this.timeline().map(({ stage, startMs, endMs }) => [stage, endMs - startMs]));
  }

  /** Ends the reports and waits for the last one. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#sending;
  }

  #report(atOnce: boolean): void {
    const now = Date.now();
    if (!atOnce && now - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = now;
    const progress = this.#overall();
    const elapsed = (now - this.#startedAt) / 1_000;
    const report = {
      ...this.#attempt,
      stage: this.#stage,
      progress: Number(progress.toFixed(3)),
      // Too early an estimate is worse than none.
      etaSeconds: progress > 0.15 ? Math.ceil((elapsed * (1 - progress)) / progress) : undefined,
      message: this.#message,
    };
    // One after the other: a late report must not overtake a later one. Redis being away is no reason to stop work.
    this.#sending = this.#sending.then(async () => {
      const verdict = await this.#jobs.report(report).catch(() => 'ok' as const);
      if (verdict !== 'ok') this.#onVerdict(verdict);
    });
  }

  #overall(): number {
    let before = 0;
    for (const stage of stages) {
      if (stage === this.#stage) break;
      before += SHARE[stage];
    }
    return Math.min(1, before + SHARE[this.#stage] * this.#share);
  }
}
