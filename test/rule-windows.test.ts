import { randomUUID } from 'node:crypto';
import {
  BatchList,
  blobKeys,
  ItemPage,
  JobPage,
  newBatchId,
  RuleView,
  type BatchRecord,
  type BatchView,
} from '@parse3d/contract';
import { writeJson, type BlobStore } from '@parse3d/storage';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Api } from './support/api.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

const TOKEN = 'token-of-the-storage-events';
const job = { prompts: ['bone'], outputs: { preview: false } };

let stack: Stack;
let inbox: BlobStore;
let good: Buffer;
beforeAll(async () => {
  good = await phantomCtFile([12, 10, 8]);
  stack = await startStack({ env: { PARSE3D_EVENTS_TOKEN: TOKEN } });
  inbox = stack.stores.bucket('local', 'inbox');
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

/** A tenant of its own for each test, with one rule. */
async function watch(tenant: string, batchWindow: string): Promise<{ api: Api; rule: RuleView }> {
  const api = await stack.client({ tenant, inputs: ['local://inbox/'] });
  const answer = await api.send('POST', '/v1/rules', {
    bucket: 'local://inbox/',
    prefix: `${tenant}/`,
    name: tenant,
    job,
    batchWindow,
  });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.json));
  return { api, rule: RuleView.parse(answer.json) };
}

