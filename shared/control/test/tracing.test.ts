import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'bullmq';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { Problem } from '@parse3d/contract/problems';
import { openQueue, QUEUE_NAME } from '../src/live/bull.js';
import { connectRedis } from '../src/live/connection.js';
import { redisKeys } from '../src/live/keys.js';
import { bullContext, noTracing, startTracing, type Tracing } from '@parse3d/platform/telemetry';
import { eventually, scratchFolder, startRedis, type ScratchFolder } from '@parse3d/testing';

const service = { service: 'parse3d-test', version: '1.2.3' };
const Line = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  durationMs: z.number(),
  failed: z.boolean(),
  attributes: z.record(z.string(), z.unknown()),
});
type Line = z.infer<typeof Line>;

let folder: ScratchFolder;
let file: string;
beforeEach(async () => {
  folder = await scratchFolder('telemetry');
  file = join(folder.path, 'spans.jsonl');
});
afterEach(() => folder.remove());

const start = (more: { otlp?: boolean; file?: string }): Promise<Tracing> =>
  startTracing({ ...service, otlp: false, ...more, onError: () => undefined });

async function lines(): Promise<Line[]> {
  if (!existsSync(file)) return [];
  const text = (await readFile(file, 'utf8')).trimEnd();
  return text.split('\n').map((line) => Line.parse(JSON.parse(line)));
}

test('spans nest over awaits, and one that throws fails with the code of the problem and not its message', async () => {
  const tracing = await start({ file });
  const work = tracing.span('outer', {}, async () => {
    await Promise.resolve();
    await tracing.span('inner', {}, () => Promise.reject(new Problem('not-found', 'no such patient')));
  });
  await expect(work).rejects.toThrow('no such patient');
  await tracing.shutdown();
  const [inner, outer] = await lines();
  expect(outer).toMatchObject({ name: 'outer', failed: true, attributes: { 'error.type': 'not-found' } });
  expect(inner).toMatchObject({ name: 'inner', traceId: outer?.traceId, parentSpanId: outer?.spanId });
  expect(await readFile(file, 'utf8')).not.toContain('patient');
});

test('a malformed parent counts as none', async () => {
  const tracing = await start({ file });
  tracing.begin('alone', { parent: '00-not-a-trace' }).end();
  await tracing.shutdown();
  expect((await lines())[0]?.parentSpanId).toBeUndefined();
});

test('without a destination nothing is traced, and the parent of others is passed on', async () => {
  const tracing = await start({});
  expect(tracing).toBe(noTracing);
  const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  expect(tracing.begin('feed', { parent }).traceparent).toBe(parent);
  expect(tracing.begin('feed').traceparent).toBeUndefined();
  expect(await tracing.span('work', {}, () => Promise.resolve(7))).toBe(7);
  expect(await readdir(folder.path)).toEqual([]);
});

test('attempts that BullMQ repeats stay in the trace in which the job was fed, without what the error said', async () => {
  const redisServer = await startRedis();
  const keys = redisKeys('trace');
  const ignore = (): void => undefined;
  const connection = connectRedis(redisServer.url, 'blocking', ignore);
  const queue = openQueue(connection, keys);
  const tracing = await start({ file });
  let failures = 0;
  const worker = new Worker(
    QUEUE_NAME,
    async () => {
      tracing.active().annotate({ 'parse3d.jobId': 'mine' });
      await Promise.resolve();
      if (failures++ === 0) throw new Error('the tumour of Mr Smith');
    },
    {
      connection,
      prefix: keys.bullPrefix,
      stalledInterval: 50,
      ...(tracing.bull === undefined ? {} : { telemetry: tracing.bull }),
    },
  );
  try {
    const feed = tracing.begin('feed', { kind: 'producer' });
    const jobId = '0199c0de-0000-7000-8000-000000000001';
    const opts = { attempts: 2, backoff: { type: 'fixed', delay: 10 }, ...bullContext(feed.traceparent) };
    await queue.add('segment', { jobId, run: 1 }, opts);
    feed.end();
    const attempts = await eventually(
      async () => {
        const found = (await lines()).filter(({ name }) => name === `process ${QUEUE_NAME}`);
        return found.length === 2 ? found : undefined;
      },
      { what: 'two attempts' },
    );
    const all = await lines();
    const feeding = all.find(({ name }) => name === 'feed');
    expect(attempts[0]).toMatchObject({ parentSpanId: feeding?.spanId, attributes: { 'parse3d.jobId': 'mine' } });
    expect(attempts[1]?.parentSpanId).toBe(feeding?.spanId);
    // Looking for stalled jobs, closing and the like are no traces.
    expect(new Set(all.map(({ traceId }) => traceId))).toEqual(new Set([feeding?.traceId]));
    expect(await readFile(file, 'utf8')).not.toContain('Smith');
  } finally {
    await worker.close();
    await queue.close();
    connection.disconnect();
    await tracing.shutdown();
    await redisServer.stop();
  }
});

test('a collector gets the spans by OTLP with the name of the service, and its absence holds no end up', async () => {
  const requests: { path: string | undefined; body: string }[] = [];
  const collector = createServer((request: IncomingMessage, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      requests.push({ path: request.url, body });
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const before = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = url;
  try {
    const tracing = await start({ otlp: true });
    tracing.begin('work').end();
    await tracing.shutdown();
    expect(requests.map(({ path }) => path)).toEqual(['/v1/traces']);
    expect(requests[0]?.body).toContain('"stringValue":"parse3d-test"');
    expect(requests[0]?.body).toContain('"name":"work"');

    collector.closeAllConnections();
    const closed = once(collector, 'close');
    collector.close();
    await closed;
    const lonely = await start({ otlp: true });
    lonely.begin('work').end();
    const startedAt = Date.now();
    await lonely.shutdown();
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  } finally {
    if (before === undefined) delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    else process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = before;
  }
});
