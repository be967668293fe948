import type { Redis } from 'ioredis';
import { z } from 'zod';
import {
  JobStatus,
  placeOf,
  type JobEvent,
  type JobRequest,
  type Manifest,
  type ProblemBody,
  type Stage,
} from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { RedisKeys } from './keys.js';
import { readRecord, type JobRecord } from './record.js';
import { Script, type NamedArguments } from './script.js';

/** A finished job of a batch is soon forgotten: there are many of them, and the manifest tells the same. */
const BATCH_JOB_TTL_MS = 60_000;

/** How long the record of any other finished job stays; its manifest outlives it. */
const TTL_MS = 24 * 3_600_000;

/** Records read in one round trip. */
const PAGE = 500;

/** A job in its tenant's list. */
export interface ListedJob {
  readonly jobId: string;
  readonly createdMs: number;
}

/** The same with its record: undefined where that has expired, a problem where this version cannot read it. */
export type JobRow = ListedJob & { readonly record: JobRecord | Problem | undefined };

/** One execution of a run. */
export interface Attempt {
  readonly jobId: string;
  readonly run: number;
  readonly attemptId: string;
  /** From 1. */
  readonly attempt: number;
}

export interface Progress extends Attempt {
  readonly stage: Stage;
  /** Share of the work done, 0 to 1. */
  readonly progress: number;
  readonly etaSeconds?: number | undefined;
  readonly message?: string | undefined;
}

const ClaimOutcome = z.enum(['ok', 'canceled', 'ended', 'missing']);
export type ClaimOutcome = z.infer<typeof ClaimOutcome>;

