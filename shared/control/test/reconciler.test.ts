import { Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { blobKeys, type JobRequest } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { reconcile } from '../src/feeding/reconciler.js';
import { bullJobId, QUEUE_NAME, type JobData } from '../src/live/bull.js';
import { writeJson } from '@parse3d/storage';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { jobRequest, startBench, type ControlBench } from './support.js';

let bench: ControlBench;
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

const pass = () => reconcile(bench.jobs, bench);

async function accepted(): Promise<JobRequest> {
  const request = jobRequest();
  await writeJson(bench.store, blobKeys.pending(request.jobId, 1), request);
  await bench.live.records.accept(request);
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
  expect(await pass()).toEqual({ markers: 1, settled: 0, fedAgain: 0, failed: 0 });
  await bench.live.queue.add('segment', { jobId: waiting.jobId, run: 1 }, { jobId: bullJobId(waiting.jobId, 1) });
  await bench.live.waiting.markFed([waiting]);
  expect(await pass()).toEqual({ markers: 1, settled: 0, fedAgain: 0, failed: 0 });
});

test('a Redis that lost everything gets every accepted job back', async () => {
  const requests = [await accepted(), await accepted(), await accepted()];
  await bench.redis.flushall();
  expect(await pass()).toEqual({ markers: 3, settled: 0, fedAgain: 3, failed: 0 });
  const list = await bench.redis.lrange(bench.keys.pending('interactive', 'default'), 0, -1);
  expect(list.sort()).toEqual(requests.map(({ jobId }) => jobId).sort());
  expect((await bench.live.records.get(requests[0]?.jobId ?? ''))?.request).toEqual(requests[0]);
});

test('a job that fell out of the lists but has a record is fed again', async () => {
  const request = await accepted();
  await bench.redis.del(bench.keys.pending('interactive', 'default'));
  expect(await pass()).toMatchObject({ fedAgain: 1 });
  expect(await bench.live.waiting.position(request)).toBe(0);
});

test('a job that was handed over while the pass looked at its record stays where it is', async () => {
  const request = jobRequest();
  await writeJson(bench.store, blobKeys.pending(request.jobId, 1), request);
  const id = bullJobId(request.jobId, 1);
  await bench.live.queue.add('segment', { jobId: request.jobId, run: 1 }, { jobId: id });
  expect(await pass()).toMatchObject({ fedAgain: 1 });
  expect(await bench.live.queue.getJobState(id)).toBe('waiting');
  expect((await bench.live.records.get(request.jobId))?.status).toBe('waiting');
});

test('a committed run whose marker and record were left behind is settled', async () => {
  const request = await accepted();
  await bench.jobs.endCanceled(request, 'a');
  await writeJson(bench.store, blobKeys.pending(request.jobId, 1), request);
  await bench.redis.hset(bench.keys.job(request.jobId), 'status', 'running');
  expect(await pass()).toMatchObject({ settled: 1 });
  expect(await markerExists(request.jobId)).toBe(false);
  expect((await bench.live.records.get(request.jobId))?.status).toBe('canceled');
});

test('an ended job that an older copy of Redis believes to be running is settled, although its marker is gone', async () => {
  const request = await accepted();
  await bench.jobs.endCanceled(request, 'a');
  await bench.redis.hset(bench.keys.job(request.jobId), 'status', 'running');
  expect(await pass()).toMatchObject({ markers: 0, settled: 1 });
  expect((await bench.live.records.get(request.jobId))?.status).toBe('canceled');
});

test('a job that BullMQ gave up ends as failed', async () => {
  const request = await accepted();
  const job = await bench.live.queue.add(
    'segment',
    { jobId: request.jobId, run: 1 },
    { jobId: bullJobId(request.jobId, 1), attempts: 1 },
  );
  await bench.live.waiting.markFed([request]);
  await bench.live.records.claim({ jobId: request.jobId, run: 1, attemptId: 'a', attempt: 1 }, 'w');
  const worker = new Worker<JobData>(QUEUE_NAME, () => Promise.reject(new Error('gone')), {
    connection: { url: bench.server.url },
    prefix: bench.keys.bullPrefix,
  });
  await eventually(() => job.isFailed(), { what: 'the job to fail in BullMQ' });
  await worker.close();
  expect(await pass()).toMatchObject({ failed: 1 });
  const manifest = await bench.ledger.manifests.read(request.jobId, 1);
  expect(manifest).toMatchObject({ status: 'failed', problem: { code: 'worker-lost' } });
  expect(await markerExists(request.jobId)).toBe(false);
});

test('the dispatcher feeds what is accepted, and mends a Redis that was emptied under it', async () => {
  const errors: unknown[] = [];
  const dispatcher = bench.dispatcher({ feedEveryMs: 20, leaseMs: 500, onError: (error) => errors.push(error) });
  dispatcher.start();
  const request = await accepted();
  dispatcher.wake();
  const fed = async (): Promise<boolean> => (await bench.live.queue.getJob(bullJobId(request.jobId, 1))) !== undefined;
  await eventually(fed, { what: 'the job to be fed' });
  await bench.redis.flushall();
  dispatcher.reconcileSoon();
  await eventually(fed, { what: 'the job to be fed again' });
  await dispatcher.stop();
  expect(errors).toEqual([]);
  expect(await bench.redis.get(bench.keys.feederLock)).toBeNull();
});
