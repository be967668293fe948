import { batchJobId, blobKeys } from '@parse3d/contract';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { listAll } from '@parse3d/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { runCli } from '../cli/test/support/cli.js';
import { Api } from './support/api.js';
import { submitBatch } from './support/batches.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

let stack: Stack;
let uri: string;
beforeAll(async () => {
  stack = await startStack({ env: { PARSE3D_RECONCILE_EVERY: '1s' } });
  uri = await stack.api.upload(await phantomCtFile([24, 24, 16]));
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

const damage = (key: string): Promise<unknown> => stack.stores.primary.write(key, Buffer.from('{"half": "a rec'));

async function keysUnder(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(stack.stores.primary, prefix)) keys.push(key);
  return keys;
}

const Records = z.object({ checks: z.array(z.object({ part: z.string(), status: z.string(), detail: z.string() })) });

async function namedByDoctor(): Promise<string> {
  const run = await runCli(['doctor', '--json'], { env: stack.env });
  const { checks } = Records.parse(JSON.parse(run.stdout));
  return checks
    .flatMap(({ part, status, detail }) => (part === 'records' && status === 'fail' ? [detail] : []))
    .join('\n');
}

const unreadable = async (api: Api): Promise<number> =>
  Number((await api.send('GET', '/v1/status')).json['unreadableRecords']);

async function textOf(body: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of body) text += String(chunk);
  return text;
}

test('a damaged record of any kind stops nothing else; status, metric and doctor name it', async () => {
  const before = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  expect(await stack.api.ended(before.id)).toMatchObject({ status: 'completed' });
  const items = Array.from({ length: 3 }, () => ({ uri }));
  const first = await submitBatch(stack.api, {
    source: { kind: 'items', items },
    prompts: ['bone'],
    skipCompleted: false,
  });
  await stack.api.batchEnded(first.id);
  const paused = await submitBatch(stack.api, {
    source: { kind: 'items', items },
    prompts: ['fat'],
    skipCompleted: false,
  });
  await stack.api.send('POST', `/v1/batches/${paused.id}/pause`);

  for (const ordinal of [0, 1, 2]) {
    await stack.api.send('POST', `/v1/batches/${first.id}/marks`, { ordinal, mark: 'good' });
  }
  await damage(blobKeys.batchMark(first.id, 1));
  const marks = `/v1/batches/${first.id}/marks`;
  expect((await stack.api.send('GET', marks)).json).toMatchObject({ marks: [{ ordinal: 0 }, { ordinal: 2 }] });
  expect((await stack.api.send('GET', `${marks}?limit=1&after=0`)).json).toEqual({ marks: [], next: 1 });
  expect((await (await stack.api.fetch(`${marks}.csv`)).text()).trim().split('\n')).toHaveLength(3);

  const other = await stack.client({ tenant: 'damaged' });
  const place = { bucket: `local://${stack.stores.primary.bucket}/`, prefix: 'uploads/damaged/' };
  expect((await other.send('POST', '/v1/rules', { ...place, job: { prompts: ['bone'] } })).status).toBe(201);
  expect((await other.send('POST', '/v1/webhooks', { url: 'https://example.org/hook' })).status).toBe(201);
  const [otherKey] = (await keysUnder('keys/')).filter((key) => key.includes(other.key.slice(4, 16)));

  const link = (await stack.api.send('POST', `/v1/jobs/${before.id}/links`)).json;
  const damaged = [
    blobKeys.batchMark(first.id, 1),
    blobKeys.link(before.id, String(link['id'])),
    blobKeys.tenant('default'),
    String(otherKey),
    ...(await keysUnder('rules/damaged/')),
    ...(await keysUnder('webhooks/damaged/')),
    blobKeys.pending('018f3c4a-0000-7000-8000-000000000009', 1),
    blobKeys.batch(first.id),
    blobKeys.manifest(before.id, 1),
    ...(await keysUnder('reuse/')),
  ];
  for (const key of damaged) {
    await damage(key);
    // After each of them a job runs and is reported, a batch ends, lists answer.
    const job = await stack.api.submit({ input: { uri }, prompts: ['bone'], metadata: { after: key.slice(0, 60) } });
    expect(await stack.api.ended(job.id), key).toMatchObject({ status: 'completed' });
    for (const list of ['/v1/jobs', '/v1/batches', '/v1/rules', '/v1/webhooks']) {
      expect((await stack.api.send('GET', list)).status, `${list} after ${key}`).toBe(200);
    }
  }
  await eventually(async () => (await other.send('GET', '/v1/jobs')).status === 401, {
    what: 'the damaged key to open nothing',
  });
  await eventually(async () => (await unreadable(stack.api)) >= 5, { what: 'status to count them' });
  const metrics = await fetch(`http://127.0.0.1:${String(stack.apiService.hello['metricsPort'])}/metrics`);
  expect(await metrics.text()).toMatch(/^parse3d_unreadable_records [5-9]/m);

  // A part of a batch, and an end of it: the items fail, the rest is done, the batch ends.
  const batch = await submitBatch(stack.api, { source: { kind: 'items', items }, prompts: ['bone'] });
  expect(await stack.api.batchEnded(batch.id)).toMatchObject({ counts: { completed: 3 } });
  const [part] = await keysUnder(`batches/${paused.id}/items/`);
  const { body } = await stack.stores.primary.read(String(part));
  const lines = (await textOf(body)).split('\n');
  await stack.stores.primary.write(String(part), Buffer.from([lines[0], '{"uri": "loc'].join('\n')));
  // The next leader has read nothing of it yet.
  await stack.apiService.stop();
  const { url } = await stack.startApi();
  const api = new Api(url, stack.api.key);
  await damage(blobKeys.manifest(batchJobId(batch.id, 0), 1));
  await stack.redis.restart();
  await eventually(async () => (await api.send('GET', '/readyz')).status === 200, { what: 'Redis to be back' });
  await eventually(async () => (await api.send('POST', `/v1/batches/${paused.id}/resume`)).status < 300, {
    what: 'the batch to be resumed',
  });
  const end = await api.batchEnded(paused.id);
  expect(end.counts.failed).toBeGreaterThanOrEqual(1);
  expect(end.counts.completed + end.counts.failed).toBe(3);

  const told = await namedByDoctor();
  for (const key of [...damaged.filter((name) => !name.startsWith('reuse/')), String(part)])
    expect(told).toContain(key);
  expect(await unreadable(api)).toBeGreaterThan(0);
});
