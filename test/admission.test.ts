import { Tenants } from '@parse3d/platform/access';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

let stack: Stack;
let uri: string;
beforeAll(async () => {
  stack = await startStack({ workers: 0 });
  uri = await stack.api.upload(await phantomCtFile([12, 10, 8]));
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

test('a tenant that has as much waiting as it may is told to come back later, others are not', async () => {
  await new Tenants(stack.stores.primary).set('small', { weight: 1, maxWaitingJobs: 2, maxOpenBatches: 0 });
  const small = await stack.client({ tenant: 'small', inputs: [uri] });
  const body = { input: { uri }, prompts: ['bone'] };
  // Four go to BullMQ, since no worker is there; the list holds what comes after.
  const refused = await eventually(
    async () => {
      const answer = await small.send('POST', '/v1/jobs', body);
      return answer.status === 429 ? answer : undefined;
    },
    { what: 'a 429' },
  );
  expect(refused).toMatchObject({ json: { type: '/problems/quota-exceeded', limit: 2 } });
  expect(refused.headers.get('retry-after')).not.toBeNull();
  const batch = { source: { kind: 'items', items: [{ uri }] }, prompts: ['bone'] };
  expect(await small.send('POST', '/v1/batches', batch)).toMatchObject({ status: 429 });
  expect((await stack.api.send('POST', '/v1/jobs', body)).status).toBe(202);
});

test('while Redis is short of memory nothing is accepted, and afterwards everything is', async () => {
  const redis = new Redis(stack.redis.url);
  const body = { input: { uri }, prompts: ['bone'] };
  const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory', Math.ceil(used * 1.2));
  await eventually(async () => (await stack.api.send('POST', '/v1/jobs', body)).status === 503, { what: 'a 503' });
  expect(await stack.api.send('POST', '/v1/jobs', body)).toMatchObject({ json: { type: '/problems/queue-full' } });
  await redis.config('SET', 'maxmemory', 0);
  await eventually(async () => (await stack.api.send('POST', '/v1/jobs', body)).status === 202, { what: 'a 202' });
  redis.disconnect();
});
