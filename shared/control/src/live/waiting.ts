import type { Redis } from 'ioredis';
import type { JobRequest, Lane } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { RedisKeys } from './keys.js';
import type { JobRecord } from './record.js';
import type { JobRecords } from './records.js';
import { Script } from './script.js';

/** The lists of jobs that wait to be fed, one for each tenant and lane, oldest first. */
export class WaitingLists {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #records: JobRecords;
  readonly #fed = new Script('fed');

  constructor(redis: Redis, keys: RedisKeys, records: JobRecords) {
    this.#redis = redis;
    this.#keys = keys;
    this.#records = records;
  }

  /** Tenants that have something waiting in the lane. */
  async tenants(lane: Lane): Promise<string[]> {
    return (await this.#redis.smembers(this.#keys.tenants(lane))).sort();
  }

  async count(lane: Lane, tenant: string): Promise<number> {
    return this.#redis.llen(this.#keys.pending(lane, tenant));
  }

  /** The id of the job that waits longest. */
  async oldest(lane: Lane, tenant: string): Promise<string | undefined> {
    return (await this.#redis.lindex(this.#keys.pending(lane, tenant), 0)) ?? undefined;
  }

  /** How many jobs wait ahead of this one in its tenant's lane, or undefined when it no longer waits there. */
  async position(request: JobRequest): Promise<number | undefined> {
    const position = await this.#redis.lpos(this.#keys.pending(request.lane, request.tenant), request.jobId);
    return position ?? undefined;
  }

  /**
   * The oldest jobs. Ids without a live record that waits are dropped from the list. A record that this version cannot read
   * holds up no other: it stays for a process that can, and the reconciler reports it.
   */
  async first(lane: Lane, tenant: string, limit: number): Promise<JobRecord[]> {
    const list = this.#keys.pending(lane, tenant);
    const ids = await this.#redis.lrange(list, 0, limit - 1);
    const records = await this.#records.read(ids);
    const waiting: JobRecord[] = [];
    const gone: string[] = [];
    for (const [index, jobId] of ids.entries()) {
      const record = records[index];
      if (record instanceof Problem) continue;
      if (record?.status === 'waiting' && record.cancel === undefined) waiting.push(record);
      else gone.push(jobId);
    }
    const pipeline = this.#redis.pipeline();
    for (const jobId of gone) pipeline.lrem(list, 0, jobId);
    if (gone.length > 0) await pipeline.exec();
    return waiting;
  }

  /** Marks jobs as handed to BullMQ and takes them off their lists. */
  async markFed(requests: readonly JobRequest[]): Promise<void> {
    const calls = requests.map(({ jobId, lane, tenant }) => ({
      job: this.#keys.job(jobId),
      pending: this.#keys.pending(lane, tenant),
      jobId,
    }));
    await this.#fed.runAll(this.#redis, calls);
  }
}
