import { batchJobId, type BatchView } from '@parse3d/contract';
import type { BlobStore } from '@parse3d/storage';
import { assertNothingLeaks } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './support/api.js';
import { endedBatch, submitBatch } from './support/batches.js';
import { startStack, type Stack } from './support/stack.js';
import { uploadFolder } from './support/uploads.js';
import { phantomCtFile } from './support/volumes.js';

let stack: Stack;
let api: Api;
let scans: BlobStore;
let good: Buffer;
beforeAll(async () => {
  stack = await startStack({ env: { PARSE3D_RECONCILE_EVERY: '1s' } });
  scans = stack.stores.primary;
  api = stack.api;
  good = await phantomCtFile([12, 10, 8]);
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

const submit = (body: object): Promise<BatchView> =>
  submitBatch(api, { prompts: ['bone'], outputs: { preview: false }, ...body });
const ended = (id: string): Promise<BatchView> => endedBatch(api, id);

test('of the failed items only those with the codes that are named run again', async () => {
  const truncated = good.subarray(0, good.length - 30);
  const { uri, prefix } = await uploadFolder(scans, {
    'a.nii.gz': good,
    'b.nii.gz': truncated,
    'c.nii': Buffer.alloc(400, 'x'),
    'd.nii.gz': truncated,
  });
  const batch = await submit({ source: { kind: 'prefix', uri } });
  expect(await ended(batch.id)).toMatchObject({ counts: { completed: 1, failed: 3 } });
  const retry = (body: object) => api.send('POST', `/v1/batches/${batch.id}/retry-failed`, body);
  const runs = async (): Promise<number[]> =>
    Promise.all([0, 1, 2, 3].map(async (ordinal) => (await api.job(batchJobId(batch.id, ordinal))).run));

  expect(await retry({ codes: ['storage-unavailable'] })).toMatchObject({ status: 202, json: { id: batch.id } });
  expect(await runs()).toEqual([1, 1, 1, 1]);
  expect(await retry({ codes: ['nifti-truncated'] })).toMatchObject({ status: 202 });
  expect(await ended(batch.id)).toMatchObject({ status: 'completed', counts: { completed: 1, failed: 3 } });
  expect(await runs()).toEqual([1, 2, 1, 2]);
  await scans.delete(`${prefix}c.nii`);
  expect(await retry({})).toMatchObject({ status: 202 });
  await ended(batch.id);
  expect(await runs()).toEqual([1, 3, 2, 3]);

  expect(await retry({ codes: ['nifti-truncated', 'bad-luck'] })).toMatchObject({
    status: 400,
    json: {
      type: '/problems/request-invalid',
      faults: [{ path: 'codes.1', message: expect.stringContaining(`got "bad-luck"`) }],
    },
  });
  expect(await retry({ codes: [] })).toMatchObject({ status: 400 });
  expect(await retry({ code: 'nifti-truncated' })).toMatchObject({ status: 400 });
  const text = { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: '{"codes": ["nifti-truncated"]}' };
  expect((await api.fetch(`/v1/batches/${batch.id}/retry-failed`, text)).status).toBe(415);
  expect(await runs()).toEqual([1, 3, 2, 3]);
});

test('of two retries at a time each item runs once more for one or both, and is counted once', async () => {
  const items = Array.from({ length: 50 }, (_, index) => ({
    uri: `local://${scans.bucket}/uploads/default/nowhere/${index}.nii`,
  }));
  const batch = await submit({ source: { kind: 'items', items } });
  expect((await ended(batch.id)).counts.failed).toBe(50);
  const retry = () => api.send('POST', `/v1/batches/${batch.id}/retry-failed`);
  expect((await Promise.all([retry(), retry()])).map(({ status }) => status)).toEqual([202, 202]);
  expect(await ended(batch.id)).toMatchObject({ status: 'completed', counts: { completed: 0, failed: 50 } });
  const runs = await Promise.all([0, 25, 49].map(async (at) => (await api.job(batchJobId(batch.id, at))).run));
  for (const run of runs) expect([2, 3]).toContain(run);
});

test('failures that are left out of a retry do not stop the batch again', async () => {
  const names = Array.from({ length: 14 }, (_, at) => `scan-${at}.nii.gz`);
  const { uri, prefix } = await uploadFolder(scans, Object.fromEntries(names.map((name) => [name, good])));
  const missing = `${uri}late.nii.gz`;
  const bad = await uploadFolder(
    scans,
    Object.fromEntries([0, 1, 2, 3, 4].map((at) => [`${at}.nii`, Buffer.alloc(400)])),
  );
  const items = [
    ...names.map((name) => ({ uri: uri + name })),
    ...[0, 1, 2, 3, 4].map((at) => ({ uri: `${bad.uri}${at}.nii` })),
    { uri: missing },
  ];
  const batch = await submit({ source: { kind: 'items', items }, errorThreshold: { share: 0.2 } });
  expect(await ended(batch.id)).toMatchObject({ status: 'stopped', counts: { completed: 14, failed: 6 } });
  await scans.write(`${prefix}late.nii.gz`, good);
  const body = { codes: ['volume-missing'] };
  expect((await api.send('POST', `/v1/batches/${batch.id}/retry-failed`, body)).status).toBe(202);
  expect(await ended(batch.id)).toMatchObject({ status: 'completed', counts: { completed: 15, failed: 5 } });
});
