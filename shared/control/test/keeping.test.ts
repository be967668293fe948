import { randomUUID } from 'node:crypto';
import { blobKeys, CreateRule, type RuleRecord } from '@parse3d/contract';
import { writeJson } from '@parse3d/storage';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { surveyStorage } from '../src/keeping/survey.js';
import { startKeeping } from './keeping-support.js';
import { batchRecord, jobRequest } from './support.js';

const keeping = await startKeeping();
const { bench, tenants, keys, isThere, upload, houseWith, walk, endedJob, endedBatch } = keeping;
beforeEach(keeping.clear);
afterAll(keeping.stop);

test('an upload goes once nothing names it, in two walks, and none goes that a job, batch or rule names', async () => {
  const named = {
    pending: await upload(),
    ended: await upload(),
    openBatch: await upload(),
    endedBatch: await upload(),
    ofAnother: await upload(),
    rule: await upload('ruled'),
  };
  const unnamed = await upload();
  await bench.jobs.accept(jobRequest({ input: { uri: named.pending.uri, etag: 'e', bytes: 1 } }));
  await endedJob(named.ended.uri);
  await endedJob(named.ofAnother.uri, 'other');
  const open = batchRecord(1);
  await bench.batches.writeItems(open.batchId, [{ uri: named.openBatch.uri, etag: 'e', bytes: 1 }]);
  await bench.batches.create(open);
  await endedBatch([named.endedBatch.uri]);
  const rule: RuleRecord = {
    ...CreateRule.parse({ bucket: 'local://bucket/', prefix: 'uploads/ruled/', job: { prompts: ['bone'] } }),
    job: { ...CreateRule.parse({ bucket: 'local://bucket/', job: { prompts: ['bone'] } }).job },
    id: randomUUID(),
    tenant: 'ruled',
    inputs: [],
    createdAt: new Date().toISOString(),
    since: new Date().toISOString(),
  };
  await writeJson(bench.store, blobKeys.rule('ruled', rule.id), rule);

  expect(await walk({ uploadsKeptMs: 3_600_000 })).toMatchObject({ uploads: 0, marked: 0 });
  const survey = await surveyStorage(bench.store, { uploadsKeptMs: 0, retentionMs: 0 }, new AbortController().signal);
  expect(survey.unused).toEqual([{ tenant: 'default', uploadId: unnamed.uploadId, objects: 1, bytes: 300 }]);

  expect(await walk()).toMatchObject({ uploads: 0, marked: 1 });
  expect(await isThere(unnamed.key)).toBe(true);
  // From now on nothing new may name it, neither a job nor a batch.
  const late = jobRequest({ input: { uri: unnamed.uri, etag: 'e', bytes: 1 } });
  await expect(bench.jobs.accept(late)).rejects.toMatchObject({ code: 'volume-missing' });
  expect(await bench.jobs.find(late.jobId)).toBeUndefined();
  const lateBatch = batchRecord(1);
  await bench.batches.writeItems(lateBatch.batchId, [{ uri: unnamed.uri, etag: 'e', bytes: 1 }]);
  await expect(bench.batches.create(lateBatch)).rejects.toMatchObject({ code: 'volume-missing' });
  expect(await bench.batches.find(lateBatch.batchId)).toBeUndefined();

  expect(await walk()).toMatchObject({ uploads: 1, bytes: 300 });
  expect(await isThere(unnamed.key)).toBe(false);
  expect(await keys(blobKeys.uploadsGonePrefix)).toEqual([]);
  for (const [who, { key }] of Object.entries(named)) expect(await isThere(key), who).toBe(true);
});

test('an upload that a job named before it was marked stays, and can be named again', async () => {
  const { uri, key, tenant, uploadId } = await upload();
  const early = jobRequest({ input: { uri, etag: 'e', bytes: 1 } });
  // As when it is accepted after the walk has read the markers and before it marks the upload.
  await bench.jobs.accept(early);
  await bench.ledger.uploads.markGone({ tenant, uploadId });
  await walk();
  expect(await isThere(key)).toBe(true);
  await bench.jobs.accept(jobRequest({ input: { uri, etag: 'e', bytes: 1 } }));
});

test('while a record that may name uploads cannot be read, none is removed, and the record is counted', async () => {
  await upload();
  // What a damaged tenant is worth nobody knows: its jobs stay, and those of others go.
  await bench.store.write(blobKeys.tenant('damaged'), Buffer.from('{'));
  const kept = await endedJob('local://bucket/a.nii', 'damaged');
  await endedJob('local://bucket/b.nii');
  expect(await walk({ retentionMs: 1 })).toMatchObject({ jobs: 1, unreadable: 1 });
  expect(await bench.jobs.find(kept.jobId)).toMatchObject({ source: 'record' });
  await bench.store.delete(blobKeys.tenant('damaged'));

  const broken = blobKeys.pending(randomUUID(), 1);
  await bench.store.write(broken, Buffer.from('{'));
  expect(await walk()).toMatchObject({ marked: 0, uploads: 0, unreadable: 1 });
  await bench.store.delete(broken);
  expect(await walk()).toMatchObject({ marked: 1, unreadable: 0 });
});

test('jobs and batches go at the age that their tenant or the server says, and those of others stay', async () => {
  await tenants.set('long', { ...(await tenants.get('long')), retentionDays: null });
  const [old, kept] = [await endedJob('local://bucket/a.nii'), await endedJob('local://bucket/b.nii', 'long')];
  const batchId = await endedBatch(['local://bucket/c.nii']);
  expect(await walk({ retentionMs: 3_600_000 })).toMatchObject({ jobs: 0, batches: 0 });
  expect(await walk({ retentionMs: 1 })).toMatchObject({ jobs: 1, batches: 1 });
  expect(await bench.jobs.find(old.jobId)).toMatchObject({ tombstone: { purgedBy: 'retention' } });
  expect(await bench.batches.tombstone(batchId)).toMatchObject({ purgedBy: 'retention' });
  expect(await bench.jobs.find(kept.jobId)).toMatchObject({ source: 'record' });
});

test('a walk counts what Redis has lost, and a tenant above its quota starts nothing', async () => {
  const { uri } = await upload();
  await endedJob(uri);
  await bench.redis.flushall();
  await walk({});
  expect(await bench.live.usage.get('default')).toMatchObject({ uploads: 300, results: 2_000, total: 2_300 });

  const { jobs } = houseWith({ quotaBytes: 2_000 });
  const waiting = jobRequest();
  await jobs.accept(waiting);
  const attempt = { jobId: waiting.jobId, run: 1, attemptId: randomUUID(), attempt: 1 };
  expect(await jobs.claim(attempt, 'worker')).toEqual({ outcome: 'ended' });
  expect(await jobs.manifest(waiting.jobId)).toMatchObject({
    status: 'failed',
    problem: { code: 'storage-quota-exceeded', fields: { usedBytes: 2_300, quotaBytes: 2_000 } },
  });
  await tenants.set('default', { ...(await tenants.get('default')), maxStoredBytes: null });
  const other = jobRequest();
  await jobs.accept(other);
  expect(await jobs.claim({ ...attempt, jobId: other.jobId }, 'worker')).toMatchObject({ outcome: 'ok' });
});
