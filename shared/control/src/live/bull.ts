import { Queue, type DefaultJobOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { JobId } from '@parse3d/contract';
import type { RedisKeys } from './keys.js';

/** Name of the one BullMQ queue: work that is about to run. */
export const QUEUE_NAME = 'segment';

/** What travels through BullMQ: ids only; the request lies in the pending marker. */
export const JobData = z.object({ jobId: JobId, run: z.int().min(1) });
export type JobData = z.infer<typeof JobData>;

export const ATTEMPTS = 3;

const bullJobOptions: DefaultJobOptions = {
  attempts: ATTEMPTS,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  removeOnComplete: { age: 3_600, count: 5_000 },
  removeOnFail: { age: 24 * 3_600, count: 5_000 },
  sizeLimit: 1_024,
};

/**
 * A worker's lock lasts 20 s and is renewed every 5 s, so that the jobs of a killed worker run elsewhere within 30 s
 * (docs/decisions/0002). The process that holds it only moves bytes and never blocks for long.
 */
export const bullWorkerTimings = {
  lockDuration: 20_000,
  lockRenewTime: 5_000,
  stalledInterval: 5_000,
  maxStalledCount: 3,
  // Going back to a place that is well, and drains, start a job again without spending an attempt: what repeatedly takes
  // its worker down shows as stalls, which are few.
  maxStartedAttempts: 10_000,
} as const;

/** The same run always has the same id, so that feeding it twice adds it once. */
export function bullJobId(jobId: string, run: number): string {
  return `${jobId}-${run}`;
}

export type SegmentQueue = Queue<JobData, void, 'segment'>;

export function openQueue(connection: Redis, keys: RedisKeys): SegmentQueue {
  return new Queue<JobData, void, 'segment'>(QUEUE_NAME, {
    connection,
    prefix: keys.bullPrefix,
    defaultJobOptions: bullJobOptions,
    skipWaitingForReady: true,
    skipVersionCheck: false,
  });
}
