import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { RedisKeys } from './keys.js';

/** What a worker says about itself with every heartbeat. */
export const WorkerInfo = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  slots: z.int().min(1),
  device: z.string(),
  packs: z.array(z.string()),
  startedAt: z.string(),
  draining: z.boolean(),
  /** What is wrong with its place; while anything but a pack is, it takes no jobs. */
  troubles: z
    .array(z.object({ part: z.string(), code: z.string(), detail: z.string(), since: z.string() }))
    .default([]),
});
export type WorkerInfo = z.infer<typeof WorkerInfo>;

/** A worker whose last heartbeat is older counts as gone. */
const TTL_MS = 15_000;

/** The workers that are alive, by their heartbeats. */
export class Workers {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;

  constructor(redis: Redis, keys: RedisKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async heartbeat(info: WorkerInfo): Promise<void> {
    await this.#redis
      .multi()
      .zadd(this.#keys.workers, Date.now(), info.id)
      .hset(this.#keys.workerInfo, info.id, JSON.stringify(info))
      .exec();
  }

  async signOff(workerId: string): Promise<void> {
    await this.#redis.multi().zrem(this.#keys.workers, workerId).hdel(this.#keys.workerInfo, workerId).exec();
  }

  /** Workers with a recent heartbeat; the records of others are dropped. */
  async live(): Promise<WorkerInfo[]> {
    const horizon = Date.now() - TTL_MS;
    const gone = await this.#redis.zrangebyscore(this.#keys.workers, '-inf', `(${horizon}`);
    for (const id of gone) await this.signOff(id);
    const ids = await this.#redis.zrangebyscore(this.#keys.workers, horizon, '+inf');
    if (ids.length === 0) return [];
    const infos = await this.#redis.hmget(this.#keys.workerInfo, ...ids);
    return infos.flatMap((text) => (text === null ? [] : [WorkerInfo.parse(JSON.parse(text))]));
  }

  /** Slots of the workers that take jobs. */
  async slots(): Promise<number> {
    return (await this.live()).reduce((sum, worker) => sum + (takesJobs(worker) ? worker.slots : 0), 0);
  }
}

/** Whether a worker takes jobs: one with an unwell pack does, one without a disk or a store does not. */
function takesJobs({ draining, troubles }: WorkerInfo): boolean {
  return !draining && troubles.every(({ part }) => part.startsWith('pack:'));
}
