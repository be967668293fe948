import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeliveryList, WebhookEvent, WebhookWithSecret, type Delivery } from '@parse3d/contract';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

interface Message {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly event: WebhookEvent;
}

let stack: Stack;
let uri: string;
let receiver: Server;
let hook: string;
/** What the receiver was sent since the test began, and what it answers next; then 204. */
let messages: Message[];
let answers: number[];
/** What the receiver waits for before it answers. */
let gate: Promise<void>;
beforeAll(async () => {
  receiver = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
      const text = Buffer.concat(chunks).toString('utf8');
      messages.push({ headers: request.headers, text, event: WebhookEvent.parse(JSON.parse(text)) });
      await gate;
      response.writeHead(answers.shift() ?? 204).end();
    })();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  stack = await startStack({ env: { PARSE3D_WEBHOOKS_ALLOW_INSECURE: 'true', PARSE3D_RECONCILE_EVERY: '2s' } });
  uri = await stack.api.upload(await phantomCtFile([12, 10, 8]));
});
beforeEach(() => {
  messages = [];
  answers = [];
  gate = Promise.resolve();
});
afterAll(async () => {
  await stack.stop();
  receiver.closeAllConnections();
  receiver.close();
  await assertNothingLeaks();
});

/** A tenant of its own for each test, so that no test hears another's jobs. */
async function subscriber(tenant: string, events?: string[]) {
  const api = await stack.client({ tenant, inputs: [uri] });
  const answer = await api.send('POST', '/v1/webhooks', { url: hook, ...(events === undefined ? {} : { events }) });
  const { id, secret } = WebhookWithSecret.parse(answer.json);
  const deliveries = async (): Promise<Delivery[]> =>
    DeliveryList.parse((await api.send('GET', `/v1/webhooks/${id}/deliveries`)).json).deliveries;
  const submit = (body: object = {}) =>
    api.submit({ input: { uri }, prompts: ['bone'], outputs: { preview: false }, ...body });
  return { api, id, secret, deliveries, submit };
}

const received = (count: number): Promise<Message[]> =>
  eventually(() => messages.length >= count && messages, { what: `${count} messages` });

