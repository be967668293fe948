import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JobPage, RefusalList, RuleView, VolumeListing } from '@parse3d/contract';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './support/api.js';
import { endedBatch, submitBatch } from './support/batches.js';
import { minioEvent } from './support/minio-event.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

const TOKEN = 'token-of-the-storage-events';
const job = { prompts: ['bone'], outputs: { preview: false } };

let stack: Stack;
let api: Api;
let good: Buffer;
beforeAll(async () => {
  stack = await startStack({ env: { PARSE3D_EVENTS_TOKEN: TOKEN, PARSE3D_RULES_SWEEP_EVERY: '1h' } });
  api = await stack.client({ inputs: ['local://inbox/'] });
  good = await phantomCtFile([12, 10, 8]);
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

/** Files as another program leaves them, past our own store, which would refuse some of these names. */
async function drop(folder: string, names: readonly string[]): Promise<string> {
  const path = join(stack.env['PARSE3D_STORAGE_ROOT'] ?? '', 'inbox', folder);
  await mkdir(path, { recursive: true });
  for (const name of names) await writeFile(join(path, name), good);
  return `local://inbox/${folder}/`;
}

const LINE = 'line\u2028separator.nii.gz';
const BACKSLASH = 'a\\b.nii.gz';

async function rule(prefix: string): Promise<RuleView> {
  const answer = await api.send('POST', '/v1/rules', { bucket: 'local://inbox/', prefix, job });
  expect(answer.status).toBe(201);
  return RuleView.parse(answer.json);
}

const refusals = async ({ id }: RuleView) =>
  RefusalList.parse((await api.send('GET', `/v1/rules/${id}/refusals`)).json).refusals;

async function tell(key: string) {
  const response = await fetch(`${api.url}/v1/events/storage`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(minioEvent(key)),
  });
  return { status: response.status, receipt: (await response.json()) as Record<string, unknown> };
}

test('a batch of a folder ends, and the one object that cannot be named is its one failure', async () => {
  const uri = await drop('batch', ['good.nii.gz', LINE, BACKSLASH]);
  const { id, total } = await submitBatch(api, { source: { kind: 'prefix', uri }, ...job });
  expect(total).toBe(3);
  const ended = await endedBatch(api, id);
  expect(ended.counts).toMatchObject({ completed: 2, failed: 1 });
  const failures = await api.send('GET', `/v1/batches/${id}/failures`);
  expect(failures.json['groups']).toMatchObject([
    { code: 'blob-key-invalid', count: 1, examples: [{ uri: uri + BACKSLASH }] },
  ]);
  const items = await api.send('GET', `/v1/batches/${id}/items?status=completed`);
  expect(JSON.stringify(items.json)).toContain('\u2028');
});

test('an event of an object that cannot be named is taken, and refused where its rule shows it', async () => {
  const made = await rule('events/');
  const long = `events/${'x'.repeat(1_100)}.nii.gz`;
  for (const key of [`events/${BACKSLASH}`, 'events//x.nii.gz', 'events/../x.nii.gz', 'events/\u0007.nii.gz', long]) {
    expect(await tell(key), key.slice(0, 40)).toMatchObject({ status: 200, receipt: { refused: 1 } });
    expect(await tell(key), key.slice(0, 40)).toMatchObject({ status: 200 });
  }
  const shown = await refusals(made);
  expect(shown.map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => 'blob-key-invalid'));
  await drop('events', [LINE]);
  expect(await tell(`events/${LINE}`)).toMatchObject({ status: 200, receipt: { started: 1 } });
});

test('a watched folder starts jobs for the others and shows the object that cannot be named', async () => {
  const made = await rule('watched/');
  await drop('watched', ['good.nii.gz', LINE, BACKSLASH]);
  await eventually(async () => (await refusals(made)).length === 1);
  await eventually(async () => {
    const { jobs } = JobPage.parse((await api.send('GET', '/v1/jobs?limit=200')).json);
    return jobs.filter(({ input }) => input.uri.startsWith('local://inbox/watched/')).length === 2;
  });
});

test('a rule whose prefix no key can begin with is refused', async () => {
  for (const prefix of ['../other/', 'a//b', 'a\\b', './a/']) {
    const answer = await api.send('POST', '/v1/rules', { bucket: 'local://inbox/', prefix, job });
    expect(answer, prefix).toMatchObject({ status: 400, json: { type: '/problems/blob-key-invalid' } });
  }
});

test('a listing counts what it leaves out because no request can name it', async () => {
  const uri = await drop('listed', ['good.nii.gz', LINE, BACKSLASH]);
  const answer = await api.send('GET', `/v1/volumes?under=${encodeURIComponent(uri)}`);
  const listing = VolumeListing.parse(answer.json);
  expect(listing.volumes.map((volume) => volume.uri)).toEqual([`${uri}good.nii.gz`, uri + LINE]);
  expect(listing.unnamed).toBe(1);
  const content = await api.fetch(`/v1/volumes/content?uri=${encodeURIComponent(uri + LINE)}`);
  expect(content.status).toBe(200);
  expect((await content.arrayBuffer()).byteLength).toBe(good.length);
});
