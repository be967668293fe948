import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ApiKeys, type ApiKeyRecord } from '@parse3d/platform/access';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { runCli } from '../cli/test/support/cli.js';
import { Api } from './support/api.js';
import { submitBatch } from './support/batches.js';
import { minioEvent } from './support/minio-event.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

const TOKEN = 'events-token-of-this-test';

let stack: Stack;
let keys: ApiKeys;
let volume: Buffer;
let hooks: Server;
const sent: string[] = [];
beforeAll(async () => {
  stack = await startStack({
    workers: 0,
    env: {
      PARSE3D_EVENTS_TOKEN: TOKEN,
      PARSE3D_WEBHOOKS_ALLOW_INSECURE: 'true',
      PARSE3D_RULES_SWEEP_EVERY: '1s',
    },
  });
  keys = new ApiKeys(stack.stores.primary);
  volume = Buffer.from(await phantomCtFile([24, 24, 16]));
  hooks = createServer((request, response) => {
    sent.push(request.url ?? '');
    response.end();
  });
  hooks.listen(0, '127.0.0.1');
  await once(hooks, 'listening');
});
afterAll(async () => {
  hooks.close();
  await stack.stop();
  await assertNothingLeaks();
});

/** A key of a tenant, and a client with it. */
async function newcomer(tenant: string): Promise<{ record: ApiKeyRecord; api: Api }> {
  const { key, record } = await keys.create({
    name: 'test',
    tenant,
    scopes: ['jobs:read', 'jobs:write', 'volumes:write'],
    inputs: [],
  });
  return { record, api: new Api(stack.api.url, key) };
}

const own = (tenant: string, name: string): string =>
  `local://${stack.stores.primary.bucket}/uploads/${tenant}/${name}`;

async function put(tenant: string, name: string): Promise<void> {
  await stack.stores.primary.write(`uploads/${tenant}/${name}`, volume);
}

/** Something of each kind, begun in the name of the client's key. */
async function beginAll(api: Api, tenant: string, path: string): Promise<{ jobId: string; batchId: string }> {
  const place = { bucket: `local://${stack.stores.primary.bucket}/`, job: { prompts: ['bone'] } };
  const rule = await api.send('POST', '/v1/rules', { ...place, prefix: `uploads/${tenant}/incoming/` });
  expect(rule.status, JSON.stringify(rule.json)).toBe(201);
  const windowed = { ...place, prefix: `uploads/${tenant}/windowed/`, batchWindow: '3s' };
  expect((await api.send('POST', '/v1/rules', windowed)).status).toBe(201);
  const { port } = hooks.address() as AddressInfo;
  const hook = { url: `http://127.0.0.1:${port}/${path}`, events: ['job.canceled', 'batch.finished'] };
  expect((await api.send('POST', '/v1/webhooks', hook)).status).toBe(201);
  const uri = await api.upload(volume);
  const job = await api.submit({ input: { uri }, prompts: ['bone'] });
  const batch = await submitBatch(api, { source: { kind: 'items', items: [{ uri }] }, prompts: ['bone'] });
  return { jobId: job.id, batchId: batch.id };
}

/** Reads an answer to its end, however it ends. */
async function toItsEnd(response: Response): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  } catch {
    // Cut off is an end too.
  }
  return text;
}

async function tellOf(tenant: string, name: string): Promise<Record<string, unknown>> {
  const key = `uploads/${tenant}/${name}`;
  const event = minioEvent(key, stack.stores.primary.bucket);
  const answer = await stack.api.send('POST', '/v1/events/storage', event, { Authorization: `Bearer ${TOKEN}` });
  expect(answer.status, JSON.stringify(answer.json)).toBe(200);
  return answer.json;
}

const cli = (...args: string[]) => runCli(args, { env: stack.env });

const Ended = z.object({ stopped: z.record(z.string(), z.number()) });

