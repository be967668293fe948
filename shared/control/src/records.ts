import type { Redis } from 'ioredis';
import { z } from 'zod';
import {
  JobRequest,
  JobStatus,
  placeOf,
  ProblemBody,
  Stage,
  type JobEvent,
  type JobRequest as Request,
  type JobStatus as Status,
  type Manifest,
  OutputFile,
} from '@parse3d/contract';
import { BatchCounters } from './batches/counters.js';
import type { Lane, RedisKeys } from './keys.js';
import { Pace } from './pace.js';
import {
  acceptScript,
  cancelScript,
  claimScript,
  fedScript,
  finishScript,
  progressScript,
  releaseScript,
} from './record-scripts.js';
import { hintDue, type DueDelivery } from './webhooks/due.js';

const json = <T extends z.ZodType>(schema: T) => z.string().transform((text) => schema.parse(JSON.parse(text)));

/** The hash in Redis, parsed: Redis is an edge too. */
const StoredRecord = z.object({
  request: json(JobRequest),
  run: z.coerce.number().int(),
  status: JobStatus,
  attempt: z.coerce.number().int(),
  attemptId: z.string().optional(),
  worker: z.string().optional(),
  fed: z.string().optional(),
  cancel: z.string().optional(),
  stage: Stage.optional(),
  progress: z.coerce.number().optional(),
  etaSeconds: z.coerce.number().optional(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  problem: json(ProblemBody).optional(),
  outputs: json(z.array(OutputFile)).optional(),
});
export type JobRecord = z.infer<typeof StoredRecord>;

/** A finished job of a batch is soon forgotten: there are many of them, and the manifest tells the same. */
const BATCH_JOB_TTL_MS = 60_000;

/** A job in its tenant's list. */
export interface ListedJob {
  readonly jobId: string;
  readonly createdMs: number;
}

export type ClaimOutcome = 'ok' | 'canceled' | 'ended' | 'missing';

export interface RecordsOptions {
  /** How long a finished job's record stays in Redis, in ms; the manifest outlives it. @default 24 hours */
  readonly ttlMs?: number;
  /** Told once of every run that this process ended, for metrics. */
  readonly onCommitted?: (manifest: Manifest) => void;
}

/** The live records of jobs in Redis. Every change is one Lua call that also appends to the job's event stream. */
export class JobRecords {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #ttlMs: number;
  /** Told once of every run that this process ended. */
  readonly onCommitted: (manifest: Manifest) => void;
  /** The counters of batches, which follow their jobs. */
  readonly batches: BatchCounters;
  /** How fast packs have been lately. */
  readonly pace: Pace;

  constructor(redis: Redis, keys: RedisKeys, options: RecordsOptions = {}) {
    this.#redis = redis;
    this.#keys = keys;
    this.#ttlMs = options.ttlMs ?? 24 * 3_600_000;
    this.onCommitted = options.onCommitted ?? (() => undefined);
    this.batches = new BatchCounters(redis, keys);
    this.pace = new Pace(redis, keys);
  }

  /** Enters a job as waiting. False when this run is known already. */
  async accept(request: Request): Promise<boolean> {
    const { jobId, run, tenant, lane, createdAt } = request;
    const keys = this.#keys;
    const event = eventJson({ jobId, run, status: 'waiting' });
    const reply = await acceptScript.run(
      this.#redis,
      [keys.job(jobId), keys.pending(lane, tenant), keys.tenants(lane), keys.jobs(tenant), keys.events(jobId)],
      [
        jobId,
        run,
        tenant,
        JSON.stringify(request),
        Date.parse(createdAt),
        event,
        this.#ttlMs,
        keys.notifyChannel,
        keys.feedChannel,
        // A batch lists its own items: a million of them would drown the tenant's list.
        placeOf(jobId) === undefined ? 1 : 0,
      ],
    );
    return reply === 1;
  }

  async get(jobId: string): Promise<JobRecord | undefined> {
    const hash = await this.#redis.hgetall(this.#keys.job(jobId));
    return hash['status'] === undefined ? undefined : StoredRecord.parse(hash);
  }

  /** A tenant's job ids, newest first, those behind `after`. */
  async list(tenant: string, limit: number, after?: ListedJob): Promise<ListedJob[]> {
    const key = this.#keys.jobs(tenant);
    // By place, since jobs of one millisecond may stand on two pages.
    const place = after === undefined ? -1 : await this.#redis.zrevrank(key, after.jobId);
    const rows =
      after === undefined || place !== null
        ? await this.#redis.zrevrange(key, (place ?? -1) + 1, (place ?? -1) + limit, 'WITHSCORES')
        : await this.#redis.zrevrangebyscore(key, after.createdMs, '-inf', 'WITHSCORES', 'LIMIT', 0, limit);
    const jobs: ListedJob[] = [];
    for (let index = 0; index + 1 < rows.length; index += 2) {
      jobs.push({ jobId: rows[index] ?? '', createdMs: Number(rows[index + 1]) });
    }
    return jobs;
  }

  /** Drops ids from the tenant's list whose records have expired. */
  async forget(tenant: string, jobIds: readonly string[]): Promise<void> {
    if (jobIds.length > 0) await this.#redis.zrem(this.#keys.jobs(tenant), ...jobIds);
  }

  /** How many jobs wait ahead of this one in its tenant's lane, or undefined when it waits there no more. */
  async position(request: Request): Promise<number | undefined> {
    const position = await this.#redis.lpos(this.#keys.pending(request.lane, request.tenant), request.jobId);
    return position ?? undefined;
  }

  async claim(claim: {
    jobId: string;
    run: number;
    attemptId: string;
    attempt: number;
    worker: string;
  }): Promise<ClaimOutcome> {
    const { jobId, run, attemptId, attempt, worker } = claim;
    const event = eventJson({ jobId, run, status: 'running', stage: 'fetch', progress: 0, attempt });
    const reply = await claimScript.run(
      this.#redis,
      [this.#keys.job(jobId), this.#keys.events(jobId)],
      [jobId, run, attemptId, attempt, now(), event, this.#ttlMs, this.#keys.notifyChannel, worker],
    );
    const place = placeOf(jobId);
    if (reply === 'ok' && place !== undefined) await this.batches.started(place);
    return z.enum(['ok', 'canceled', 'ended', 'missing']).parse(reply);
  }

  /** `stop` when somebody asked to cancel, `stale` when another attempt owns the job. */
  async progress(progress: {
    jobId: string;
    run: number;
    attemptId: string;
    attempt: number;
    stage: Stage;
    progress: number;
    etaSeconds?: number | undefined;
    message?: string | undefined;
  }): Promise<'ok' | 'stale' | 'stop'> {
    const { attemptId, ...rest } = progress;
    const reply = await progressScript.run(
      this.#redis,
      [this.#keys.job(rest.jobId), this.#keys.events(rest.jobId)],
      [
        rest.jobId,
        attemptId,
        rest.stage,
        rest.progress,
        rest.etaSeconds ?? '',
        eventJson({ ...rest, status: 'running' }),
        this.#ttlMs,
        this.#keys.notifyChannel,
      ],
    );
    return reply === 2 ? 'stop' : reply === 1 ? 'ok' : 'stale';
  }

  /** The attempt ended without a result and another will follow. */
  async release(job: { jobId: string; run: number; attemptId: string }, problem?: ProblemBody): Promise<void> {
    const event = eventJson({
      jobId: job.jobId,
      run: job.run,
      status: 'waiting',
      ...(problem ? { problemCode: problem.code, message: 'will be tried again' } : {}),
    });
    await releaseScript.run(
      this.#redis,
      [this.#keys.job(job.jobId), this.#keys.events(job.jobId)],
      [job.jobId, job.attemptId, problem ? JSON.stringify(problem) : '', event, this.#ttlMs, this.#keys.notifyChannel],
    );
    const place = placeOf(job.jobId);
    if (place !== undefined) await this.batches.released(place);
  }

  /** Makes the record say what the committed manifest says. Idempotent; without a record nothing happens. */
  async finish(manifest: Manifest): Promise<void> {
    const { jobId, run, status, finishedAt, tenant, lane } = manifest;
    const place = placeOf(jobId);
    const problem = manifest.status === 'failed' ? manifest.problem : undefined;
    const outputs = manifest.status === 'completed' ? manifest.outputs : [];
    const event = eventJson({ jobId, run, status, ...(problem ? { problemCode: problem.code } : {}) });
    await finishScript.run(
      this.#redis,
      [this.#keys.job(jobId), this.#keys.events(jobId), this.#keys.pending(lane, tenant)],
      [
        jobId,
        run,
        status,
        finishedAt,
        problem ? JSON.stringify(problem) : '',
        JSON.stringify(outputs),
        event,
        place === undefined ? this.#ttlMs : BATCH_JOB_TTL_MS,
        this.#keys.notifyChannel,
        this.#keys.feedChannel,
      ],
    );
    if (place !== undefined) await this.batches.settled(place, status, 'reusedFrom' in manifest);
  }

  /** Sets the flag that stops the job and tells its worker. Returns the status before, or undefined without a record. */
  async requestCancel(request: Request): Promise<Status | undefined> {
    const { jobId, lane, tenant } = request;
    const reply = await cancelScript.run(
      this.#redis,
      [this.#keys.job(jobId), this.#keys.pending(lane, tenant)],
      [jobId, this.#keys.cancelChannel],
    );
    return reply === null ? undefined : JobStatus.parse(reply);
  }

  /** Hints that deliveries of webhooks have become due. */
  async deliveriesDue(due: readonly DueDelivery[]): Promise<void> {
    await hintDue(this.#redis, this.#keys, due);
  }

  async isCancelRequested(jobId: string): Promise<boolean> {
    return (await this.#redis.hexists(this.#keys.job(jobId), 'cancel')) === 1;
  }

  /** Marks a job as handed to BullMQ and takes it off its pending list. */
  async markFed(lane: Lane, tenant: string, jobId: string): Promise<void> {
    await fedScript.run(this.#redis, [this.#keys.job(jobId), this.#keys.pending(lane, tenant)], [jobId]);
  }
}

const now = (): string => new Date().toISOString();

function eventJson(event: Omit<JobEvent, 'at'>): string {
  return JSON.stringify({ ...event, at: now() });
}
