import { randomUUID } from 'node:crypto';
import type { JobRequest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { ATTEMPTS, JobData, type Control } from '@parse3d/control';
import { jobAttributes, type Tracing } from '@parse3d/platform/telemetry';
import { DelayedError, UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq';
import type { AttemptDeps } from './attempt/deps.js';
import { ProgressReporter } from './attempt/progress.js';
import { runAttempt } from './attempt/run.js';
import { traceAttempt } from './attempt/trace.js';
import { partOf } from './place.js';

/** Why a running attempt is to stop. */
type StopReason = 'canceled' | 'draining' | 'stale';

class Stopped extends Error {
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(reason);
    this.reason = reason;
  }
}

/** Turns BullMQ's calls into attempts, and their ends into what BullMQ, the record and the manifest must say. */
export class Processor {
  readonly #deps: AttemptDeps;
  readonly #active = new Map<string, AbortController>();
  readonly #onStoring: (count: number) => void;
  #storing = 0;

  /** @param onStoring called with how many attempts have left their slot and only store what was computed */
  constructor(deps: AttemptDeps, onStoring: (count: number) => void) {
    this.#deps = deps;
    this.#onStoring = onStoring;
  }

  /** Attempts in work, fetching ones included. */
  get activeCount(): number {
    return this.#active.size;
  }

  /** Somebody asked to cancel. Jobs of other workers are left to them. */
  cancel(jobId: string): void {
    this.#active.get(jobId)?.abort(new Stopped('canceled'));
  }

  /** Hands every running job back. */
  abandonAll(): void {
    for (const controller of this.#active.values()) controller.abort(new Stopped('draining'));
  }

  /** BullMQ's processor. */
  async process(job: Job<JobData, void>, token: string | undefined): Promise<void> {
    const { jobId, run } = JobData.parse(job.data);
    const attemptId = randomUUID();
    const identity = { jobId, run, attemptId, attempt: Math.max(1, job.attemptsStarted) };
    const { tracing, jobs } = this.#deps;
    const claimed = await jobs.claim(identity, this.#deps.workerId);
    if (claimed.outcome === 'ended') return;
    const { request } = claimed;
    tracing.active().annotate({ ...jobAttributes(request), 'parse3d.attempt': identity.attempt });
    if (claimed.outcome === 'canceled') return jobs.endCanceled(request, attemptId);

    const log = this.#deps.log.child({
      jobId,
      run,
      attempt: identity.attempt,
      tenant: request.tenant,
      pack: request.pack.id,
    });
    const stop = new AbortController();
    this.#active.set(jobId, stop);
    const progress = new ProgressReporter(jobs, identity, (verdict) => {
      stop.abort(new Stopped(verdict === 'stop' ? 'canceled' : 'stale'));
    });
    const startedAt = Date.now();
    let storing = false;
    const onComputed = (): void => {
      storing = true;
      this.#onStoring(++this.#storing);
    };
    try {
      progress.at('fetch', 0, request.input.bytes);
      const won = await runAttempt(request, attemptId, progress, onComputed, this.#deps, stop.signal);
      this.#deps.place.succeeded(request.pack.id);
      this.#deps.metrics.attempts.inc({ outcome: won ? 'completed' : 'overtaken' });
      this.#deps.metrics.observeStages(progress.durationsMs());
      traceAttempt(tracing, progress.timeline(), won ? 'completed' : 'overtaken');
      log.info({ durationMs: Date.now() - startedAt, won }, 'attempt finished');
    } catch (error) {
      const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
      if (cause instanceof Stopped) traceAttempt(tracing, progress.timeline(), cause.reason);
      else traceAttempt(tracing, progress.timeline(), 'failed', Problem.from(cause).code);
      await progress.close();
      await this.#fail(job, token, request, attemptId, cause);
    } finally {
      await progress.close();
      // A job that stalled may have come back to this worker meanwhile.
      if (this.#active.get(jobId) === stop) this.#active.delete(jobId);
      if (storing) this.#onStoring(--this.#storing);
    }
  }

  /** A job that BullMQ gave up without asking us: it stalled or was started too often. */
  async giveUp(data: unknown, reason: string): Promise<void> {
    const { jobId, run } = JobData.parse(data);
    await this.#deps.jobs.giveUp(jobId, run, reason);
  }

  async #fail(
    job: Job<JobData, void>,
    token: string | undefined,
    request: JobRequest,
    attemptId: string,
    error: unknown,
  ): Promise<void> {
    const { jobs, metrics, log } = this.#deps;
    const { jobId, run } = request;
    if (error instanceof Stopped) {
      metrics.attempts.inc({ outcome: error.reason });
      switch (error.reason) {
        case 'canceled':
          return jobs.endCanceled(request, attemptId);
        case 'stale':
          // Another attempt owns the job; it will say how it ends.
          throw new Error('replaced by another attempt');
        case 'draining':
          await jobs.release({ jobId, run, attemptId });
          // Back to the front without spending an attempt.
          await job.moveToWait(token);
          throw new WaitingError();
        default:
          error.reason satisfies never;
      }
    }
    const problem = Problem.from(error);
    if (problem.fault === 'place' && problem.retry === 'later' && this.#mayWait(request)) {
      return this.#handBack(job, token, request, attemptId, problem);
    }
    const last = problem.retry === 'never' || job.attemptsMade + 1 >= ATTEMPTS;
    metrics.attempts.inc({ outcome: last ? 'failed' : 'will-retry' });
    // What is wrong with a volume names it, and names of files can name patients: the manifest tells, the log does not.
    const err = problem.retry === 'never' || problem.code === 'storage-unavailable' ? undefined : error;
    log.warn({ jobId, run, code: problem.code, err, last }, 'attempt failed');
    if (!last) {
      await jobs.release({ jobId, run, attemptId }, problem.toJSON());
      throw problem;
    }
    await jobs.fail(request, attemptId, problem.toJSON());
    throw new UnrecoverableError(problem.code);
  }

  /** A job waits for a place that is well for as long as the service is willing to keep it. */
  #mayWait({ createdAt }: JobRequest): boolean {
    return Date.now() - Date.parse(createdAt) < this.#deps.config.PARSE3D_PLACE_WAIT;
  }

  /** The place is at fault: the job goes back without spending an attempt, and comes again after a pause. */
  async #handBack(
    job: Job<JobData, void>,
    token: string | undefined,
    { jobId, run, pack }: JobRequest,
    attemptId: string,
    problem: Problem,
  ): Promise<never> {
    const { jobs, place, metrics, log, stores } = this.#deps;
    const pauseMs = place.report(partOf(problem, pack.id, stores.primary.bucket), problem);
    metrics.attempts.inc({ outcome: 'handed-back' });
    log.warn({ jobId, run, code: problem.code, pauseMs }, 'the place is at fault: job handed back');
    await jobs.release({ jobId, run, attemptId }, problem.toJSON());
    await job.moveToDelayed(Date.now() + pauseMs, token);
    throw new DelayedError();
  }
}

export interface BullWorkerOptions {
  readonly intake: Control['intake'];
  readonly name: string;
  readonly concurrency: number;
  readonly telemetry: Tracing['bull'];
  readonly onError: (error: Error) => void;
}

/** The BullMQ worker that feeds a processor. It begins at once. */
export function openBullWorker(processor: Processor, options: BullWorkerOptions): Worker<JobData, void> {
  const { intake, name, concurrency, telemetry, onError } = options;
  const { queueName, connection, prefix, timings } = intake;
  const worker = new Worker<JobData, void>(queueName, (job, token) => processor.process(job, token), {
    connection,
    prefix,
    name,
    concurrency,
    ...(telemetry === undefined ? {} : { telemetry }),
    ...timings,
  });
  worker.on('error', onError);
  worker.on('failed', (job, error) => {
    // Our own failures have committed their manifest before; what is left was given up by BullMQ itself.
    if (job === undefined || (job.attemptsMade < ATTEMPTS && !isGivenUp(error))) return;
    processor.giveUp(job.data, error.message).catch(onError);
  });
  return worker;
}

function isGivenUp(error: Error): boolean {
  return error.name === 'UnrecoverableError' || /stalled more than|started more than/.test(error.message);
}
