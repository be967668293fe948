import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectRedis } from '@parse3d/control';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

let stack: Stack;
let uri: string;
beforeAll(async () => {
  stack = await startStack({ workers: 0 });
  uri = await stack.api.upload(await phantomCtFile([24, 24, 16]));
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

test('without Redis nothing is accepted and nothing is left behind; what is known stays readable', async () => {
  const waiting = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  await stack.redis.kill();
  const answer = await stack.api.send('POST', '/v1/jobs', { input: { uri }, prompts: ['fat'] });
  expect(answer).toMatchObject({ status: 503, json: { type: '/problems/queue-unavailable' } });
  expect(answer.headers.get('retry-after')).not.toBeNull();
  expect(await stack.api.send('GET', '/readyz')).toMatchObject({ status: 503, json: { ready: false } });
  expect(await stack.api.job(waiting.id)).toMatchObject({ status: 'waiting' });
  const pending = (await stack.stores.primary.list({ prefix: 'pending/' })).blobs.map(({ key }) => key);
  expect(pending).toEqual([`pending/${waiting.id}/1.json`]);

  // Redis comes back empty: what had been accepted is run all the same.
  await stack.redis.restart();
  await stack.startWorker();
  expect(await stack.api.ended(waiting.id)).toMatchObject({ status: 'completed' });
});

test('a result outlives the record in Redis', async () => {
  const job = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  const live = await stack.api.ended(job.id);
  await stack.redis.restart();
  await eventually(async () => (await stack.api.send('GET', '/readyz')).status === 200, { what: 'Redis to be back' });
  const later = await stack.api.job(job.id);
  expect(later).toMatchObject({ status: 'completed', outputs: live.outputs });
  const events = await (await stack.api.fetch(`/v1/jobs/${job.id}/events`)).text();
  expect(events).toContain('"status":"completed"');
  const labels = await stack.api.output(job.id, 'labels.nii.gz');
  expect(labels.length).toBe(live.outputs?.find(({ name }) => name === 'labels.nii.gz')?.bytes);
});

test('what Redis loses without a disconnect is found at the next turn, not at the next comparison', async () => {
  const [worker] = stack.workers;
  worker?.kill('SIGSTOP');
  const job = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  const redis = connectRedis(stack.redis.url, 'request', () => undefined);
  await eventually(() => Promise.resolve(redis.status === 'ready'), { what: 'a connection' });
  await redis.flushall();
  redis.disconnect();
  worker?.kill('SIGCONT');
  // Comparisons are two minutes apart.
  expect(await stack.api.ended(job.id, 20_000)).toMatchObject({ status: 'completed' });
});
