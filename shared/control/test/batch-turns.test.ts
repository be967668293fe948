import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { batchJobId, blobKeys, type BatchItem, type BatchRecord } from '@parse3d/contract';
import { rebuildBatch } from '../src/batches/rebuild.js';
import type { BatchCounts } from '../src/live/batch-counters.js';
import { bullJobId } from '../src/live/bull.js';
import { readAll, writeJson } from '@parse3d/storage';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { batchRecord, jobRequest, startBench, type ControlBench } from './support.js';

let bench: ControlBench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(async () => {
  await bench.stop();
});
afterAll(assertNothingLeaks);

/** A batch in storage. Its items are there unless `items` is left out. */
async function store(total: number, items?: readonly BatchItem[]): Promise<BatchRecord> {
  const batch = batchRecord(total);
  if (items !== undefined) {
    const lines = items.map((item) => `${JSON.stringify(item)}\n`);
    await bench.store.write(blobKeys.batchItems(batch.batchId, 0), Buffer.from(lines.join('')));
  }
  await writeJson(bench.store, blobKeys.batch(batch.batchId), batch);
  await writeJson(bench.store, blobKeys.openBatch(batch.batchId), { batchId: batch.batchId });
  return batch;
}

const itemsOf = (total: number, etag: string): BatchItem[] =>
  Array.from({ length: total }, (_, index) => ({ uri: `local://bucket/${index}.nii`, etag, bytes: 1 }));

async function countsOf({ batchId }: BatchRecord): Promise<BatchCounts> {
  const counts = await bench.live.counters.get(batchId);
  if (counts === undefined) throw new Error(`there are no counters of batch ${batchId}`);
  return counts;
}

async function whileDispatching(errors: unknown[], work: () => Promise<void>): Promise<void> {
  const dispatcher = bench.dispatcher({ feedEveryMs: 20, onError: (error) => errors.push(error) });
  dispatcher.start();
  try {
    await work();
  } finally {
    await dispatcher.stop();
  }
}

const isFed = async (jobId: string): Promise<boolean> =>
  (await bench.live.queue.getJob(bullJobId(jobId, 1))) !== undefined;

test('a batch whose items are gone ends with all of them failed, and keeps nothing else from being fed', async () => {
  const broken = await store(3);
  const sound = await store(1, itemsOf(1, 'e'));
  for (const batch of [broken, sound]) await bench.live.counters.open(batch, 'running');
  const single = jobRequest();
  await writeJson(bench.store, blobKeys.pending(single.jobId, 1), single);
  await bench.live.records.accept(single);
  const errors: unknown[] = [];
  await whileDispatching(errors, async () => {
    await eventually(() => isFed(single.jobId), { what: 'the single job to be fed' });
    await eventually(() => isFed(batchJobId(sound.batchId, 0)), { what: 'the job of the other batch to be fed' });
    await eventually(async () => (await bench.ledger.batches.finished(broken.batchId)) !== undefined, {
      what: 'the batch to end',
    });
  });
  expect(errors).toEqual([]);
  expect(await bench.ledger.batches.finished(broken.batchId)).toMatchObject({ failed: 3, completed: 0 });
  const failures = await readAll(bench.store, blobKeys.batchReport(broken.batchId, 'failures.jsonl'));
  expect(failures.toString().match(/"code":"record-invalid"/g)).toHaveLength(3);
});

test('a marker that cannot be read keeps no other job from being mended', async () => {
  const broken = jobRequest({ jobId: '00000000-0000-4000-8000-000000000000' });
  await writeJson(bench.store, blobKeys.pending(broken.jobId, 1), { of: 'an older version' });
  const lost = jobRequest();
  await writeJson(bench.store, blobKeys.pending(lost.jobId, 1), lost);
  const errors: unknown[] = [];
  await whileDispatching(errors, async () => {
    await eventually(() => isFed(lost.jobId), { what: 'the lost job to be fed' });
  });
  expect(errors).toEqual([]);
  const named = (await bench.unreadable.list()).map(({ key }) => key);
  expect(named).toContain(blobKeys.pending(broken.jobId, 1));
});

