import { afterAll, test } from 'vitest';
import { BatchView } from '@parse3d/shared/contract';
import { assertNothingLeaks, eventually } from '@parse3d/shared/testing';
import { Redis } from 'ioredis';
import { startStack, type Stack } from '../test/support/stack.js';
import { phantomCtFile } from '../test/support/volumes.js';
import { heading, memoryOf, quantile, row } from './support.js';

// Everything but the model: a volume of a few voxels, a graph of one pointwise convolution, no preview.
const items = Number(process.env['PARSE3D_BENCH_ITEMS'] ?? 100_000);
const runs = Number(process.env['PARSE3D_BENCH_RUNS'] ?? 300);
const outputs = { preview: false };

afterAll(assertNothingLeaks);

async function submitCopies(stack: Stack, uri: string, count: number): Promise<{ view: BatchView; ms: number }> {
  const { primary } = stack.stores;
  const line = `${JSON.stringify({ uri })}\n`;
  await primary.write('uploads/default/list.jsonl', Buffer.from(line.repeat(count)));
  const source = { kind: 'manifest', uri: `${primary.scheme}://${primary.bucket}/uploads/default/list.jsonl` };
  const body = { source, prompts: ['bone'], outputs, skipCompleted: false };
  const startedAt = performance.now();
  const answer = await stack.api.send('POST', '/v1/batches', body);
  const ms = performance.now() - startedAt;
  if (answer.status !== 202) throw new Error(JSON.stringify(answer.json));
  return { view: BatchView.parse(answer.json), ms };
}

const look = async (stack: Stack, id: string): Promise<BatchView> =>
  BatchView.parse((await stack.api.send('GET', `/v1/batches/${id}`)).json);

test('jobs per second, by worker slots', async () => {
  process.stdout.write(`\n${heading('control plane')}\n`);
  for (const slots of [1, 2, 4]) {
    const stack = await startStack({ env: { PARSE3D_WORKER_SLOTS: String(slots), PARSE3D_LOG_LEVEL: 'error' } });
    try {
      const uri = await stack.api.upload(await phantomCtFile([8, 8, 8]));
      const { view } = await submitCopies(stack, uri, runs);
      const startedAt = performance.now();
      await eventually(async () => (await look(stack, view.id)).counts.completed === runs, {
        timeoutMs: 1_800_000,
        everyMs: 100,
      });
      const seconds = (performance.now() - startedAt) / 1_000;
      row(`${slots} slots, ${runs} jobs end to end, jobs per second`, (runs / seconds).toFixed(1));
    } finally {
      await stack.stop();
    }
  }
});

test('a batch of many items', async () => {
  const stack = await startStack({ env: { PARSE3D_LOG_LEVEL: 'error' } });
  const redis = new Redis(stack.redis.url);
  try {
    const uri = await stack.api.upload(await phantomCtFile([8, 8, 8]));
    const before = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
    const { view, ms } = await submitCopies(stack, uri, items);
    row(`batch of ${items} items accepted, seconds`, (ms / 1_000).toFixed(2));

    const other = await stack.client({ tenant: 'other', inputs: [uri] });
    const statusMs: number[] = [];
    let redisPeak = 0;
    const started = performance.now();
    const jobs = await Promise.all(
      Array.from({ length: 20 }, () => other.submit({ input: { uri }, prompts: ['bone'], outputs })),
    );
    await eventually(
      async () => {
        const at = performance.now();
        await look(stack, view.id);
        statusMs.push(performance.now() - at);
        redisPeak = Math.max(redisPeak, Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]));
        const states = await Promise.all(jobs.map((job) => other.job(job.id)));
        return states.every((state) => state.status === 'completed');
      },
      { timeoutMs: 600_000, everyMs: 20 },
    );
    row(
      '20 interactive jobs of another tenant all done after, seconds',
      ((performance.now() - started) / 1_000).toFixed(1),
    );
    row(`status of the batch, p99 of ${statusMs.length} requests, ms`, quantile(statusMs, 0.99).toFixed(1));
    row('Redis memory for it at most, MiB', ((redisPeak - before) / 2 ** 20).toFixed(1));
    row('api memory at most, MiB', String((await memoryOf(stack.apiService.pid)).peak));
    const canceledAt = performance.now();
    await stack.api.send('POST', `/v1/batches/${view.id}/cancel`);
    await eventually(async () => (await look(stack, view.id)).counts.waiting === 0, { timeoutMs: 60_000 });
    row('canceled, nothing waits any more, seconds', ((performance.now() - canceledAt) / 1_000).toFixed(2));
  } finally {
    redis.disconnect();
    await stack.stop();
  }
});
