import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

const MAX_CONNECTIONS = 40;

let stack: Stack;
let log = '';
beforeAll(async () => {
  stack = await startStack({
    workers: 0,
    env: {
      PARSE3D_HEADERS_TIMEOUT: '1s',
      PARSE3D_BODY_TIMEOUT: '1s',
      PARSE3D_MAX_CONNECTIONS: String(MAX_CONNECTIONS),
      PARSE3D_MAX_CONNECTIONS_PER_ADDRESS: '0',
      PARSE3D_MAX_STREAMS_PER_KEY: '2',
    },
  });
  stack.apiService.process.stdout?.on('data', (text: Buffer) => (log += text.toString()));
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

/** A client that speaks HTTP by hand. `heard` grows with what comes back. */
interface RawClient {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  heard: string;
}

async function raw(request: string): Promise<RawClient> {
  const { hostname, port } = new URL(stack.api.url);
  const socket = connect(Number(port), hostname);
  // Being cut off is what these clients are for.
  socket.on('error', () => undefined);
  const client: RawClient = { socket, closed: once(socket, 'close'), heard: '' };
  socket.on('data', (bytes: Buffer) => (client.heard += bytes.toString()));
  await once(socket, 'connect');
  socket.write(request);
  return client;
}

const post = (path: string, headers: Record<string, string>, body = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: api\r\n` +
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('') +
  `\r\n${body}`;

const withKey = (headers: Record<string, string> = {}): Record<string, string> => ({
  Authorization: `Bearer ${stack.api.key}`,
  'Content-Type': 'application/json',
  ...headers,
});

async function metric(pattern: RegExp): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${String(stack.apiService.hello['metricsPort'])}/metrics`);
  return Number(pattern.exec(await answer.text())?.[1] ?? 0);
}

test('strangers with bodies that never come hold no place: the api answers others all the while', async () => {
  const slow = post('/v1/volumes', { 'Content-Type': 'application/octet-stream', 'Content-Length': '1000000' }, 'x');
  const strangers: RawClient[] = [];
  for (let count = 0; count < 3 * MAX_CONNECTIONS; count++) {
    strangers.push(await raw(slow));
    if (count % 20 === 0) expect((await stack.api.send('GET', '/v1/jobs')).status).toBe(200);
  }
  expect((await stack.api.send('GET', '/v1/jobs')).status).toBe(200);
  await Promise.all(strangers.map(({ closed }) => closed));
  const refused = strangers.filter(({ heard }) => heard.startsWith('HTTP/1.1 401'));
  expect(refused.length).toBeGreaterThan(0);
  expect(await metric(/^parse3d_connections_dropped_total\{limit="all"\} (\d+)$/m)).toBeGreaterThanOrEqual(
    MAX_CONNECTIONS,
  );
});

test('headers that do not end are not waited for', async () => {
  const client = await raw('GET /v1/jobs HTTP/1.1\r\nHost: api\r\nX-Slow: ');
  await client.closed;
  expect(client.heard).toMatch(/^HTTP\/1\.1 408|^$/);
});

test('a body of JSON that does not end is refused, though the key is valid', async () => {
  const client = await raw(post('/v1/jobs', withKey({ 'Content-Length': '500' }), '{"input":'));
  await client.closed;
  expect(client.heard).toMatch(/^HTTP\/1\.1 408/);
  expect(client.heard).toContain('/problems/body-too-slow');
});

test('the key is looked at before the body: nothing of a stranger’s is parsed or invited', async () => {
  const broken = await fetch(`${stack.api.url}/v1/jobs`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{'.repeat(500_000),
  });
  expect(broken.status).toBe(401);
  const expecting = { 'Content-Length': '2', Expect: '100-continue', 'Content-Type': 'application/json' };
  const stranger = await raw(post('/v1/jobs', expecting));
  await stranger.closed;
  expect(stranger.heard).toMatch(/^HTTP\/1\.1 401/);
  const client = await raw(post('/v1/jobs', withKey(expecting)));
  await eventually(() => client.heard.startsWith('HTTP/1.1 100 Continue'));
  client.socket.write('{}');
  await eventually(() => client.heard.includes('HTTP/1.1 400'));
  client.socket.destroy();
});

test('an upload that its client cuts off is not a failure of ours, and shows in a metric', async () => {
  const headers = withKey({ 'Content-Type': 'application/octet-stream', 'Content-Length': '1000000' });
  const client = await raw(post('/v1/volumes', headers, 'x'.repeat(1_000)));
  await eventually(async () => (await stack.api.send('GET', '/v1/jobs')).status === 200);
  client.socket.destroy();
  const aborted = /^parse3d_http_request_seconds_count\{method="POST",route="\/v1\/volumes",status="aborted"\} (\d+)$/m;
  await eventually(async () => (await metric(aborted)) > 0);
  await eventually(() => log.includes('request cut off before its end'));
  expect(log).not.toContain('request failed');
  expect((await stack.stores.primary.list({ prefix: 'uploads/' })).blobs).toEqual([]);
});

test('a key holds a bounded number of event streams, and gives them back', async () => {
  const uri = await stack.api.upload(await phantomCtFile([16, 16, 8]));
  const { id } = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  const leave = new AbortController();
  const open = () => stack.api.fetch(`/v1/jobs/${id}/events`, { signal: leave.signal });
  expect((await open()).status).toBe(200);
  expect((await open()).status).toBe(200);
  const third = await open();
  expect(third.status).toBe(429);
  expect(await third.json()).toMatchObject({ type: '/problems/quota-exceeded', limit: 2 });
  const other = await stack.client();
  const others = await other.fetch(`/v1/jobs/${id}/events`, { signal: leave.signal });
  expect(others.status).toBe(200);
  leave.abort();
  await eventually(async () => {
    const again = await stack.api.fetch(`/v1/jobs/${id}/events`);
    await again.body?.cancel();
    return again.status === 200;
  });
});

test('a refused download says nothing of the file that does not come', async () => {
  const uri = await stack.api.upload(await phantomCtFile([16, 16, 8]));
  const { id } = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  await stack.api.send('DELETE', `/v1/jobs/${id}`);
  await stack.api.until(id, ['canceled']);
  const path = `/v1/jobs/${id}/outputs/manifest.json`;
  expect((await stack.api.fetch(path)).headers.get('cache-control')).toContain('immutable');
  const beyond = await stack.api.fetch(path, { headers: { Range: 'bytes=999999-' } });
  expect(beyond.status).toBe(416);
  expect(beyond.headers.get('cache-control')).toBe('no-store');
  expect(beyond.headers.get('etag')).toBeNull();
  expect(beyond.headers.get('content-disposition')).toBeNull();
  expect(beyond.headers.get('content-range')).toMatch(/^bytes \*\/\d+$/);
  expect(beyond.headers.get('content-type')).toContain('application/problem+json');
});

test('after the last event of an ended job there is nothing to wait for', async () => {
  const uri = await stack.api.upload(await phantomCtFile([16, 16, 8]));
  const { id } = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  await stack.api.send('DELETE', `/v1/jobs/${id}`);
  await stack.api.until(id, ['canceled']);
  const told = await (await stack.api.fetch(`/v1/jobs/${id}/events`)).text();
  const last =
    told
      .match(/^id: .+$/gm)
      ?.at(-1)
      ?.slice('id: '.length) ?? '';
  expect(told).toContain('"canceled"');
  const events = (after: string) => stack.api.fetch(`/v1/jobs/${id}/events`, { headers: { 'Last-Event-ID': after } });
  expect((await events(last)).status).toBe(204);
  // As when Redis has forgotten the job: its end is in storage.
  await stack.redis.restart();
  const again = await events('1-0');
  expect(again.status).toBe(200);
  const id2 = /^id: (.+)$/m.exec(await again.text())?.[1] ?? '';
  expect((await events(id2)).status).toBe(204);
});
