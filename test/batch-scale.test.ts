import { blobKeys, BatchView, ItemPage } from '@parse3d/contract';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

// What a batch costs must not grow with its items. These tests count keys and requests; bench/batch-scale.bench.ts
// measures time and memory of a million.
const total = 25_000;

let stack: Stack;
let redis: Redis;
let uri: string;
beforeAll(async () => {
  stack = await startStack({ workers: 0 });
  redis = new Redis(stack.redis.url);
  uri = await stack.api.upload(await phantomCtFile([8, 8, 8]));
});
afterAll(async () => {
  redis.disconnect();
  await stack.stop();
  await assertNothingLeaks();
});

const common = { prompts: ['bone'], outputs: { preview: false }, skipCompleted: false };

async function submitMany(): Promise<BatchView> {
  const { primary } = stack.stores;
  await primary.write('uploads/default/list.jsonl', Buffer.from(`${JSON.stringify({ uri })}\n`.repeat(total)));
  const source = { kind: 'manifest', uri: `${primary.scheme}://${primary.bucket}/uploads/default/list.jsonl` };
  const answer = await stack.api.send('POST', '/v1/batches', { ...common, source });
  expect(answer).toMatchObject({ status: 202, json: { total } });
  return BatchView.parse(answer.json);
}

const page = async (id: string, query: string): Promise<ItemPage> =>
  ItemPage.parse((await stack.api.send('GET', `/v1/batches/${id}/items?${query}`)).json);

test('of a large batch Redis holds a few hundred jobs, its items are listed from anywhere, and it is canceled at once', async () => {
  const { id } = await submitMany();
  const chunks = await stack.stores.primary.list({ prefix: `batches/${id}/items/` });
  expect(chunks.blobs).toHaveLength(3);
  const waiting = (): Promise<number> => redis.llen('parse3d:pending:batch:default');
  await eventually(async () => (await waiting()) >= 300, { what: 'the first items to become jobs' });
  // The jobs' hashes and events, BullMQ's few, and a handful of keys of the batch.
  expect(await redis.dbsize()).toBeLessThan(1_000);

  const last = await page(id, `from=${total - 3}`);
  expect(last.items.map(({ ordinal }) => ordinal)).toEqual([total - 3, total - 2, total - 1]);
  expect(last.next).toBeUndefined();
  const middle = await page(id, 'from=12345&limit=50&status=open');
  expect(middle.items.map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 50 }, (_, nth) => 12_345 + nth));
  expect(middle.next).toBe(12_395);
  expect(await page(id, 'status=failed')).toEqual({ items: [] });

  await stack.api.send('POST', `/v1/batches/${id}/cancel`);
  expect(await stack.api.batchEnded(id)).toMatchObject({
    status: 'canceled',
    counts: { canceled: total, waiting: 0, running: 0, completed: 0 },
  });
  const report = await (await stack.api.fetch(`/v1/batches/${id}/reports/results.jsonl`)).text();
  expect(report.trim().split('\n')).toHaveLength(total);
  // What never became a job is canceled all the same.
  const canceled = await page(id, 'from=24000&limit=5&status=canceled');
  expect(canceled.items.map(({ ordinal }) => ordinal)).toEqual([24_000, 24_001, 24_002, 24_003, 24_004]);
  expect(await page(id, 'status=open')).toEqual({ items: [] });
});

test('a repeated submission finds its batch, also when Redis has lost it, and another body is refused', async () => {
  const body = { ...common, source: { kind: 'items', items: [{ uri }, { uri }] } };
  const submit = (changes: object = {}) =>
    stack.api.send('POST', '/v1/batches', { ...body, ...changes }, { 'Idempotency-Key': 'cohort-1' });
  const first = await submit();
  expect(first).toMatchObject({ status: 202, json: { total: 2 } });
  const id = String(first.json['id']);
  expect(await submit()).toMatchObject({ status: 202, json: { id } });
  expect(await submit({ prompts: ['fat'] })).toMatchObject({
    status: 409,
    json: { type: '/problems/idempotency-conflict', batchId: id },
  });

  // Cut off between record and marker, as a killed api would leave it.
  await redis.flushall();
  await stack.stores.primary.delete(blobKeys.openBatch(id));
  expect(await submit()).toMatchObject({ status: 202, json: { id, counts: { waiting: 2 } } });
  await stack.startWorker();
  expect(await stack.api.batchEnded(id)).toMatchObject({ status: 'completed', counts: { completed: 2 } });
  expect(await submit()).toMatchObject({ status: 202, json: { id, status: 'completed' } });
  expect((await stack.stores.primary.list({ prefix: blobKeys.openBatchPrefix })).blobs).toEqual([]);
});
