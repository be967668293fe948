import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { stages } from '@parse3d/contract';
import { assertNothingLeaks, eventually, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { badVolumes } from './support/bad-volumes.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

const TracedSpan = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  service: z.string(),
  name: z.string(),
  kind: z.string(),
  startMs: z.number(),
  durationMs: z.number().min(0),
  failed: z.boolean(),
  attributes: z.record(z.string(), z.unknown()),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })),
});
type TracedSpan = z.infer<typeof TracedSpan>;

const PROMPT = 'the lungs in chest CT';

let folder: ScratchFolder;
let file: string;
let stack: Stack;
let uri: string;
beforeAll(async () => {
  folder = await scratchFolder('trace');
  file = join(folder.path, 'spans.jsonl');
  stack = await startStack({ env: { PARSE3D_TRACE_FILE: file } });
  uri = await stack.api.upload(await phantomCtFile());
});
afterAll(async () => {
  await stack.stop();
  await folder.remove();
  await assertNothingLeaks();
});

async function spans(): Promise<TracedSpan[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  // The last line may be in the making.
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => TracedSpan.parse(JSON.parse(line)));
}

/** The spans of the trace that a job's attempts belong to, once so many attempts have ended. */
async function traceOf(jobId: string, attempts = 1): Promise<TracedSpan[]> {
  return eventually(
    async () => {
      const all = await spans();
      const ended = all.filter(({ kind, attributes }) => kind === 'consumer' && attributes['parse3d.jobId'] === jobId);
      if (ended.length < attempts) return undefined;
      return all.filter(({ traceId }) => traceId === ended[0]?.traceId);
    },
    { what: `the trace of job ${jobId}` },
  );
}

/** Names from the root down to a span. */
function path(span: TracedSpan, trace: readonly TracedSpan[]): string[] {
  const above = trace.find(({ spanId }) => spanId === span.parentSpanId);
  return above === undefined ? [span.name] : [...path(above, trace), span.name];
}

const one = (name: string, trace: readonly TracedSpan[]): TracedSpan => {
  const found = trace.filter((span) => span.name === name);
  if (found[0] === undefined || found.length > 1) throw new Error(`${found.length} spans ${name}`);
  return found[0];
};

test('a job is one tree, from the request through the queue to every stage of the attempt', async () => {
  const job = await stack.api.submit({ input: { uri }, prompts: ['bone', PROMPT] });
  expect((await stack.api.ended(job.id)).status).toBe('completed');
  const trace = await traceOf(job.id);

  const roots = trace.filter(({ parentSpanId }) => parentSpanId === undefined);
  expect(roots).toMatchObject([{ name: 'POST /v1/jobs', kind: 'server', service: 'parse3d-api' }]);
  expect(roots[0]?.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/v1/jobs',
    'http.response.status_code': 202,
  });
  for (const stage of stages) {
    const span = one(stage, trace);
    expect(path(span, trace)).toEqual(['POST /v1/jobs', 'accept', 'feed', 'process segment', stage]);
    expect(span.service).toBe('parse3d-worker');
  }
  const starts = stages.map((stage) => one(stage, trace).startMs);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));

  const attempt = one('process segment', trace);
  expect(attempt).toMatchObject({ kind: 'consumer', failed: false });
  expect(attempt.attributes).toMatchObject({
    'parse3d.jobId': job.id,
    'parse3d.run': 1,
    'parse3d.attempt': 1,
    'parse3d.tenant': 'default',
    'parse3d.pack': 'ct-tissue',
    'parse3d.outcome': 'completed',
  });
  for (const { startMs, durationMs } of stages.map((stage) => one(stage, trace))) {
    // A stage is timed by another clock of the same machine, in whole milliseconds.
    expect(startMs).toBeGreaterThanOrEqual(attempt.startMs - 2);
    expect(startMs + durationMs).toBeLessThanOrEqual(attempt.startMs + attempt.durationMs + 2);
  }
});