test('half a manifest is one failed item: counters are made again, the reports say so, the batch ends', async () => {
  const batch = await store(2, itemsOf(2, 'e'));
  for (const ordinal of [0, 1]) {
    const request = jobRequest({ jobId: batchJobId(batch.batchId, ordinal), lane: 'batch' });
    await bench.jobs.endCanceled(request, 'a');
  }
  const half = blobKeys.manifest(batchJobId(batch.batchId, 0), 1);
  await bench.store.write(half, Buffer.from('{"schemaVersion": 1, "jobI'));
  await bench.ledger.batches.markOpen(batch.batchId);
  const errors: unknown[] = [];
  await whileDispatching(errors, async () => {
    await eventually(async () => (await bench.ledger.batches.finished(batch.batchId)) !== undefined, {
      what: 'the batch to end',
    });
  });
  expect(errors).toEqual([]);
  expect(await bench.ledger.batches.finished(batch.batchId)).toMatchObject({ failed: 1, canceled: 1 });
  const failures = await readAll(bench.store, blobKeys.batchReport(batch.batchId, 'failures.jsonl'));
  expect(failures.toString()).toContain('"code":"record-invalid"');
  expect((await bench.unreadable.list()).map(({ key }) => key)).toContain(half);
});

test('a batch whose items end without running lets others have their turn in between', async () => {
  // Without a version, and not there: each ends as failed when it is looked at.
  const long = await store(1_500, itemsOf(1_500, ''));
  await bench.live.counters.open(long, 'running');
  await whileDispatching([], async () => {
    await eventually(async () => (await countsOf(long)).failed > 0, { what: 'the first items to end' });
    const other = await store(1, itemsOf(1, 'e'));
    await bench.live.counters.open(other, 'running');
    await eventually(() => isFed(batchJobId(other.batchId, 0)), { what: 'the other batch to have its turn' });
    expect((await countsOf(long)).failed).toBeLessThan(1_500);
  });
});

test('counters whose making was cut off are made again by the next leader', async () => {
  const batch = await store(3, itemsOf(3, 'e'));
  for (const ordinal of [0, 1]) {
    const request = jobRequest({ jobId: batchJobId(batch.batchId, ordinal), lane: 'batch' });
    const problem = { code: 'internal', detail: 'x', retry: 'later', fields: {} } as const;
    await bench.jobs.fail(request, 'a', problem);
  }
  // As a leader leaves it that is killed after one of three.
  await bench.live.counters.openToRebuild(batch);
  await bench.live.counters.settled({ batchId: batch.batchId, ordinal: 0 }, 'failed');
  await whileDispatching([], async () => {
    await eventually(() => isFed(batchJobId(batch.batchId, 2)), { what: 'the last item to be fed' });
  });
  const counts = await countsOf(batch);
  expect(counts).toMatchObject({ status: 'running', failed: 2, completed: 0 });
  expect(counts.rebuilding).toBeUndefined();
});

test('a batch that is canceled while its counters are made again counts every item once', async () => {
  const batch = await store(3, itemsOf(3, 'e'));
  const request = jobRequest({ jobId: batchJobId(batch.batchId, 1), lane: 'batch' });
  const problem = { code: 'internal', detail: 'x', retry: 'later', fields: {} } as const;
  await bench.jobs.fail(request, 'a', problem);
  await bench.live.counters.openToRebuild(batch);
  await bench.ledger.batches.setControl(batch.batchId, 'canceled');
  await bench.live.counters.close(batch.batchId, 'canceled');
  await rebuildBatch(batch, bench);
  expect(await countsOf(batch)).toMatchObject({ status: 'canceled', failed: 1, canceled: 2, completed: 0 });
});

test('an end that is written twice is announced once, and the end of a retry is announced again', async () => {
  const batch = await store(1, itemsOf(1, 'e'));
  const request = jobRequest({ jobId: batchJobId(batch.batchId, 0), lane: 'batch' });
  const problem = { code: 'internal', detail: 'x', retry: 'later', fields: {} } as const;
  await bench.jobs.fail(request, 'a', problem);
  const { webhooks } = bench.ledger;
  const endpoint = randomUUID();
  await webhooks.write({
    id: endpoint,
    tenant: batch.tenant,
    url: 'https://example.org/hooks',
    events: ['batch.finished'],
    createdAt: batch.createdAt,
    secret: `whsec_${randomBytes(32).toString('base64')}`,
  });
  // A batch that Redis does not know, with a marker, is ended from what is in storage.
  const end = async (): Promise<string[]> => {
    await bench.redis.flushdb();
    await writeJson(bench.store, blobKeys.openBatch(batch.batchId), { batchId: batch.batchId });
    const marker = { prefix: blobKeys.openBatchPrefix };
    await whileDispatching([], async () => {
      await eventually(async () => (await bench.store.list(marker)).blobs.length === 0, { what: 'the end' });
    });
    return (await webhooks.deliveries(endpoint, 10)).map(({ event }) => event.type);
  };
  expect(await end()).toEqual(['batch.finished']);
  expect(await end()).toEqual(['batch.finished']);
  await bench.ledger.batches.reopened(batch.batchId, 'KEY');
  expect(await end()).toEqual(['batch.finished', 'batch.finished']);
});