test('revoking a key ends within seconds all that was begun with it, and says what; other keys go on', async () => {
  const leaving = await newcomer('lab');
  const staying = await newcomer('lab');
  const begun = await beginAll(leaving.api, 'lab', 'leaving');
  const other = await staying.api
    .submit({ input: { uri: own('lab', 'kept.nii.gz') }, prompts: ['bone'] })
    .catch(async () => {
      await put('lab', 'kept.nii.gz');
      return staying.api.submit({ input: { uri: own('lab', 'kept.nii.gz') }, prompts: ['bone'] });
    });
  const stream = await leaving.api.fetch(`/v1/jobs/${begun.jobId}/events`);
  expect(stream.status).toBe(200);
  const streamed = toItsEnd(stream);
  // An upload that goes on, a chunk now and then.
  const upload = new AbortController();
  const slow = new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (upload.signal.aborted) controller.close();
      else controller.enqueue(volume.subarray(0, 64));
    },
  });
  const uploading = leaving.api
    .fetch('/v1/volumes', {
      method: 'POST',
      headers: { 'Content-Type': 'application/gzip' },
      body: slow,
      duplex: 'half',
    })
    .then(
      (answer) => answer.status,
      () => 'cut off',
    );
  await put('lab', 'windowed/before.nii.gz');
  const windowOver = Date.now() + 5_000;
  await eventually(async () => ((await tellOf('lab', 'windowed/before.nii.gz'))['repeated'] === 1 ? true : undefined), {
    what: 'an object to wait for its window',
  });

  const revoked = await cli('key', 'revoke', leaving.record.id, '--json');
  expect(revoked.code, revoked.stderr).toBe(0);
  expect(Ended.parse(JSON.parse(revoked.stdout)).stopped).toMatchObject({ rules: 2, webhooks: 1, jobs: 1 });

  expect((await eventually(async () => ended(staying.api, `/v1/jobs/${begun.jobId}`), soon('the job')))['status']).toBe(
    'canceled',
  );
  await eventually(async () => ended(staying.api, `/v1/batches/${begun.batchId}`), soon('the batch'));
  expect([401, 'cut off']).toContain(await uploading);
  upload.abort();
  await streamed;
  expect(await leaving.api.send('GET', '/v1/jobs')).toMatchObject({ status: 401 });

  // No rule of it starts anything, by event, listing or window, and nothing is sent.
  await put('lab', 'incoming/late.nii.gz');
  expect(await tellOf('lab', 'incoming/late.nii.gz')).toMatchObject({ started: 0, ignored: 1 });
  const rules = await staying.api.send('GET', '/v1/rules');
  expect(rules.json['rules']).toMatchObject([{ stopped: 'revoked' }, { stopped: 'revoked' }]);
  const webhooks = await staying.api.send('GET', '/v1/webhooks');
  expect(webhooks.json['webhooks']).toMatchObject([{ stopped: 'revoked' }]);
  expect(sent).not.toContain('/leaving');
  expect(await staying.api.job(other.id)).toMatchObject({ status: 'waiting' });

  // Whoever takes a rule over lends it rights again: what came meanwhile is found.
  const [first] = z.array(z.object({ id: z.string() })).parse(rules.json['rules']);
  expect((await staying.api.send('PATCH', `/v1/rules/${first?.id}`, { enabled: true })).json).not.toHaveProperty(
    'stopped',
  );
  await put('lab', 'incoming/later.nii.gz');
  await eventually(async () => {
    const receipt = await tellOf('lab', 'incoming/later.nii.gz');
    return Number(receipt['started']) + Number(receipt['repeated']) > 0 ? true : undefined;
  }, soon('the rule to act again'));
  await eventually(() => Promise.resolve(Date.now() > windowOver), soon('the window to be over'));
  const batches = z
    .array(z.object({ id: z.string() }))
    .parse((await staying.api.send('GET', '/v1/batches')).json['batches']);
  expect(batches.map(({ id }) => id)).toEqual([begun.batchId]);
});

test('a successor takes over what was begun with a key, and nothing stops', async () => {
  const before = await newcomer('heirs');
  const after = await newcomer('heirs');
  const foreign = await newcomer('others');
  const begun = await beginAll(before.api, 'heirs', 'heirs');
  expect((await cli('key', 'revoke', before.record.id, '--successor', foreign.record.id)).code).toBe(4);
  const revoked = await cli('key', 'revoke', before.record.id, '--successor', after.record.id);
  expect(revoked.stdout).toMatch(/go on: 2 rules, 1 webhook, \d open batch(es)?, 1 job/);
  await eventually(async () => ((await before.api.fetch('/v1/jobs')).status === 401 ? true : undefined), soon('a 401'));
  const rules = await after.api.send('GET', '/v1/rules');
  expect(JSON.stringify(rules.json)).not.toContain('stopped');
  await put('heirs', 'incoming/new.nii.gz');
  await tellOf('heirs', 'incoming/new.nii.gz');
  expect(await after.api.job(begun.jobId)).toMatchObject({ status: 'waiting' });
  expect(await after.api.batch(begun.batchId)).toMatchObject({ status: 'running' });
});

test('revoking a tenant ends all that is its own, also what no key is named for', async () => {
  const { api } = await newcomer('gone');
  const begun = await beginAll(api, 'gone', 'gone');
  // As an earlier version wrote it.
  const store = stack.stores.primary;
  for (const { key } of (await store.list({ prefix: 'rules/gone/' })).blobs) {
    const { keyId: _keyId, ...rule } = z.record(z.string(), z.unknown()).parse(JSON.parse(await textOf(key)));
    await store.write(key, Buffer.from(JSON.stringify(rule)));
  }
  const revoked = await cli('tenant', 'revoke', 'gone', '--all');
  expect(revoked.stdout).toContain('it ends: 2 rules, 1 webhook');
  const watcher = await newcomer('gone');
  expect(await eventually(async () => ended(watcher.api, `/v1/jobs/${begun.jobId}`), soon('the job'))).toMatchObject({
    status: 'canceled',
  });
  await eventually(async () => ended(watcher.api, `/v1/batches/${begun.batchId}`), soon('the batch'));
  await put('gone', 'incoming/late.nii.gz');
  expect(await tellOf('gone', 'incoming/late.nii.gz')).toMatchObject({ started: 0, ignored: 1 });
  expect(sent).not.toContain('/gone');
});

const soon = (what: string): { what: string; timeoutMs: number } => ({ what, timeoutMs: 15_000 });

async function textOf(key: string): Promise<string> {
  const { body } = await stack.stores.primary.read(key);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(String(chunk)));
  return Buffer.concat(chunks).toString();
}

async function ended(api: Api, path: string): Promise<Record<string, unknown> | undefined> {
  const { json } = await api.send('GET', path);
  return json['finishedAt'] === undefined ? undefined : json;
}
