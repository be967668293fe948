import { createHash } from 'node:crypto';
import { Parse3d, ProblemError, type JobEvent } from '@parse3d/client';
import { assertNothingLeaks } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../../../test/support/stack.js';
import { phantomCtFile } from '../../../test/support/volumes.js';
import { breakingProxy } from './support.js';

let stack: Stack;
let client: Parse3d;
let volume: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  stack = await startStack({ env: { PARSE3D_RECONCILE_EVERY: '1s' } });
  client = new Parse3d({ url: stack.api.url, key: stack.api.key });
  volume = new Uint8Array(await phantomCtFile([24, 20, 12]));
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

test('a volume is uploaded, segmented, followed by events, and its outputs downloaded and checked', async () => {
  const { uri, geometry } = await client.upload(volume);
  expect(geometry?.shape).toEqual([24, 20, 12]);
  const job = await client.jobs.submit({ input: { uri }, prompts: ['bone', { text: 'lung', label: 7 }] });
  const events: JobEvent[] = [];
  const ended = await client.jobs.wait(job.id, { onEvent: (event) => events.push(event) });
  expect(ended.status).toBe('completed');
  expect(events.at(-1)).toMatchObject({ jobId: job.id, status: 'completed' });

  const names: string[] = [];
  for await (const { name, bytes } of client.jobs.outputs(ended)) {
    names.push(name);
    expect(Buffer.from(bytes).equals(await stack.api.output(job.id, name))).toBe(true);
  }
  expect(names).toEqual(ended.outputs?.map(({ name }) => name));
  expect(names).toContain('labels.nii.gz');
  const manifest = await client.jobs.manifest(job.id);
  expect(manifest).toMatchObject({ status: 'completed', findings: [{ label: 1 }, { label: 7 }] });
});

test('a stream is uploaded and downloaded as it comes, with progress', async () => {
  const seen: number[] = [];
  const { uri, bytes } = await client.upload(new Blob([volume]).stream(), {
    bytes: volume.length,
    contentType: 'application/gzip',
    onProgress: (sent) => seen.push(sent),
  });
  expect(bytes).toBe(volume.length);
  expect(seen.at(-1)).toBe(volume.length);
  const stored = await client.volume(uri);
  expect(stored.bytes).toBe(volume.length);
  const hash = createHash('sha256');
  for await (const chunk of stored.body) hash.update(chunk);
  expect(hash.digest('hex')).toBe(createHash('sha256').update(volume).digest('hex'));
});

test('an upload that the server refuses is that problem, however much was still to be sent', async () => {
  const { key } = await stack.client({ scopes: ['jobs:read'] });
  const stranger = new Parse3d({ url: stack.api.url, key });
  const large = new Blob(Array.from({ length: 8 }, () => new Uint8Array(32 * 1024 * 1024)));
  for (const body of [volume, large, large.stream()]) {
    await expect(stranger.upload(body)).rejects.toMatchObject({ code: 'forbidden', status: 403 });
  }
});

test('every path is reached with types, and the same key finds the same job', async () => {
  const { data } = await client.api.GET('/v1/packs');
  expect(data?.packs.map(({ id }) => id)).toContain('ct-tissue');
  expect((await client.packs()).map(({ id }) => id)).toContain('ct-tissue');
  const { uri } = await client.upload(volume);
  const request = { input: { uri }, prompts: ['fat'] };
  const first = await client.jobs.submit(request, { idempotencyKey: 'scan-1' });
  expect((await client.jobs.submit(request, { idempotencyKey: 'scan-1' })).id).toBe(first.id);
  await client.jobs.wait(first.id);
  expect((await client.jobs.list({ limit: 5 })).jobs.map(({ id }) => id)).toContain(first.id);
  await expect(client.jobs.cancel(first.id)).rejects.toMatchObject({ code: 'state-conflict', retryable: false });
});

test('a batch is measured, submitted, followed to its end, and its items and reports read', async () => {
  const uris = await Promise.all([1, 2].map(async () => (await client.upload(volume)).uri));
  const request = { source: { kind: 'items' as const, items: uris.map((uri) => ({ uri })) }, prompts: ['bone'] };
  expect(await client.batches.measure(request)).toMatchObject({ total: 2 });
  const batch = await client.batches.submit(request);
  const ended = await client.batches.wait(batch.id);
  expect(ended).toMatchObject({ status: 'completed', counts: { completed: 2 } });
  const { items } = await client.batches.items(batch.id, { status: 'completed' });
  expect(items.map(({ uri }) => uri)).toEqual(uris);
  expect((await client.batches.list({ limit: 1 })).map(({ id }) => id)).toEqual([batch.id]);
  const report = await client.batches.report(batch.id, 'results.jsonl');
  expect((await new Response(report.body).text()).trim().split('\n')).toHaveLength(2);
  expect(await client.batches.failures(batch.id)).toMatchObject({ failed: 0, groups: [] });
  const again = await client.batches.retryFailed(batch.id, ['storage-unavailable', 'worker-lost']);
  expect(again).toMatchObject({ id: batch.id, status: 'completed', counts: { completed: 2 } });
});

test('what the server refuses is a ProblemError with its code, title and fields', async () => {
  const { uri } = await client.upload(volume);
  const refusal: unknown = await client.jobs
    .submit({ input: { uri }, prompts: ['bne'] })
    .catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ProblemError);
  expect(refusal).toMatchObject({ code: 'prompt-unknown', status: 422, retryable: false });
  expect(refusal).toMatchObject({ title: expect.stringMatching(/prompt/i), fields: { requestId: expect.any(String) } });
  const stranger = new Parse3d({ url: stack.api.url, key: 'p3d_wrong' });
  await expect(stranger.api.GET('/v1/packs')).rejects.toMatchObject({ code: 'unauthorized', status: 401 });
  await expect(client.jobs.manifest('0199c0de-0000-7000-8000-000000000000')).rejects.toMatchObject({
    code: 'not-found',
  });
});

test('a job that no worker takes yet is followed over connections that break, without a gap or a repetition', async () => {
  const { uri } = await client.upload(volume);
  for (const worker of stack.workers) await worker.stop();
  const proxy = await breakingProxy(stack.api.url);
  const connected: boolean[] = [];
  try {
    const behind = new Parse3d({ url: proxy.url, key: stack.api.key });
    const job = await behind.jobs.submit({ input: { uri }, prompts: ['bone'] });
    const events: JobEvent[] = [];
    const follow = async (): Promise<void> => {
      const onConnection = (now: boolean): number => connected.push(now);
      for await (const event of behind.jobs.follow(job.id, { run: job.run, onConnection })) events.push(event);
    };
    const followed = follow();
    await stack.startWorker();
    await followed;
    expect(events.at(-1)).toMatchObject({ jobId: job.id, status: 'completed' });

    const whole: JobEvent[] = [];
    for await (const { event } of client.jobs.events(job.id)) whole.push(event);
    expect(events).toEqual(whole);
    expect(proxy.lastEventIds).toHaveLength(whole.length);
    expect(proxy.lastEventIds[0]).toBeUndefined();
    expect(new Set(proxy.lastEventIds).size).toBe(whole.length);
    expect(connected.filter((now) => !now)).toHaveLength(whole.length - 1);
  } finally {
    await proxy.stop();
  }
});
