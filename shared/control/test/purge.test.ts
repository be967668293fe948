import { batchJobId, blobKeys } from '@parse3d/contract';
import type { BlobStore } from '@parse3d/storage';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { failedManifest } from '../src/ledger/manifests.js';
import { startKeeping } from './keeping-support.js';
import { batchRecord, jobRequest, software } from './support.js';

const keeping = await startKeeping();
const { bench, keys, isThere, upload, houseWith, walk, endedJob, endedBatch, purge, purgeBatch } = keeping;
beforeEach(keeping.clear);
afterAll(keeping.stop);

test('what a removed job leaves is a tombstone, whose run no late attempt takes', async () => {
  const { uri, key } = await upload();
  const request = await endedJob(uri);
  const { jobId } = request;
  expect(await bench.live.usage.get('default')).toMatchObject({ results: 2_000 });
  await purge(jobId);
  expect(await keys('results/')).toEqual([blobKeys.manifest(jobId, 1)]);
  expect(JSON.stringify(await bench.ledger.manifests.read(jobId, 1))).not.toContain(uri);
  expect(await bench.jobs.find(jobId)).toMatchObject({
    source: 'purged',
    tombstone: { id: jobId, tenant: 'default', purgedBy: 'key' },
  });
  expect(await bench.jobs.list('default', 10)).toEqual([]);
  expect(await bench.live.usage.get('default')).toMatchObject({ results: 0 });
  const problem = { code: 'inference-failed', detail: 'd', retry: 'later', fields: {} } as const;
  expect(await bench.jobs.commit(failedManifest(request, 'late', software, problem))).toMatchObject({ won: false });
  await expect(bench.jobs.accept({ ...request, run: 2 })).rejects.toMatchObject({ code: 'purged' });
  expect(await keys(blobKeys.pendingPrefix)).toEqual([]);
  // Its upload was left for the keeper, whatever its age.
  await walk({});
  await walk({});
  expect(await isThere(key)).toBe(false);
  await purge(jobId);
});

test('a job that has not ended is not removed, and neither is one of a batch or a batch with work left', async () => {
  const waiting = jobRequest();
  await bench.jobs.accept(waiting);
  await expect(purge(waiting.jobId)).rejects.toMatchObject({ code: 'state-conflict', fields: { status: 'waiting' } });
  const open = batchRecord(1);
  await bench.batches.writeItems(open.batchId, [{ uri: 'local://bucket/0.nii', etag: 'e', bytes: 1 }]);
  await bench.batches.create(open);
  await expect(purgeBatch(open.batchId)).rejects.toMatchObject({ code: 'state-conflict' });
  await expect(purge(batchJobId(open.batchId, 0))).rejects.toMatchObject({ code: 'state-conflict' });
  expect((await bench.batches.find(open.batchId))?.live).toMatchObject({ status: 'running' });
});

test('a removed batch takes its uploads along, and keeps a result until the last that shares it is removed', async () => {
  const [first, second] = [await upload(), await upload()];
  const computed = await endedBatch([first.uri, second.uri]);
  const sharing = await endedBatch([first.uri], true);
  expect(await bench.jobs.manifest(batchJobId(sharing, 0))).toMatchObject({
    reusedFrom: { jobId: batchJobId(computed, 0), run: 1 },
  });

  // More than one request removes: the keeper does the rest.
  expect(await purgeBatch(computed, 1)).toBe(false);
  expect(await bench.batches.find(computed)).toBeUndefined();
  await walk({});
  expect(await keys(`batches/${computed}/`)).toEqual([blobKeys.batch(computed)]);
  expect((await keys(blobKeys.jobPrefix(batchJobId(computed, 0)))).length).toBe(2);
  expect(await keys(blobKeys.jobPrefix(batchJobId(computed, 1)))).toEqual([]);
  expect(await bench.jobs.find(batchJobId(computed, 0))).toMatchObject({ source: 'purged' });
  // Neither a retry that was accepted at that moment nor an attempt of it that comes too late brings anything back.
  await bench.ledger.batches.reopened(computed, 'KEY');
  await bench.ledger.batches.markOpen(computed);
  const late = failedManifest(jobRequest({ jobId: batchJobId(computed, 1) }), 'late', software, {
    code: 'internal',
    detail: 'd',
    retry: 'later',
    fields: {},
  });
  expect(await bench.jobs.commit(late)).toMatchObject({ won: false });
  expect(await keys(blobKeys.jobPrefix(batchJobId(computed, 1)))).toEqual([]);
  await walk({});
  await walk({});
  expect([await isThere(first.key), await isThere(second.key)]).toEqual([true, false]);

  expect(await purgeBatch(sharing)).toBe(true);
  await walk({});
  await walk({});
  expect(await keys()).toEqual([blobKeys.batch(computed), blobKeys.batch(sharing)].sort());
  expect(await bench.live.usage.get('default')).toMatchObject({ total: 0 });
});

test('a removal that is cut off at any step is finished by the keeper, and by whoever repeats it', async () => {
  let cutOff = 0;
  for (let steps = 0; ; steps++) {
    const { uri } = await upload();
    const { jobId } = await endedJob(uri);
    const batchId = await endedBatch([uri]);
    const dying = houseWith({}, dyingAfter(steps, bench.store));
    const died = await Promise.all([
      purge(jobId, dying.jobs).then(() => 0, isDeath),
      purgeBatch(batchId, Infinity, dying.batches).then(() => 0, isDeath),
    ]);
    cutOff += died[0] + died[1];
    if (steps % 2 === 0) {
      await walk({});
      // What did not get as far as its note was not begun.
      if ((await bench.jobs.find(jobId))?.source !== 'purged') await purge(jobId);
      if ((await bench.batches.find(batchId)) !== undefined) await purgeBatch(batchId);
    } else {
      await purge(jobId);
      await purgeBatch(batchId);
    }
    await walk({});
    await walk({});
    expect(await keys(), `after ${steps} steps`).toEqual([blobKeys.batch(batchId), blobKeys.manifest(jobId, 1)]);
    expect(await bench.live.usage.get('default')).toMatchObject({ total: 0 });
    for (const key of await keys()) await bench.store.delete(key);
    if (died[0] + died[1] === 0) break;
  }
  expect(cutOff).toBeGreaterThan(10);
});

const DEATH = 'the process has died';
const isDeath = (error: unknown): 1 => {
  if (error instanceof Error && error.message === DEATH) return 1;
  throw error;
};

/** The store, as a process sees it that dies after so many writes and removals. */
function dyingAfter(steps: number, store: BlobStore): BlobStore {
  let left = steps;
  const step = (): void => {
    if (left-- <= 0) throw new Error(DEATH);
  };
  return {
    scheme: store.scheme,
    bucket: store.bucket,
    head: (key, options) => store.head(key, options),
    read: (key, options) => store.read(key, options),
    list: (options) => store.list(options),
    presignRead: (key, options) => store.presignRead(key, options),
    healthy: () => store.healthy(),
    room: () => store.room(),
    close: () => Promise.resolve(),
    async write(key, body, options) {
      step();
      return store.write(key, body, options);
    },
    async delete(key) {
      step();
      return store.delete(key);
    },
  };
}