/** The live records of jobs in Redis. Every change is one Lua call that also appends to the job's event stream. */
export class JobRecords {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #scripts = {
    accept: new Script('accept'),
    claim: new Script('claim'),
    report: new Script('report'),
    release: new Script('release'),
    finish: new Script('finish'),
    cancel: new Script('cancel'),
  };

  constructor(redis: Redis, keys: RedisKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Enters a job as waiting. False when this run is known already. */
  async accept(request: JobRequest): Promise<boolean> {
    return (await this.#scripts.accept.run(this.#redis, this.#entry(request))) === 1;
  }

  /** Enters many jobs, in their order. */
  async acceptAll(requests: readonly JobRequest[]): Promise<void> {
    const entries = requests.map((request) => this.#entry(request));
    await this.#scripts.accept.runAll(this.#redis, entries);
  }

  #entry(request: JobRequest): NamedArguments {
    const { jobId, run, tenant, lane, createdAt } = request;
    const keys = this.#keys;
    return {
      job: keys.job(jobId),
      pending: keys.pending(lane, tenant),
      tenants: keys.tenants(lane),
      jobs: keys.jobs(tenant),
      events: keys.events(jobId),
      jobId,
      run,
      tenant,
      request: JSON.stringify(request),
      createdMs: Date.parse(createdAt),
      event: eventJson({ jobId, run, status: 'waiting' }),
      ttlMs: TTL_MS,
      notify: keys.notifyChannel,
      feed: keys.feedChannel,
      // A batch lists its own items: a million of them would drown the tenant's list.
      listed: placeOf(jobId) === undefined ? 1 : 0,
    };
  }

  async get(jobId: string): Promise<JobRecord | undefined> {
    const [record] = await this.getAll([jobId]);
    return record;
  }

  /**
   * The records of many jobs in their order, hundreds in one round trip.
   *
   * @throws Problem `record-invalid` when one of them cannot be read
   */
  async getAll(jobIds: readonly string[]): Promise<(JobRecord | undefined)[]> {
    return (await this.read(jobIds)).map((record) => {
      if (record instanceof Problem) throw record;
      return record;
    });
  }

  /** The same, with the problem in place of a record that cannot be read. */
  async read(jobIds: readonly string[]): Promise<(JobRecord | Problem | undefined)[]> {
    const records: (JobRecord | Problem | undefined)[] = [];
    for (let first = 0; first < jobIds.length; first += PAGE) {
      const pipeline = this.#redis.pipeline();
      for (const jobId of jobIds.slice(first, first + PAGE)) pipeline.hgetall(this.#keys.job(jobId));
      for (const [error, hash] of (await pipeline.exec()) ?? []) {
        if (error !== null) throw error;
        records.push(readRecord(hash, String(jobIds[records.length])));
      }
    }
    return records;
  }

  /** Every live record that this version can read, page by page, in no order. */
  async *scan(): AsyncGenerator<JobRecord[]> {
    const prefix = this.#keys.job('');
    for await (const page of this.#redis.scanStream({ match: this.#keys.job('*'), count: PAGE })) {
      const ids = z.array(z.string()).parse(page);
      const records = await this.read(ids.map((key) => key.slice(prefix.length)));
      yield records.filter((record) => record !== undefined && !(record instanceof Problem));
    }
  }

  /** Drops a record, which is then entered again from storage. */
  async drop(jobId: string): Promise<void> {
    await this.#redis.del(this.#keys.job(jobId));
  }

  /** Drops what Redis has of jobs that were removed: records, events, their places in the tenant's list. */
  async purge(tenant: string, jobIds: readonly string[]): Promise<void> {
    for (let first = 0; first < jobIds.length; first += PAGE) {
      const some = jobIds.slice(first, first + PAGE);
      const pipeline = this.#redis.pipeline();
      for (const jobId of some) pipeline.unlink(this.#keys.job(jobId), this.#keys.events(jobId));
      pipeline.zrem(this.#keys.jobs(tenant), ...some);
      for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
    }
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

  /** The same with their records. */
  async listWithRecords(tenant: string, limit: number, after?: ListedJob): Promise<JobRow[]> {
    const rows = await this.list(tenant, limit, after);
    const found = await this.read(rows.map(({ jobId }) => jobId));
    return rows.map((row, index) => ({ ...row, record: found[index] }));
  }

  /** Drops ids from the tenant's list whose records have expired. */
  async forget(tenant: string, jobIds: readonly string[]): Promise<void> {
    if (jobIds.length > 0) await this.#redis.zrem(this.#keys.jobs(tenant), ...jobIds);
  }

  async claim({ jobId, run, attemptId, attempt }: Attempt, worker: string): Promise<ClaimOutcome> {
    const reply = await this.#scripts.claim.run(this.#redis, {
      job: this.#keys.job(jobId),
      events: this.#keys.events(jobId),
      jobId,
      run,
      attemptId,
      attempt,
      at: now(),
      event: eventJson({ jobId, run, status: 'running', stage: 'fetch', progress: 0, attempt }),
      ttlMs: TTL_MS,
      notify: this.#keys.notifyChannel,
      worker,
    });
    return ClaimOutcome.parse(reply);
  }

  /** `stop` when somebody asked to cancel, `stale` when another attempt owns the job. */
  async report({ attemptId, ...progress }: Progress): Promise<'ok' | 'stale' | 'stop'> {
    const { jobId } = progress;
    const reply = await this.#scripts.report.run(this.#redis, {
      job: this.#keys.job(jobId),
      events: this.#keys.events(jobId),
      jobId,
      attemptId,
      stage: progress.stage,
      progress: progress.progress,
      etaSeconds: progress.etaSeconds ?? '',
      event: eventJson({ ...progress, status: 'running' }),
      ttlMs: TTL_MS,
      notify: this.#keys.notifyChannel,
    });
    return reply === 2 ? 'stop' : reply === 1 ? 'ok' : 'stale';
  }

  /** The attempt ended without a result and another will follow. */
  async release({ jobId, run, attemptId }: Omit<Attempt, 'attempt'>, problem?: ProblemBody): Promise<void> {
    await this.#scripts.release.run(this.#redis, {
      job: this.#keys.job(jobId),
      events: this.#keys.events(jobId),
      jobId,
      attemptId,
      problem: problem ? JSON.stringify(problem) : '',
      event: eventJson({
        jobId,
        run,
        status: 'waiting',
        ...(problem ? { problemCode: problem.code, message: 'will be tried again' } : {}),
      }),
      ttlMs: TTL_MS,
      notify: this.#keys.notifyChannel,
    });
  }

  /**
   * Makes the record say what the committed manifest says. Idempotent; without a record nothing happens.
   *
   * @returns `superseded` when a later run of the job is known, which the record goes on to show
   */
  async finish(manifest: Manifest): Promise<'followed' | 'superseded'> {
    const { jobId, run, status, finishedAt, tenant, lane } = manifest;
    const problem = manifest.status === 'failed' ? manifest.problem : undefined;
    const reply = await this.#scripts.finish.run(this.#redis, {
      job: this.#keys.job(jobId),
      events: this.#keys.events(jobId),
      pending: this.#keys.pending(lane, tenant),
      jobId,
      run,
      status,
      finishedAt,
      problem: problem ? JSON.stringify(problem) : '',
      outputs: JSON.stringify(manifest.status === 'completed' ? manifest.outputs : []),
      event: eventJson({ jobId, run, status, ...(problem ? { problemCode: problem.code } : {}) }),
      ttlMs: placeOf(jobId) === undefined ? TTL_MS : BATCH_JOB_TTL_MS,
      notify: this.#keys.notifyChannel,
      feed: this.#keys.feedChannel,
    });
    return reply === 2 ? 'superseded' : 'followed';
  }

  /** Sets the flag that stops the job and tells its worker. Returns the status before, or undefined without a record. */
  async requestCancel({ jobId, lane, tenant }: JobRequest): Promise<JobStatus | undefined> {
    const reply = await this.#scripts.cancel.run(this.#redis, {
      job: this.#keys.job(jobId),
      pending: this.#keys.pending(lane, tenant),
      jobId,
      cancel: this.#keys.cancelChannel,
    });
    return reply === null ? undefined : JobStatus.parse(reply);
  }
}

const now = (): string => new Date().toISOString();

function eventJson(event: Omit<JobEvent, 'at'>): string {
  return JSON.stringify({ ...event, at: now() });
}
