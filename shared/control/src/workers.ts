import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { RedisKeys } from './keys.js';

/** What a worker tells about itself with every heartbeat. */
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

/** A worker that has not been heard of for so long counts as gone. */
export const WORKER_TTL_MS = 15_000;

/** Whether a worker takes jobs: one with an unwell pack does, one without a disk or a store does not. */
export function takesJobs({ draining, troubles }: WorkerInfo): boolean {
  return !draining && troubles.every(({ part }) => part.startsWith('pack:'));
}

export async function heartbeat(redis: Redis, keys: RedisKeys, info: WorkerInfo): Promise<void> {
  await redis
    .multi()
    .zadd(keys.workers, Date.now(), info.id)
    .hset(keys.workerInfo, info.id, JSON.stringify(info))
    .exec();
}

export async function signOff(redis: Redis, keys: RedisKeys, workerId: string): Promise<void> {
  await redis.multi().zrem(keys.workers, workerId).hdel(keys.workerInfo, workerId).exec();
}

/** Workers heard of lately; the records of others are dropped. */
export async function liveWorkers(redis: Redis, keys: RedisKeys): Promise<WorkerInfo[]> {
  const horizon = Date.now() - WORKER_TTL_MS;
  const gone = await redis.zrangebyscore(keys.workers, '-inf', `(${horizon}`);
  for (const id of gone) await signOff(redis, keys, id);
  const ids = await redis.zrangebyscore(keys.workers, horizon, '+inf');
  if (ids.length === 0) return [];
  const infos = await redis.hmget(keys.workerInfo, ...ids);
  return infos.flatMap((text) => (text === null ? [] : [WorkerInfo.parse(JSON.parse(text))]));
}
