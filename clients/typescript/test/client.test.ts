import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Parse3d, ProblemError, type JobEvent } from '@parse3d/client';
import { assertNothingLeaks, track } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../../../test/support/stack.js';
import { phantomCtFile } from '../../../test/support/volumes.js';

let stack: Stack;
let client: Parse3d;
let volume: Buffer;
beforeAll(async () => {
  stack = await startStack({ env: { PARSE3D_RECONCILE_EVERY: '1s' } });
  client = new Parse3d({ url: stack.api.url, key: stack.api.key });
  volume = await phantomCtFile([24, 20, 12]);
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

test('a volume is uploaded, segmented, followed by events, and its outputs downloaded and checked', async () => {
  const { uri, geometry } = await client.uploadVolume(new Uint8Array(volume));
  expect(geometry?.shape).toEqual([24, 20, 12]);
  const job = await client.submit({ input: { uri }, prompts: ['bone', { text: 'lung', label: 7 }] });
  const events: JobEvent[] = [];
  const ended = await client.wait(job.id, { onEvent: (event) => events.push(event) });
  expect(ended.status).toBe('completed');
  expect(events.at(-1)).toMatchObject({ jobId: job.id, status: 'completed' });

  const names: string[] = [];
  for await (const { name, bytes } of client.outputs(ended)) {
    names.push(name);
    expect(Buffer.from(bytes).equals(await stack.api.output(job.id, name))).toBe(true);
  }
  expect(names).toEqual(ended.outputs?.map(({ name }) => name));
  expect(names).toContain('labels.nii.gz');
  const manifest = await client.manifest(job.id);
  expect(manifest).toMatchObject({ status: 'completed', findings: [{ label: 1 }, { label: 7 }] });
});

test('a stream is uploaded as it comes', async () => {
  const { bytes } = await client.uploadVolume(new Blob([new Uint8Array(volume)]).stream());
  expect(bytes).toBe(volume.length);
});

test('every path is reached with types, and the same key finds the same job', async () => {
  const { data } = await client.api.GET('/v1/packs');
  expect(data?.packs.map(({ id }) => id)).toContain('ct-tissue');
  const { uri } = await client.uploadVolume(new Uint8Array(volume));
  const request = { input: { uri }, prompts: ['fat'] };
  const first = await client.submit(request, { idempotencyKey: 'scan-1' });
  expect((await client.submit(request, { idempotencyKey: 'scan-1' })).id).toBe(first.id);
  await client.wait(first.id);
});

test('a batch is submitted and looked at until it has ended', async () => {
  const uris = await Promise.all([1, 2].map(async () => (await client.uploadVolume(new Uint8Array(volume))).uri));
  const batch = await client.submitBatch({
    source: { kind: 'items', items: uris.map((uri) => ({ uri })) },
    prompts: ['bone'],
  });
  const ended = await client.waitBatch(batch.id);
  expect(ended).toMatchObject({ status: 'completed', counts: { completed: 2 } });
  const { data } = await client.api.POST('/v1/batches/{id}/retry-failed', {
    params: { path: { id: batch.id } },
    body: { codes: ['storage-unavailable', 'worker-lost'] },
  });
  expect(data).toMatchObject({ id: batch.id, status: 'completed', counts: { completed: 2 } });
});

test('what the server refuses is a ProblemError with its code and fields', async () => {
  const { uri } = await client.uploadVolume(new Uint8Array(volume));
  const refusal: unknown = await client.submit({ input: { uri }, prompts: ['bne'] }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ProblemError);
  expect(refusal).toMatchObject({ code: 'prompt-unknown', status: 422, retryable: false });
  expect(refusal).toMatchObject({ fields: { requestId: expect.any(String) } });
  const stranger = new Parse3d({ url: stack.api.url, key: 'p3d_wrong' });
  await expect(stranger.api.GET('/v1/packs')).rejects.toMatchObject({ code: 'unauthorized', status: 401 });
});

test('a job that no worker takes yet is waited for', async () => {
  const { uri } = await client.uploadVolume(new Uint8Array(volume));
  for (const worker of stack.workers) await worker.stop();
  const job = await client.submit({ input: { uri }, prompts: ['bone'] });
  const waiting = client.wait(job.id);
  await stack.startWorker();
  expect((await waiting).status).toBe('completed');
});

/** Something between the client and parse3d, as proxies are. */
async function between(listener: RequestListener): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    untrack();
  };
  const untrack = track('a server in between', stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

test('a server that is short of something is asked again after as long as it says, and not for ever', async () => {
  const asked: number[] = [];
  const proxy = await between((_request, response) => {
    asked.push(Date.now());
    if (asked.length % 3 === 0) response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"packs":[]}');
    else response.writeHead(503, { 'Retry-After': '1' }).end();
  });
  try {
    const patient = new Parse3d({ url: proxy.url, key: 'k' });
    expect((await patient.api.GET('/v1/packs')).data).toEqual({ packs: [] });
    expect((asked[2] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(1_950);
    const hasty = new Parse3d({ url: proxy.url, key: 'k', retries: 1, longestWaitMs: 10 });
    await expect(hasty.api.GET('/v1/packs')).rejects.toMatchObject({ code: 'foreign-answer', status: 503 });
  } finally {
    await proxy.stop();
  }
});

test('a server that is not there is told as such', async () => {
  const proxy = await between(() => undefined);
  await proxy.stop();
  const nobody = new Parse3d({ url: proxy.url, key: 'k', retries: 1 });
  await expect(nobody.job('x')).rejects.toMatchObject({ code: 'no-answer', status: 0, retryable: true });
});