/** Tells of new objects, as Ceph does. */
async function tell(api: Api, ...keys: string[]) {
  const response = await fetch(`${api.url}/v1/events/storage`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({
      Records: keys.map((key) => ({
        eventSource: 'ceph:s3',
        eventName: 'ObjectCreated:Put',
        s3: { bucket: { name: 'inbox' }, object: { key } },
      })),
    }),
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

const batchesOf = async (api: Api): Promise<BatchView[]> =>
  BatchList.parse((await api.send('GET', '/v1/batches')).json).batches;

const inputsOf = async (api: Api, { id }: BatchView): Promise<string[]> =>
  ItemPage.parse((await api.send('GET', `/v1/batches/${id}/items`)).json).items.map(({ uri }) => uri);

const batches = (api: Api, count: number): Promise<BatchView[]> =>
  eventually(
    async () => {
      const list = await batchesOf(api);
      return list.length >= count && list;
    },
    { what: `${count} batches` },
  );

test('what comes within the window of a rule becomes one batch, however often it is told', async () => {
  const { api, rule } = await watch('cohort', '4s');
  expect(rule.batchWindow).toBe('4s');
  const keys = Array.from({ length: 5 }, (_, index) => `cohort/scan-${index}.nii.gz`);
  for (const key of keys) await inbox.write(key, good);
  await inbox.write('cohort/notes.nii', Buffer.from('no volume'));
  const first = await Promise.all([tell(api, ...keys), tell(api, ...keys), tell(api, 'cohort/notes.nii')]);
  expect(first.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(first[2].json).toMatchObject({ waiting: 0, refused: 1 });
  // The listing of the folder may have been faster, so that at most five are new.
  const waiting = first.reduce((sum, { json }) => sum + Number(json['waiting']), 0);
  expect(waiting).toBeLessThanOrEqual(5);
  expect(await batchesOf(api)).toEqual([]);

  const [batch] = await batches(api, 1);
  expect(batch).toMatchObject({ name: 'cohort', total: 5, bytes: 5 * good.length });
  await eventually(async () => (await batchesOf(api))[0]?.status === 'completed', { what: 'the end of the batch' });
  expect((await batchesOf(api))[0]?.counts.completed).toBe(5);
  expect(batch && (await inputsOf(api, batch))).toEqual(keys.map((key) => `local://inbox/${key}`));

  // Late news of the same versions, and then a new version, which waits for the next window.
  expect(await tell(api, ...keys)).toMatchObject({ status: 200, json: { waiting: 0, started: 0, repeated: 5 } });
  await inbox.write('cohort/scan-0.nii.gz', await phantomCtFile([10, 10, 8]));
  await tell(api, ...keys);
  const [second] = await batches(api, 2);
  expect(second).toMatchObject({ total: 1 });

  // Without its window the rule starts a job for each object, and still knows what its batches had.
  expect((await api.send('PATCH', `/v1/rules/${rule.id}`, { batchWindow: '0s' })).status).toBe(200);
  await inbox.write('cohort/single.nii.gz', good);
  const told = await tell(api, ...keys, 'cohort/single.nii.gz');
  expect(told).toMatchObject({ json: { waiting: 0, started: 1, repeated: 5 } });
  const jobs = JobPage.parse((await api.send('GET', '/v1/jobs')).json).jobs;
  expect(jobs.filter(({ input }) => input.uri.endsWith('/single.nii.gz'))).toHaveLength(1);
  expect(await batchesOf(api)).toHaveLength(2);
});

test('of a rule that was removed nothing stays in storage', async () => {
  // Without any rule that has a window, what is left is looked for once a minute.
  await watch('stayer', '1s');
  const { api, rule } = await watch('leaver', '1s');
  await inbox.write('leaver/a.nii.gz', good);
  await tell(api, 'leaver/a.nii.gz');
  await batches(api, 1);
  const { primary } = stack.stores;
  const prefixes = [
    blobKeys.ruleTakenPrefix(rule.id),
    blobKeys.ruleBatchesPrefix(rule.id),
    blobKeys.ruleSeenPrefix(rule.id),
    blobKeys.ruleWaitingPrefix('leaver', rule.id),
    blobKeys.rulesGonePrefix,
  ];
  const left = async (): Promise<number[]> =>
    Promise.all(prefixes.map(async (prefix) => (await primary.list({ prefix })).blobs.length));
  await eventually(async () => (await left()).slice(0, 3).every((count) => count > 0), { what: 'notes for the rule' });
  expect((await api.fetch(`/v1/rules/${rule.id}`, { method: 'DELETE' })).status).toBe(204);
  await eventually(async () => (await left()).every((count) => count === 0), { what: 'the removal of all of it' });
  expect(await batchesOf(api)).toHaveLength(1);
});

test('what waits survives the loss of the leading api and of Redis, and is in one batch', async () => {
  const { api } = await watch('survivor', '3s');
  const keys = ['survivor/a.nii.gz', 'survivor/b.nii.gz', 'survivor/c.nii.gz'];
  for (const key of keys) await inbox.write(key, good);
  const successor = new Api((await stack.startApi()).url, api.key);
  expect((await tell(api, ...keys)).status).toBe(200);
  stack.apiService.kill('SIGKILL');
  await stack.redis.restart();
  const told = () => tell(successor, ...keys);
  await eventually(async () => (await told().catch(() => undefined))?.status === 200, { what: 'the successor' });
  await eventually(async () => (await batchesOf(successor))[0]?.status === 'completed', {
    what: 'the end of the batch',
    timeoutMs: 40_000,
  });
  expect(await told()).toMatchObject({ json: { repeated: 3 } });
  const list = await batchesOf(successor);
  expect(list.map(({ total }) => total)).toEqual([3]);
  const [batch] = list;
  expect(batch && (await inputsOf(successor, batch))).toEqual(keys.map((key) => `local://inbox/${key}`));
});

test('a batch that was entered and not carried out is carried out, and shares no object with the next', async () => {
  const { primary } = stack.stores;
  const { url } = await stack.startApi();
  const api = new Api(url, (await stack.client({ tenant: 'halfway', inputs: ['local://inbox/'] })).key);
  const uris = ['a', 'b'].map((name) => `local://inbox/halfway/${name}.nii.gz`);
  const items = await Promise.all(
    uris.map(async (uri) => {
      const { etag, bytes } = await inbox.write(uri.slice('local://inbox/'.length), good);
      return { uri, etag, bytes };
    }),
  );
  const answer = await api.send('POST', '/v1/rules', {
    bucket: 'local://inbox/',
    prefix: 'halfway/',
    job,
    batchWindow: '1s',
  });
  const rule = RuleView.parse(answer.json);
  // As a process leaves it that dies right after it entered the batch of the first object.
  const batchId = newBatchId();
  const batch: BatchRecord = {
    batchId,
    tenant: 'halfway',
    createdAt: new Date().toISOString(),
    total: 1,
    bytes: items[0]?.bytes ?? 0,
    prompts: rule.job.prompts,
    pack: { id: 'ct-tissue', version: '1.0.0' },
    modality: 'ct',
    outputs: rule.job.outputs,
    options: rule.job.options,
    lane: 'batch',
    skipCompleted: false,
    metadata: {},
    source: { kind: 'rule', uri: 'local://inbox/halfway/' },
  };
  await primary.write(blobKeys.batchItems(batchId, 0), Buffer.from(`${JSON.stringify(items[0])}\n`));
  await writeJson(primary, blobKeys.ruleBatch(rule.id, 1), { batch, carriedOut: false });
  for (const item of items) {
    await writeJson(primary, blobKeys.ruleWaiting('halfway', rule.id, randomUUID().replaceAll('-', '')), item);
  }
  const both = await batches(api, 2);
  const inputs = await Promise.all(both.map((found) => inputsOf(api, found)));
  expect(both.at(-1)?.id).toBe(batchId);
  expect(inputs).toEqual([[uris[1]], [uris[0]]]);
});
