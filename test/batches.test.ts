import { BatchSize, batchJobId, type BatchView } from '@parse3d/contract';
import type { BlobStore } from '@parse3d/storage';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './support/api.js';
import { endedBatch, lookAtBatch, submitBatch } from './support/batches.js';
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

const outputs = { preview: false };

const volumes = (count: number): Record<string, Buffer> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`scan-${String(index).padStart(3, '0')}.nii.gz`, good]),
  );

const submit = (body: object): Promise<BatchView> => submitBatch(api, { prompts: ['bone'], outputs, ...body });
const look = (id: string): Promise<BatchView> => lookAtBatch(api, id);
const ended = (id: string): Promise<BatchView> => endedBatch(api, id);

const report = async (id: string, name: string): Promise<string> =>
  (await api.fetch(`/v1/batches/${id}/reports/${name}`)).text();

test('a dry run estimates the time, first from the pack and then from the jobs that ran', async () => {
  const { uri } = await uploadFolder(scans, volumes(3));
  const dryRun = async (): Promise<BatchSize> => {
    const body = { source: { kind: 'prefix', uri }, prompts: ['bone'], outputs, dryRun: true };
    return BatchSize.parse((await api.send('POST', '/v1/batches', body)).json);
  };
  expect(await dryRun()).toMatchObject({
    total: 3,
    bytes: 3 * good.length,
    estimate: { basis: 'pack', jobs: 0, slots: 1, seconds: 1 },
  });
  const batch = await submit({ source: { kind: 'prefix', uri } });
  await ended(batch.id);
  const after = await dryRun();
  expect(after).toMatchObject({ estimate: { basis: 'recent-jobs', jobs: 3, slots: 1 } });
  // The same three volumes again: what their jobs took, rounded up.
  const items = (await api.send('GET', `/v1/batches/${batch.id}/items`)).json['items'] as { jobId: string }[];
  const manifests = await Promise.all(items.map(({ jobId }) => api.manifest(jobId)));
  const ms = manifests
    .flatMap((manifest) => (manifest.status === 'completed' ? Object.values(manifest.timingsMs) : []))
    .reduce((sum, stage) => sum + stage, 0);
  expect(Math.abs((after.estimate?.seconds ?? 0) - ms / 1_000)).toBeLessThanOrEqual(1.01);
});

