import { Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { blobKeys, type JobRequest } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import type { JobData } from '../src/index.js';
import {
  bullJobId,
  canceledManifest,
  commit,
  Dispatcher,
  QUEUE_NAME,
  readManifest,
  reconcile,
  type ReconcilerDeps,
} from '../src/index.js';
import { writeJson } from '@parse3d/storage';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { jobRequest, software, startBench, type QueueBench } from './support.js';

let bench: QueueBench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(async () => {
  await bench.redis.flushall();
  for (const blob of (await bench.store.list()).blobs) await bench.store.delete(blob.key);
});
afterAll(async () => {
  await bench.stop();
  await assertNothingLeaks();
});

const deps = (): ReconcilerDeps => ({
  redis: bench.redis,
  keys: bench.keys,
  queue: bench.queue,
  records: bench.records,
  store: bench.store,
  software,
});

async function accepted(): Promise<JobRequest> {
  const request = jobRequest();
  await writeJson(bench.store, blobKeys.pending(request.jobId, 1), request);
  await bench.records.accept(request);
  return request;
}

const markerExists = (jobId: string): Promise<boolean> =>
  bench.store.head(blobKeys.pending(jobId, 1)).then(
    () => true,
    (error: unknown) => {
      if (isProblem(error, 'blob-missing')) return false;
      throw error;
    },
  );

test('jobs that Redis has are left alone', async () => {
  const waiting = await accepted();
  expect(await reconcile(deps())).toEqual({ markers: 1, settled: 0, fedAgain: 0, failed: 0 });
  await bench.queue.add('segment', { jobId: waiting.jobId, run: 1 }, { jobId: bullJobId(waiting.jobId, 1) });
  await bench.records.markFed('interactive', 'default', waiting.jobId);
  expect(await reconcile(deps())).toEqual({ markers: 1, settled: 0, fedAgain: 0, failed: 0 });
});

test('a Redis that lost everything gets every accepted job back', async () => {
  const requests = [await accepted(), await accepted(), await accepted()];
  await bench.redis.flushall();
  expect(await reconcile(deps())).toEqual({ markers: 3, settled: 0, fedAgain: 3, failed: 0 });
  const list = await bench.redis.lrange(bench.keys.pending('interactive', 'default'), 0, -1);
  expect(list.sort()).toEqual(requests.map(({ jobId }) => jobId).sort());
  expect((await bench.records.get(requests[0]?.jobId ?? ''))?.request).toEqual(requests[0]);
});

test('a job that fell out of the lists but has a record is fed again', async () => {
  const request = await accepted();
  await bench.redis.del(bench.keys.pending('interactive', 'default'));
  expect(await reconcile(deps())).toMatchObject({ fedAgain: 1 });
  expect(await bench.records.position(request)).toBe(0);
});

test('a committed run whose marker and record were left behind is settled', async () => {
  const request = await accepted();
  await commit(bench.store, bench.records, canceledManifest(request, 'a', software));
  await writeJson(bench.store, blobKeys.pending(request.jobId, 1), request);
  await bench.redis.hset(bench.keys.job(request.jobId), 'status', 'running');
  expect(await reconcile(deps())).toMatchObject({ settled: 1 });
  expect(await markerExists(request.jobId)).toBe(false);
  expect((await bench.records.get(request.jobId))?.status).toBe('canceled');
});

test('an ended job that an older copy of Redis believes to be running is settled, although its marker is gone', async () => {
  const request = await accepted();
  await commit(bench.store, bench.records, canceledManifest(request, 'a', software));
  await bench.redis.hset(bench.keys.job(request.jobId), 'status', 'running');
  expect(await reconcile(deps())).toMatchObject({ markers: 0, settled: 1 });
  expect((await bench.records.get(request.jobId))?.status).toBe('canceled');
});

test('a job that BullMQ gave up ends as failed', async () => {
  const request = await accepted();
  const job = await bench.queue.add(
    'segment',
    { jobId: request.jobId, run: 1 },
    { jobId: bullJobId(request.jobId, 1), attempts: 1 },
  );
  await bench.records.markFed('interactive', 'default', request.jobId);
  await bench.records.claim({ jobId: request.jobId, run: 1, attemptId: 'a', attempt: 1, worker: 'w' });
  const worker = new Worker<JobData>(QUEUE_NAME, () => Promise.reject(new Error('gone')), {
    connection: { url: bench.server.url },
    prefix: bench.keys.bullPrefix,
  });
  await eventually(() => job.isFailed(), { what: 'the job to fail in BullMQ' });
  await worker.close();
  expect(await reconcile(deps())).toMatchObject({ failed: 1 });
  const manifest = await readManifest(bench.store, request.jobId, 1);
  expect(manifest).toMatchObject({ status: 'failed', problem: { code: 'worker-lost' } });
  expect(await markerExists(request.jobId)).toBe(false);
});

test('the dispatcher feeds what is accepted, and mends a Redis that was emptied under it', async () => {
  const errors: unknown[] = [];
  const dispatcher = new Dispatcher(
    { ...deps(), stores: bench.stores },
    { feedEveryMs: 20, leaseMs: 500, onError: (error) => errors.push(error) },
  );
  dispatcher.start();
  const request = await accepted();
  dispatcher.wake();
  const fed = async (): Promise<boolean> => (await bench.queue.getJob(bullJobId(request.jobId, 1))) !== undefined;
  await eventually(fed, { what: 'the job to be fed' });
  await bench.redis.flushall();
  dispatcher.reconcileSoon();
  await eventually(fed, { what: 'the job to be fed again' });
  await dispatcher.stop();
  expect(errors).toEqual([]);
  expect(await bench.redis.get(bench.keys.feederLock)).toBeNull();
});
