import type { Redis } from 'ioredis';
import { lanes, type Lane } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { SegmentQueue } from './bull.js';
import type { RedisKeys } from './keys.js';
import type { JobRecords } from './records.js';
import type { WaitingLists } from './waiting.js';

/** Jobs at the head of the workers' queue whose age is looked at: retries stand there too, behind none of their peers. */
const HEAD = 16;

/** Jobs in BullMQ, by state. */
export type QueueCounts = Readonly<Record<'waiting' | 'active' | 'delayed', number>>;

/** What waits where, and whether Redis has room for it: for metrics, status and admission. It changes nothing. */
export class Backlog {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #queue: SegmentQueue;
  readonly #records: JobRecords;
  readonly #waiting: WaitingLists;

  constructor(redis: Redis, keys: RedisKeys, queue: SegmentQueue, records: JobRecords, waiting: WaitingLists) {
    this.#redis = redis;
    this.#keys = keys;
    this.#queue = queue;
    this.#records = records;
    this.#waiting = waiting;
  }

  /** Jobs that were handed to the workers. */
  async handedOver(): Promise<QueueCounts> {
    const counts = await this.#queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed');
    return {
      waiting: (counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0),
      active: counts['active'] ?? 0,
      delayed: counts['delayed'] ?? 0,
    };
  }

  /** How many jobs of each tenant wait to be fed, by lane. */
  async *waiting(): AsyncGenerator<{ lane: Lane; tenant: string; count: number }> {
    for (const lane of lanes) {
      for (const tenant of await this.#waiting.tenants(lane)) {
        yield { lane, tenant, count: await this.#waiting.count(lane, tenant) };
      }
    }
  }

  /** When the job that waits longest was accepted, in ms of Unix time, by lane; lanes without waiting jobs are left out. */
  async oldest(): Promise<Map<Lane, number>> {
    const heads: string[] = [];
    for (const lane of lanes) {
      for (const tenant of await this.#waiting.tenants(lane)) {
        const head = await this.#waiting.oldest(lane, tenant);
        if (head !== undefined) heads.push(head);
      }
    }
    const handedOver = await this.#queue.getJobs('waiting', 0, HEAD - 1, true);
    const records = await this.#records.read([...heads, ...handedOver.map(({ data }) => data.jobId)]);
    const oldest = new Map<Lane, number>();
    for (const record of records) {
      if (record === undefined || record instanceof Problem) continue;
      const { lane, createdAt } = record.request;
      oldest.set(lane, Math.min(oldest.get(lane) ?? Infinity, Date.parse(createdAt)));
    }
    return oldest;
  }

  /** True while some process feeds the queue. */
  async isFed(): Promise<boolean> {
    return (await this.#redis.get(this.#keys.feederLock)) !== null;
  }

  /** @throws an error of Redis when it does not answer */
  async ping(): Promise<void> {
    await this.#redis.ping();
  }

  /** One field of what Redis says about itself, by its name. Some hosted servers refuse that. */
  async redisInfo(section?: 'memory'): Promise<(field: string) => string | undefined> {
    const info = section === undefined ? await this.#redis.info() : await this.#redis.info(section);
    return (field) => new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  }

  /** Share of its memory limit that Redis uses; 0 where it has no limit. */
  async memoryShare(): Promise<number> {
    const field = await this.redisInfo('memory');
    const limit = Number(field('maxmemory') ?? 0);
    return limit === 0 ? 0 : Number(field('used_memory') ?? 0) / limit;
  }
}