test('a folder of volumes becomes jobs, and every result and failure is listed at the end', async () => {
  const truncated = good.subarray(0, good.length - 30);
  const { uri, prefix } = await uploadFolder(scans, {
    ...volumes(12),
    'scan-005.nii.gz': truncated,
    'notes.txt': Buffer.from('x'),
  });
  const batch = await submit({ name: 'cohort', source: { kind: 'prefix', uri }, prompts: ['bone', 'fat'] });
  expect(batch).toMatchObject({ name: 'cohort', total: 12, status: 'running' });
  const end = await ended(batch.id);
  expect(end).toMatchObject({ status: 'completed', counts: { completed: 11, failed: 1, canceled: 0 } });

  const results = (await report(batch.id, 'results.jsonl'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(results).toHaveLength(12);
  expect(results[0]).toMatchObject({ ordinal: 0, status: 'completed', uri: `${uri}scan-000.nii.gz` });
  expect(
    (await report(batch.id, 'failures.jsonl'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
  ).toMatchObject([{ ordinal: 5, status: 'failed', problem: { code: 'nifti-truncated' } }]);
  // One row for each volume and prompt, whatever became of the volume.
  const [header = '', ...rows] = (await report(batch.id, 'summary.csv')).trim().split('\n');
  const column = (name: string): number => header.split(',').indexOf(name);
  const cells = rows.map((row) => row.split(','));
  expect(cells.map((row) => `${row[column('uri')]} ${row[column('label')]} ${row[column('prompt')]}`)).toEqual(
    Object.keys(volumes(12)).flatMap((name) => [`${uri}${name} 1 bone`, `${uri}${name} 2 fat`]),
  );
  expect(new Set(cells.map((row) => `${row[column('status')]} ${row[column('recommended')]}`))).toEqual(
    new Set(['completed true', 'failed ']),
  );
  expect(header).toContain(',recommended,suggestion,');
  const codes = cells.filter((row) => row[column('status')] === 'failed').map((row) => row[column('code')]);
  expect(codes).toEqual(['nifti-truncated', 'nifti-truncated']);
  // What was measured stands behind the columns that were there before.
  expect(cells.every((row) => row.length === header.split(',').length)).toBe(true);
  const found = cells.filter((row) => row[column('verdict')] === 'present');
  expect(new Set(found.map((row) => row[column('intensity_unit')]))).toEqual(new Set(['HU']));
  expect(found.every((row) => Number(row[column('surface_mm2')]) > 0)).toBe(true);

  // One item, found by its state, is a job like any other.
  const failed = await api.send('GET', `/v1/batches/${batch.id}/items?status=failed`);
  const [item] = failed.json['items'] as { jobId: string; ordinal: number }[];
  expect(item?.ordinal).toBe(5);
  expect(await api.job(item?.jobId ?? '')).toMatchObject({ status: 'failed', problem: { code: 'nifti-truncated' } });

  // Mended in place it is another version, so the old failure stands until the item is submitted again.
  await scans.write(`${prefix}scan-005.nii.gz`, good);
  expect((await api.send('POST', `/v1/batches/${batch.id}/retry-failed`)).status).toBe(202);
  expect(await ended(batch.id)).toMatchObject({ counts: { completed: 11, failed: 1 } });
  expect(await api.job(item?.jobId ?? '')).toMatchObject({ run: 2, problem: { code: 'volume-changed' } });
});

test('what was done before is not done again unless asked', async () => {
  const { uri } = await uploadFolder(scans, volumes(6));
  const source = { kind: 'prefix', uri };
  await ended((await submit({ source })).id);
  const again = await ended((await submit({ source })).id);
  expect(again).toMatchObject({ counts: { completed: 6 }, skipped: 6 });
  const items = await api.send('GET', `/v1/batches/${again.id}/items?limit=1`);
  const [item] = items.json['items'] as { jobId: string }[];
  expect((await api.output(item?.jobId ?? '', 'labels.nii.gz')).length).toBeGreaterThan(0);
  const fresh = await ended((await submit({ source, skipCompleted: false })).id);
  expect(fresh).toMatchObject({ counts: { completed: 6 }, skipped: 0 });
});

test('items of a manifest bring prompts of their own, and a wrong line is named', async () => {
  const { uri, prefix } = await uploadFolder(scans, volumes(2));
  const write = (lines: string[]) => scans.write(`${prefix}list.jsonl`, Buffer.from(lines.join('\n')));
  const source = { kind: 'manifest', uri: `${uri}list.jsonl` };
  await write([
    JSON.stringify({ uri: `${uri}scan-000.nii.gz`, prompts: [{ text: 'fat', label: 9 }] }),
    '',
    JSON.stringify({ uri: `${uri}scan-001.nii.gz` }),
    JSON.stringify({ uri: `${uri}nowhere.nii.gz` }),
  ]);
  const end = await ended((await submit({ source })).id);
  expect(end.counts).toMatchObject({ completed: 2, failed: 1 });
  expect(await report(end.id, 'summary.csv')).toMatch(/scan-000.*,completed,9,fat,/);
  expect(await report(end.id, 'failures.jsonl')).toContain('volume-missing');

  await write([JSON.stringify({ uri: `${uri}scan-000.nii.gz` }), '{"url": "x"}']);
  const refused = await api.send('POST', '/v1/batches', { source, prompts: ['bone'] });
  expect(refused).toMatchObject({ status: 400, json: { type: '/problems/request-invalid', line: 2 } });

  const lines = ['scan-000', 'scan-001'].map((name) => JSON.stringify({ uri: `${uri}${name}.nii.gz` }));
  const write16 = (text: string) => scans.write(`${prefix}list.jsonl`, Buffer.from(text, 'utf16le'));
  const counted = () => api.send('POST', '/v1/batches', { source, prompts: ['bone'], dryRun: true });
  await write16(`\ufeff${lines.join('\r\n')}\r\n`);
  expect(await counted()).toMatchObject({ status: 200, json: { total: 2 } });
  await write16(lines.join('\n'));
  expect(await counted()).toMatchObject({ status: 400, json: { line: 1 } });
  await write([...lines, `{"uri": "${uri}scan-000.nii.gz", "prompts": ["bone", "f\\u0000at"]}`]);
  const control = await counted();
  expect(control).toMatchObject({ status: 400, json: { type: '/problems/request-invalid', line: 3 } });
  expect(control.json['detail']).toMatch(/line 3: .*U\+0000/);
  const foreign = { kind: 'items', items: [{ uri: 'local://other/scan.nii' }] };
  expect(await api.send('POST', '/v1/batches', { source: foreign, prompts: ['bone'] })).toMatchObject({ status: 403 });
  expect((await scans.list({ prefix: 'open-batches/' })).blobs).toEqual([]);
});

test('of a BIDS folder only images with the suffix are taken, and a dry run only counts', async () => {
  const { uri } = await uploadFolder(scans, {
    'sub-01/anat/sub-01_T1w.nii.gz': good,
    'sub-02/ses-1/anat/sub-02_ses-1_T1w.nii.gz': good,
    'sub-02/ses-1/anat/sub-02_ses-1_T2w.nii.gz': good,
    'derivatives/x/sub-01/anat/sub-01_T1w.nii.gz': good,
  });
  const body = { source: { kind: 'bids', uri }, prompts: ['bone'], dryRun: true };
  const answer = await api.send('POST', '/v1/batches', body);
  expect(answer).toMatchObject({ status: 200, json: { total: 2, bytes: 2 * good.length } });
});

test('a paused batch feeds nothing more, a resumed one goes on', async () => {
  const { uri } = await uploadFolder(scans, volumes(40));
  const batch = await submit({ source: { kind: 'prefix', uri } });
  await eventually(async () => (await look(batch.id)).counts.completed > 2, { what: 'some items' });
  expect(await api.send('POST', `/v1/batches/${batch.id}/pause`)).toMatchObject({ json: { status: 'paused' } });
  const redis = new Redis(stack.redis.url);
  const settled = await eventually(
    async () => {
      const waiting = await redis.llen('parse3d:pending:batch:default');
      const view = await look(batch.id);
      return waiting === 0 && view.counts.running === 0 ? view : undefined;
    },
    { what: 'the queue to run dry' },
  );
  redis.disconnect();
  expect(settled.counts.waiting).toBeGreaterThan(0);
  // Items are begun in the order of the source, so that the first one that waits stands behind all that ended.
  const first = settled.total - settled.counts.waiting;
  expect(settled.oldestWaiting).toEqual({
    ordinal: first,
    jobId: batchJobId(batch.id, first),
    since: settled.createdAt,
  });
  await api.send('POST', `/v1/batches/${batch.id}/resume`);
  const end = await ended(batch.id);
  expect(end.counts).toMatchObject({ completed: 40 });
  expect(end.oldestWaiting).toBeUndefined();
});

test('a canceled batch ends at once, and what was done stays', async () => {
  const { uri } = await uploadFolder(scans, volumes(40));
  const batch = await submit({ source: { kind: 'prefix', uri } });
  await eventually(async () => (await look(batch.id)).counts.completed > 1, { what: 'some items' });
  await api.send('POST', `/v1/batches/${batch.id}/cancel`);
  const end = await ended(batch.id);
  expect(end.status).toBe('canceled');
  expect(end.counts.completed).toBeGreaterThan(0);
  expect(end.counts.canceled).toBeGreaterThan(0);
  expect(end.counts.waiting).toBe(0);
});

test('a batch stops when more fails than its threshold allows', async () => {
  const bad = good.subarray(0, good.length - 30);
  const { uri } = await uploadFolder(scans, {
    ...Object.fromEntries(Object.keys(volumes(30)).map((name) => [name, bad])),
  });
  const batch = await submit({ source: { kind: 'prefix', uri }, errorThreshold: { count: 3 } });
  const end = await ended(batch.id);
  expect(end.status).toBe('stopped');
  expect(end.counts.failed).toBeGreaterThan(3);
  expect(end.counts.canceled).toBeGreaterThan(0);

  // What never ran stays canceled while the failed ones run again, in the list as in the counters.
  const canceled = async (): Promise<unknown> =>
    (await api.send('GET', `/v1/batches/${batch.id}/items?status=canceled&limit=100`)).json['items'];
  const before = await canceled();
  expect(before).toHaveLength(end.counts.canceled);
  expect((await api.send('POST', `/v1/batches/${batch.id}/retry-failed`)).status).toBe(202);
  expect(await canceled()).toEqual(expect.arrayContaining(before as unknown[]));
  await ended(batch.id);
});

test('a Redis that is emptied in mid batch loses no item and miscounts none', async () => {
  const { uri } = await uploadFolder(scans, volumes(40));
  const batch = await submit({ source: { kind: 'prefix', uri } });
  await eventually(async () => (await look(batch.id)).counts.completed > 5, { what: 'some items' });
  const redis = new Redis(stack.redis.url);
  await redis.flushall();
  redis.disconnect();
  const end = await ended(batch.id);
  expect(end).toMatchObject({ status: 'completed', counts: { completed: 40, failed: 0, canceled: 0 } });
  expect((await report(batch.id, 'results.jsonl')).trim().split('\n')).toHaveLength(40);
});

test('another tenant’s batch is unknown', async () => {
  const { uri } = await uploadFolder(scans, volumes(1));
  const batch = await submit({ source: { kind: 'prefix', uri } });
  const stranger = await stack.client({ tenant: 'stranger' });
  expect(await stranger.send('GET', `/v1/batches/${batch.id}`)).toMatchObject({ status: 404 });
  expect((await stranger.send('GET', '/v1/batches')).json).toEqual({ batches: [] });
  await ended(batch.id);
});