/** True when one of the signatures is the secret's. */
function isSignedBy({ headers, text }: Message, secret: string): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`;
  const signature = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(signature);
}

test('the end of a job is told, signed, and again until somebody takes it', async () => {
  const { api, id, secret, deliveries, submit } = await subscriber('retries');
  answers = [500, 302];
  const job = await submit({ metadata: { study: 'a' } });
  const [first, second, third] = await received(3);
  expect(first?.event).toEqual({
    type: 'job.completed',
    timestamp: (await api.manifest(job.id)).finishedAt,
    data: { jobId: job.id, run: 1, status: 'completed', metadata: { study: 'a' } },
  });
  expect([first, second, third].map((message) => message && isSignedBy(message, secret))).toEqual([true, true, true]);
  expect(new Set(messages.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  const [delivery] = await eventually(
    async () => {
      const list = await deliveries();
      return list[0]?.status === 'delivered' && list;
    },
    { what: 'the log' },
  );
  expect(delivery?.attempts.map(({ status }) => status)).toEqual([500, 302, 204]);
  const outbox = () => stack.stores.primary.list({ prefix: 'outbox/retries/' });
  await eventually(async () => (await outbox()).blobs.length === 0, { what: 'the outbox to be empty' });

  // The same message once more, on request.
  const path = `/v1/webhooks/${id}/deliveries/${delivery?.id ?? ''}/replay`;
  expect(await api.send('POST', path)).toMatchObject({ status: 202, json: { status: 'due' } });
  const [, , , again] = await received(4);
  expect(again?.text).toBe(first?.text);
  expect(again?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
});

test('an endpoint hears only what it asked for, of its own tenant', async () => {
  const { api, submit } = await subscriber('picky', ['job.failed', 'batch.finished']);
  await api.ended((await submit()).id);
  await stack.api.ended((await stack.api.submit({ input: { uri }, prompts: ['bone'] })).id);
  const good = await phantomCtFile([12, 10, 8]);
  const cut = await api.upload(good.subarray(0, good.length - 30));
  const failed = await submit({ input: { uri: cut } });
  await api.ended(failed.id);
  const items = [{ uri }, { uri: cut }];
  const batch = await api.send('POST', '/v1/batches', { source: { kind: 'items', items }, prompts: ['bone'] });
  const told = await received(2);
  expect(told.map(({ event }) => event)).toMatchObject([
    { type: 'job.failed', data: { jobId: failed.id, problemCode: 'nifti-truncated' } },
    { type: 'batch.finished', data: { batchId: batch.json['id'], status: 'completed', completed: 1, failed: 1 } },
  ]);
  expect(messages).toHaveLength(2);
});

test('after a rotation both secrets sign, and no answer but two shows one', async () => {
  const { api, id, secret, submit } = await subscriber('rotating');
  const rotated = WebhookWithSecret.parse((await api.send('POST', `/v1/webhooks/${id}/rotate`)).json);
  expect(rotated.secret).not.toBe(secret);
  await submit();
  const [message] = await received(1);
  expect(message && [isSignedBy(message, secret), isSignedBy(message, rotated.secret)]).toEqual([true, true]);
  for (const path of ['/v1/webhooks', `/v1/webhooks/${id}`]) {
    expect(JSON.stringify((await api.send('GET', path)).json)).not.toContain('whsec_');
  }
  const stranger = await stack.client({ tenant: 'stranger' });
  expect(await stranger.send('POST', `/v1/webhooks/${id}/rotate`)).toMatchObject({ status: 404 });
  expect((await stranger.send('GET', '/v1/webhooks')).json).toEqual({ webhooks: [] });
  expect(await api.send('POST', '/v1/webhooks', { url: 'ftp://example.org/' })).toMatchObject({
    status: 422,
    json: { type: '/problems/webhook-url-refused' },
  });
});

test('an endpoint that says it is gone is not asked again', async () => {
  const { api, id, deliveries, submit } = await subscriber('gone');
  answers = [410];
  await submit();
  const disabled = async () => (await api.send('GET', `/v1/webhooks/${id}`)).json['disabledAt'];
  await eventually(disabled, { what: 'the endpoint to be disabled' });
  await api.ended((await submit()).id);
  expect((await deliveries()).map(({ status }) => status)).toEqual(['failed']);
  expect(messages).toHaveLength(1);
  expect((await api.fetch(`/v1/webhooks/${id}`, { method: 'DELETE' })).status).toBe(204);
  expect((await stack.stores.primary.list({ prefix: `webhook-log/${id}` })).blobs).toEqual([]);
});

test('an endpoint that is removed while it is being told stays removed, whatever it answers', async () => {
  const { api, id, submit } = await subscriber('removed');
  answers = [410];
  let letGo = (): void => undefined;
  gate = new Promise((resolve) => (letGo = resolve));
  await submit();
  await received(1);
  expect((await api.fetch(`/v1/webhooks/${id}`, { method: 'DELETE' })).status).toBe(204);
  letGo();
  const outbox = () => stack.stores.primary.list({ prefix: 'outbox/removed/' });
  await eventually(async () => (await outbox()).blobs.length === 0, { what: 'the outbox to be empty' });
  expect(await api.send('GET', `/v1/webhooks/${id}`)).toMatchObject({ status: 404 });
  expect((await stack.stores.primary.list({ prefix: `webhook-log/${id}` })).blobs).toEqual([]);
});

test('a message that waits when Redis loses everything is told all the same', async () => {
  const { deliveries, submit } = await subscriber('unlucky');
  // Long enough without an answer for the pauses to grow past the loss.
  answers = [500, 500, 500];
  await submit();
  await received(3);
  await stack.redis.restart();
  await received(4);
  await eventually(async () => (await deliveries())[0]?.status === 'delivered', { what: 'the log' });
});
