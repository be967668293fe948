import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { batchJobId, blobKeys, type BatchRecord, type Manifest } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { writeJson } from '@parse3d/storage';
import { assertNothingLeaks } from '@parse3d/testing';
import { rebuildBatch } from '../src/batches/rebuild.js';
import { batchRecord, startBench, type ControlBench } from './support.js';

let bench: ControlBench;
beforeAll(async () => {
  bench = await startBench();
});
afterEach(async () => {
  await takeAgain();
});
afterAll(async () => {
  await bench.stop();
  await assertNothingLeaks();
});

/** Redis answers what it is asked and takes no batch, as one that fails between two commands. */
const takeNoMore = () => bench.redis.acl('SETUSER', 'default', '-evalsha', '-eval');
const takeAgain = () => bench.redis.acl('SETUSER', 'default', '+@all');

const hasMarker = ({ batchId }: BatchRecord): Promise<boolean> =>
  bench.store.head(blobKeys.openBatch(batchId)).then(
    () => true,
    (error: unknown) => {
      if (isProblem(error, 'blob-missing')) return false;
      throw error;
    },
  );

async function written(total: number): Promise<BatchRecord> {
  const batch = batchRecord(total);
  const items = Array.from({ length: total }, (_, index) => ({
    uri: `local://bucket/${index}.nii`,
    etag: 'e',
    bytes: 1,
  }));
  expect(await bench.batches.writeItems(batch.batchId, items)).toEqual({ total, bytes: total });
  return batch;
}

test('a batch that Redis does not take leaves no marker, and can be created when it does', async () => {
  const batch = await written(2);
  await takeNoMore();
  await expect(bench.batches.create(batch)).rejects.toThrow('NOPERM');
  expect(await hasMarker(batch)).toBe(false);
  await takeAgain();
  await bench.batches.create(batch);
  expect(await hasMarker(batch)).toBe(true);
  expect((await bench.batches.find(batch.batchId))?.live).toMatchObject({ status: 'running', total: 2 });
});

test('a batch that was accepted keeps its marker when Redis does not take it again', async () => {
  const batch = await written(1);
  await bench.batches.create(batch);
  await bench.redis.flushall();
  await takeNoMore();
  await expect(bench.batches.reenter(batch)).rejects.toThrow('NOPERM');
  expect(await hasMarker(batch)).toBe(true);
  await takeAgain();
  await bench.batches.reenter(batch);
  expect((await bench.batches.find(batch.batchId))?.live).toMatchObject({ status: 'running', total: 1 });
});

test('an earlier run that is settled once more does not count for an item that is run again', async () => {
  const batch = await written(1);
  await bench.batches.create(batch);
  const jobId = batchJobId(batch.batchId, 0);
  const request = await bench.jobs.requestOf(jobId);
  if (request === undefined) throw new Error('the job of the batch is not found');
  await bench.jobs.enterItems([request]);
  await bench.live.counters.entered(batch.batchId, [0]);
  await bench.jobs.fail(request, 'a', { code: 'internal', detail: 'x', retry: 'later', fields: {} });
  const first = await bench.jobs.manifest(jobId);
  const found = await bench.batches.find(batch.batchId);
  if (first === undefined || found === undefined) throw new Error('the batch or its first end is not found');
  expect(found.live).toMatchObject({ failed: 1, open: 0 });

  expect(await bench.batches.retryFailed(found, {}, 'KEY', () => batch.pack)).toBe(1);
  const settleFirst = async (manifest: Manifest) => {
    await bench.jobs.settle(manifest);
    return (await bench.batches.find(batch.batchId))?.live;
  };
  expect(await settleFirst(first)).toMatchObject({ failed: 0, open: 1, status: 'running' });
  await bench.jobs.endCanceled({ ...request, run: 2 }, 'b');
  expect(await settleFirst(first)).toMatchObject({ failed: 0, canceled: 1, open: 0 });
  // As a mending that looked at the item before it was retried: what counts is the newest end.
  await bench.live.records.drop(jobId);
  expect(await bench.jobs.mend(jobId, 1)).toBe('settled');
  expect((await bench.batches.find(batch.batchId))?.live).toMatchObject({ failed: 0, canceled: 1 });
});

test('jobs that nobody fed are taken back in one step each, fed ones and later runs stay', async () => {
  const batch = await written(4);
  await bench.batches.create(batch);
  const { counters, records, waiting } = bench.live;
  const ids = [0, 1, 2, 3].map((ordinal) => batchJobId(batch.batchId, ordinal));
  const requests = await Promise.all(ids.map((id) => bench.jobs.requestOf(id)));
  const known = requests.filter((request) => request !== undefined);
  const [fed, retried] = known;
  if (fed === undefined || retried === undefined) throw new Error('the jobs of the batch are not found');
  await counters.entered(batch.batchId, [0, 1, 2, 3]);
  await bench.jobs.enterItems(known);
  await counters.advance(batch.batchId, 4);
  await waiting.markFed([fed]);
  await records.accept({ ...retried, run: 2 });
  await counters.withdraw(batch, [0, 1, 2, 3]);
  expect((await records.getAll(ids)).map((record) => record?.run)).toEqual([1, 2, undefined, undefined]);
  expect((await counters.openOrdinals(batch.batchId)).sort()).toEqual([0, 1]);
  expect(await counters.get(batch.batchId)).toMatchObject({ next: 2, open: 2 });
});

test('a Redis that is emptied while items are entered gets whole counters again, not a part of them', async () => {
  const batch = await written(3);
  const { batchId } = batch;
  await bench.batches.create(batch);
  await bench.redis.flushall();
  // What a process does that had read the counters before.
  await bench.live.counters.advance(batchId, 3);
  await bench.live.counters.setStatus(batchId, 'running');
  expect(await bench.redis.exists(bench.keys.batch(batchId))).toBe(0);
  // What an earlier version leaves in that case.
  await bench.redis.hset(bench.keys.batch(batchId), 'next', 3);
  expect(await bench.live.counters.settled({ batchId, ordinal: 0 }, 'completed')).toBeUndefined();
  await rebuildBatch(batch, bench);
  expect((await bench.batches.find(batchId))?.live).toMatchObject({
    status: 'running',
    total: 3,
    next: 0,
    completed: 0,
  });
});

test('a rebuilding that fails before it is done is begun again, and leaves no batch paused', async () => {
  const batch = await written(2);
  const { batchId } = batch;
  await bench.batches.create(batch);
  await bench.redis.flushall();
  const control = blobKeys.batchControl(batchId);
  await bench.store.write(control, Buffer.from('cut off'));
  await expect(rebuildBatch(batch, bench)).rejects.toMatchObject({ code: 'record-invalid' });
  expect(await bench.live.counters.get(batchId)).toMatchObject({ status: 'paused', rebuilding: 'counted' });
  await writeJson(bench.store, control, { status: 'canceled' });
  await rebuildBatch(batch, bench);
  const counts = await bench.live.counters.get(batchId);
  expect(counts).toMatchObject({ status: 'canceled', canceled: 2 });
  expect(counts?.rebuilding).toBeUndefined();
});
