import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchJobId, blobKeys, type BatchRecord, type ErrorThreshold, type JobEnd } from '@parse3d/contract';
import { BatchOverseer } from '../src/batches/overseer.js';
import type { BatchCounters, FinalCounts } from '../src/live/batch-counters.js';
import { writeJson } from '@parse3d/storage';
import { assertNothingLeaks } from '@parse3d/testing';
import { batchRecord, jobRequest, startBench, type ControlBench } from './support.js';

let bench: ControlBench;
let counters: BatchCounters;
beforeAll(async () => {
  bench = await startBench();
  counters = bench.live.counters;
});
afterAll(async () => {
  await bench.stop();
  await assertNothingLeaks();
});

/** A batch whose items ended like this. */
async function batchOf(ends: readonly JobEnd[], errorThreshold?: ErrorThreshold): Promise<BatchRecord> {
  const batch = batchRecord(ends.length, errorThreshold === undefined ? {} : { errorThreshold });
  await counters.open(batch, 'running');
  for (const [ordinal, end] of ends.entries()) await counters.settled({ batchId: batch.batchId, ordinal }, end);
  return batch;
}

/** What the reports would say now. */
async function endOf({ batchId }: BatchRecord): Promise<FinalCounts> {
  const { completed = 0, failed = 0, canceled = 0 } = (await counters.get(batchId)) ?? {};
  return { status: 'completed', completed, failed, canceled };
}

test('a failed item that is taken back opens its batch, once, and nothing but a failed one can be', async () => {
  const batch = await batchOf(['completed', 'failed']);
  expect(await counters.finished(batch.batchId, await endOf(batch))).toBe(true);
  expect(await counters.listOpen()).toEqual([]);
  expect(await counters.reopened(batch, 0)).toBe(false);
  expect(await counters.listOpen()).toEqual([]);
  expect(await Promise.all([counters.reopened(batch, 1), counters.reopened(batch, 1)])).toEqual([true, false]);
  expect(await counters.listOpen()).toEqual([batch.batchId]);
  expect(await counters.get(batch.batchId)).toMatchObject({ status: 'running', completed: 1, failed: 0, open: 1 });
  expect(await bench.redis.ttl(bench.keys.batch(batch.batchId))).toBe(-1);
  expect(await bench.redis.ttl(bench.keys.batchStates(batch.batchId))).toBe(-1);
  await counters.settled({ batchId: batch.batchId, ordinal: 1 }, 'completed');
  expect(await counters.finished(batch.batchId, await endOf(batch))).toBe(true);
});

test('a batch is not closed over an item that was taken back while its reports were made', async () => {
  const batch = await batchOf(['completed', 'failed']);
  const before = await endOf(batch);
  await counters.reopened(batch, 1);
  expect(await counters.finished(batch.batchId, before)).toBe(false);
  expect(await counters.openOrdinals(batch.batchId)).toEqual([1]);
  await counters.settled({ batchId: batch.batchId, ordinal: 1 }, 'completed');
  // Everything has ended by now, but not as the reports say.
  expect(await counters.finished(batch.batchId, before)).toBe(false);
  expect(await counters.listOpen()).toEqual([batch.batchId]);
  expect(await counters.finished(batch.batchId, await endOf(batch))).toBe(true);
  expect(await counters.listOpen()).toEqual([]);
});

test('an item whose next run is accepted and not yet entered is left alone by the mending', async () => {
  const { store } = bench;
  const batch = await batchOf(['completed', 'failed']);
  await writeJson(store, blobKeys.batch(batch.batchId), batch);
  const jobId = batchJobId(batch.batchId, 1);
  const problem = { code: 'internal', detail: 'broken', retry: 'later', fields: {} } as const;
  await bench.jobs.fail(jobRequest({ jobId }), 'test', problem);
  const errors: unknown[] = [];
  const overseer = new BatchOverseer(bench, bench.jobs, bench.batches, (error) => errors.push(error));
  const mend = async () => (await overseer.mend(new AbortController().signal)).settled;
  // As a retry does it: the marker, then the item, and last the record.
  await writeJson(store, blobKeys.pending(jobId, 2), jobRequest({ jobId, run: 2 }));
  await counters.reopened(batch, 1);
  expect(await mend()).toBe(0);
  expect(await counters.get(batch.batchId)).toMatchObject({ failed: 0, open: 1 });
  // Without the marker nothing will run: the old failure stands.
  await store.delete(blobKeys.pending(jobId, 2));
  expect(await mend()).toBe(1);
  expect(await counters.get(batch.batchId)).toMatchObject({ failed: 1, open: 0 });
  expect(await counters.finished(batch.batchId, await endOf(batch))).toBe(true);
  await overseer.stop();
  expect(errors).toEqual([]);
});

test('of a canceled batch nothing is taken back', async () => {
  const batch = await batchOf(['failed']);
  await counters.close(batch.batchId, 'canceled');
  expect(await counters.reopened(batch, 0)).toBe(false);
  expect(await counters.get(batch.batchId)).toMatchObject({ status: 'canceled', failed: 1, open: 0 });
});

test('the error threshold counts what fails after a retry, not what was left out of it', async () => {
  const batch = await batchOf(['failed', 'failed', 'failed', 'failed'], { count: 2 });
  const status = async () => (await counters.get(batch.batchId))?.status;
  expect(await status()).toBe('stopped');
  for (const ordinal of [0, 1, 2]) expect(await counters.reopened(batch, ordinal)).toBe(true);
  const end = (ordinal: number, how: JobEnd) => counters.settled({ batchId: batch.batchId, ordinal }, how);
  await end(0, 'failed');
  await end(1, 'failed');
  expect(await status()).toBe('running');
  await end(2, 'failed');
  expect(await status()).toBe('stopped');
});
