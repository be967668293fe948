import type { Redis } from 'ioredis';
import { z } from 'zod';
import { blobKeys, type JobRequest } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { inParallel, listAll, type BlobStore } from '@parse3d/storage';
import { bullJobId, type SegmentQueue } from './bull.js';
import {
  canceledManifest,
  commit,
  failedManifest,
  readManifest,
  readPending,
  settle,
  type Software,
} from './commit.js';
import { isRedisError } from './connection.js';
import type { RedisKeys } from './keys.js';
import type { JobRecord, JobRecords } from './records.js';

export interface ReconcilerDeps {
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly queue: SegmentQueue;
  readonly records: JobRecords;
  readonly store: BlobStore;
  readonly software: Software;
}

/** Runs looked at together. */
const AT_ONCE = 16;

/** Runs that were not in order, by what was done about it. */
export interface Mended {
  readonly settled: number;
  readonly fedAgain: number;
  readonly failed: number;
}

/** What a pass found and mended. */
export interface Reconciliation extends Mended {
  readonly markers: number;
}

/**
 * Compares the pending markers in storage, which are the record of what was accepted, with Redis, which may have been
 * lost or restored from an older copy, and mends Redis. Safe to run at any moment and more than once.
 *
 * @param onFault told of a run that cannot be looked after: the others are all the same
 * @throws Problem or an error of Redis when store or Redis do not answer
 */
export async function reconcile(
  deps: ReconcilerDeps,
  signal?: AbortSignal,
  onFault: (error: unknown) => void = rethrow,
): Promise<Reconciliation> {
  const count = { markers: 0, settled: 0, fedAgain: 0, failed: 0 };
  await inParallel(listAll(deps.store, blobKeys.pendingPrefix, signal), AT_ONCE, async ({ key }) => {
    const marker = parseMarker(key);
    if (marker === undefined) return;
    count.markers++;
    const { jobId, run } = marker;
    try {
      const outcome = await reconcileRun(deps, jobId, run, () => readPending(deps.store, jobId, run));
      if (outcome !== 'in-order') count[outcome]++;
    } catch (error) {
      if (mayPass(error)) throw error;
      onFault(error);
    }
  });
  if (signal?.aborted === true) return count;
  count.settled += await reconcileRecords(deps, signal);
  return count;
}

/**
 * Looks at live records that have no marker any more: a Redis that was restored from an older copy believes that ended
 * jobs still wait or run. Whatever something still moves is left alone.
 */
async function reconcileRecords(deps: ReconcilerDeps, signal?: AbortSignal): Promise<number> {
  const { redis, keys, records, store } = deps;
  let settled = 0;
  for await (const page of redis.scanStream({ match: keys.job('*'), count: 500 })) {
    for (const key of z.array(z.string()).parse(page)) {
      if (signal?.aborted) return settled;
      const record = await records.get(key.slice(keys.job('').length));
      if (record === undefined || (record.status !== 'waiting' && record.status !== 'running')) continue;
      if (await isUnderWay(deps, record)) continue;
      const manifest = await readManifest(store, record.request.jobId, record.run);
      if (manifest === undefined) continue;
      await settle(store, records, manifest);
      settled++;
    }
  }
  return settled;
}

/** True when it is not the one run's fault: the others would meet the same. */
const mayPass = (error: unknown): boolean => isRedisError(error) || isProblem(error, 'storage-unavailable');

function rethrow(error: unknown): never {
  throw error;
}

function parseMarker(key: string): { jobId: string; run: number } | undefined {
  const match = /^pending\/([0-9a-f-]{36})\/(\d+)\.json$/.exec(key);
  return match?.[1] === undefined ? undefined : { jobId: match[1], run: Number(match[2]) };
}

/**
 * Looks at one run that should be under way and mends what is not in order.
 *
 * @param readRequest the durable request, or undefined when the run has ended or was taken back meanwhile
 */
export async function reconcileRun(
  deps: ReconcilerDeps,
  jobId: string,
  run: number,
  readRequest: () => Promise<JobRequest | undefined>,
): Promise<'in-order' | 'settled' | 'fedAgain' | 'failed'> {
  const { store, records, software } = deps;
  const record = await records.get(jobId);
  if (record !== undefined && record.run === run && (await isUnderWay(deps, record))) return 'in-order';

  const manifest = await readManifest(store, jobId, run);
  if (manifest !== undefined) {
    await settle(store, records, manifest);
    return 'settled';
  }
  const request = await readRequest();
  if (request === undefined) return 'in-order';

  if (record?.run === run && record.cancel !== undefined) {
    await commit(store, records, canceledManifest(request, 'reconciler', software));
    return 'settled';
  }
  if (record?.run === run && (await deps.queue.getJobState(bullJobId(jobId, run))) === 'failed') {
    const problem = new Problem('worker-lost', 'every worker that started this job disappeared before it ended');
    await commit(store, records, failedManifest(request, 'reconciler', software, problem.toJSON()));
    return 'failed';
  }
  await feedAgain(deps, request, record);
  return 'fedAgain';
}

/** True when Redis still has the run where something will move it on. */
async function isUnderWay(deps: ReconcilerDeps, record: JobRecord): Promise<boolean> {
  if (record.status !== 'waiting' && record.status !== 'running') return false;
  if ((await deps.records.position(record.request)) !== undefined) return true;
  const state = await deps.queue.getJobState(bullJobId(record.request.jobId, record.run));
  return state === 'active' || state === 'waiting' || state === 'delayed' || state === 'prioritized';
}

async function feedAgain(deps: ReconcilerDeps, request: JobRequest, record: JobRecord | undefined): Promise<void> {
  const { queue, redis, keys, records } = deps;
  // A leftover of the same id in BullMQ (completed, yet without a manifest) would make feeding a no-op.
  await (await queue.getJob(bullJobId(request.jobId, request.run)))?.remove();
  if (record?.run === request.run) await redis.del(keys.job(request.jobId));
  await records.accept(request);
}