test('the tree is printed with times, and a failed attempt with its problem', async () => {
  const bad = (await badVolumes()).find(({ seenInHeader }) => !seenInHeader);
  if (bad === undefined) throw new Error('no volume that only a worker finds bad');
  const job = await stack.api.submit({ input: { uri: await stack.api.upload(bad.bytes) }, prompts: ['bone'] });
  expect(await stack.api.ended(job.id)).toMatchObject({ status: 'failed', problem: { code: bad.code } });
  const trace = await traceOf(job.id);
  const failure = { failed: true, attributes: { 'error.type': bad.code } };
  expect(one('process segment', trace)).toMatchObject({ ...failure, attributes: { 'parse3d.outcome': 'failed' } });
  expect(one('read', trace)).toMatchObject(failure);
  expect(one('fetch', trace).failed).toBe(false);
  expect(trace.filter(({ name }) => name === 'prepare')).toEqual([]);

  const script = resolve(import.meta.dirname, '../scripts/trace-tree.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, file, job.id]);
  expect(stdout).toMatch(/^trace [0-9a-f]{32}, \d+ spans, [\d.]+ m?s, job [0-9a-f-]{36}$/m);
  expect(stdout).toMatch(/^POST \/v1\/jobs .*202$/m);
  expect(stdout).toMatch(new RegExp(`└─ process segment .* attempt 1, failed: ${bad.code}$`, 'm'));
});

test('a client that traces itself finds the job below its own span', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  const job = await stack.api.submit({ input: { uri }, prompts: ['bone'] }, headers);
  await stack.api.ended(job.id);
  const trace = await traceOf(job.id);
  expect(one('POST /v1/jobs', trace)).toMatchObject({ traceId, parentSpanId: '00f067aa0ba902b7' });
  expect(one('commit', trace).traceId).toBe(traceId);
});

test('each job of a batch is a trace of its own that is linked to the acceptance of the batch', async () => {
  const answer = await stack.api.send('POST', '/v1/batches', {
    source: { kind: 'items', items: [{ uri }] },
    prompts: ['fat', PROMPT],
    skipCompleted: false,
  });
  expect(answer.status).toBe(202);
  const batchId = String(answer.json['id']);
  const { jobId } = await eventually(
    async () => {
      const page = await stack.api.send('GET', `/v1/batches/${batchId}/items?status=completed`);
      return z.array(z.object({ jobId: z.string() })).parse(page.json['items'])[0];
    },
    { what: 'the item to be completed' },
  );
  const accepted = (await spans()).find(({ attributes }) => attributes['parse3d.batchId'] === batchId);
  if (accepted === undefined) throw new Error('the batch left no span');
  const trace = await traceOf(jobId);
  expect(path(one('commit', trace), trace)).toEqual(['feed', 'process segment', 'commit']);
  expect(one('feed', trace).links).toEqual([{ traceId: accepted.traceId, spanId: accepted.spanId }]);
  expect(accepted.traceId).not.toBe(trace[0]?.traceId);
});

test('the trace holds no prompt, key, header, query or name of a file, and no message of an error', async () => {
  const refused = await stack.api.send('POST', '/v1/jobs?patient=42', {
    input: { uri },
    prompts: ['the patient’s soul'],
  });
  expect(refused.json['type']).toBe('/problems/prompt-unknown');
  await eventually(
    async () => (await spans()).some(({ attributes }) => attributes['error.type'] === 'prompt-unknown'),
    {
      what: 'the refused request in the trace',
    },
  );
  const text = await readFile(file, 'utf8');
  for (const secret of [PROMPT, 'soul', 'patient', 'bone', stack.api.key, 'Bearer', 'uploads/', 'no longer there']) {
    expect(text, secret).not.toContain(secret);
  }
});

test('without the variables nothing is traced, and jobs carry nothing of it', async () => {
  const plain = await startStack();
  try {
    const job = await plain.api.submit({
      input: { uri: await plain.api.upload(await phantomCtFile()) },
      prompts: ['bone'],
    });
    expect((await plain.api.ended(job.id)).status).toBe('completed');
    const { Redis } = await import('ioredis');
    const redis = new Redis(plain.redis.url);
    const [request, opts] = await Promise.all([
      redis.hget(`parse3d:job:${job.id}`, 'request'),
      redis.keys('*').then(async (keys) => {
        const bull = keys.find((key) => key.endsWith(`${job.id}-1`));
        return bull === undefined ? null : redis.hget(bull, 'opts');
      }),
    ]);
    redis.disconnect();
    expect(request).toContain(job.id);
    expect(opts).toContain(job.id);
    expect(`${request}${opts}`).not.toMatch(/traceparent/);
  } finally {
    await plain.stop();
  }
  expect(existsSync(file)).toBe(true);
  expect(await readdir(folder.path)).toEqual(['spans.jsonl']);
});
