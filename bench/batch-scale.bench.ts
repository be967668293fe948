import { afterAll, expect, test } from 'vitest';
import { ItemPage } from '@parse3d/contract';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { Redis } from 'ioredis';
import { startStack, type Stack } from '../test/support/stack.js';
import { phantomCtFile } from '../test/support/volumes.js';
import { look, outputs, submitCopies } from './batches.js';
import { heading, memoryOf, quantile, row } from './support.js';

const some = Number(process.env['PARSE3D_BENCH_ITEMS'] ?? 100_000);
const many = Number(process.env['PARSE3D_BENCH_MANY_ITEMS'] ?? 1_000_000);

afterAll(assertNothingLeaks);

const usedMemory = async (redis: Redis): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);

/** Looks at Redis' memory until it is told to stop, and returns the highest it saw, in bytes. */
function watchMemory(redis: Redis): () => Promise<number> {
  let highest = 0;
  const look = async (): Promise<void> => {
    highest = Math.max(highest, await usedMemory(redis));
  };
  const timer = setInterval(() => void look(), 20);
  return async () => {
    clearInterval(timer);
    await look();
    return highest;
  };
}

/** Times one request again and again until `done`. */
async function timesUntil(request: () => Promise<unknown>, done: () => Promise<boolean>): Promise<number[]> {
  const times: number[] = [];
  await eventually(
    async () => {
      const at = performance.now();
      await request();
      times.push(performance.now() - at);
      return done();
    },
    { timeoutMs: 600_000, everyMs: 20 },
  );
  return times;
}

async function cancel(stack: Stack, id: string): Promise<void> {
  const startedAt = performance.now();
  await stack.api.send('POST', `/v1/batches/${id}/cancel`);
  await eventually(
    async () => {
      const { counts } = await look(stack, id);
      return counts.waiting + counts.running === 0;
    },
    { timeoutMs: 60_000 },
  );
  row('canceled, nothing waits or runs any more, seconds', ((performance.now() - startedAt) / 1_000).toFixed(2));
}

function rowOfStatus(phase: string, times: readonly number[]): void {
  const [median, p99] = [0.5, 0.99].map((q) => quantile(times, q).toFixed(1));
  row(`status while it is ${phase}, ${times.length} requests, p50 and p99, ms`, `${median}, ${p99}`);
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

test(`a batch of ${some} items, and another tenant`, async () => {
  process.stdout.write(`\n${heading('batches')}\n`);
  const stack = await startStack({ env: { PARSE3D_LOG_LEVEL: 'error' } });
  const redis = new Redis(stack.redis.url);
  try {
    const uri = await stack.api.upload(await phantomCtFile([8, 8, 8]));
    const before = await usedMemory(redis);
    const peak = watchMemory(redis);
    const small = await submitCopies(stack, uri, 1);
    let accepted = false;
    const accepting = submitCopies(stack, uri, some).finally(() => (accepted = true));
    const meanwhile = await timesUntil(
      () => look(stack, small.view.id),
      () => Promise.resolve(accepted),
    );
    const { view, ms } = await accepting;
    row(`batch of ${some} items accepted, seconds`, (ms / 1_000).toFixed(2));
    rowOfStatus('being accepted', meanwhile);
    const times = await timesUntil(
      () => look(stack, view.id),
      async () => (await look(stack, view.id)).counts.completed > 100,
    );

    const other = await stack.client({ tenant: 'other', inputs: [uri] });
    const started = performance.now();
    const jobs = await Promise.all(
      Array.from({ length: 20 }, () => other.submit({ input: { uri }, prompts: ['bone'], outputs })),
    );
    let firstStarted = 0;
    times.push(
      ...(await timesUntil(
        () => look(stack, view.id),
        async () => {
          const states = await Promise.all(jobs.map((job) => other.job(job.id)));
          if (firstStarted === 0 && states.some(({ status }) => status !== 'waiting')) firstStarted = performance.now();
          return states.every(({ status }) => status === 'completed');
        },
      )),
    );
    row('first of 20 jobs of another tenant started after, seconds', ((firstStarted - started) / 1_000).toFixed(2));
    row('all of them done after, seconds', ((performance.now() - started) / 1_000).toFixed(2));
    rowOfStatus('running, the other tenant’s jobs included', times);
    row('Redis memory for all that at most, MiB', mib((await peak()) - before));
    row('api memory at most, MiB', String((await memoryOf(stack.apiService.pid)).peak));
    await cancel(stack, view.id);
  } finally {
    redis.disconnect();
    await stack.stop();
  }
});

test(`a batch of ${many} items`, async () => {
  const stack = await startStack({ env: { PARSE3D_LOG_LEVEL: 'error' } });
  const redis = new Redis(stack.redis.url);
  try {
    const uri = await stack.api.upload(await phantomCtFile([8, 8, 8]));
    const before = await usedMemory(redis);
    const peak = watchMemory(redis);
    const { view, ms } = await submitCopies(stack, uri, many);
    row(`batch of ${many} items accepted, seconds`, (ms / 1_000).toFixed(2));
    await eventually(async () => (await look(stack, view.id)).counts.completed > 20, { timeoutMs: 120_000 });

    const page = async (query: string): Promise<ItemPage> =>
      ItemPage.parse((await stack.api.send('GET', `/v1/batches/${view.id}/items?limit=100${query}`)).json);
    const pages = {
      'the first items': ['', 100],
      'items from the middle': [`&from=${Math.floor(many / 2)}`, 100],
      'the last items': [`&from=${many - 100}`, 100],
      'open items from the middle': [`&status=open&from=${Math.floor(many / 2)}`, 100],
      'failed items (empty)': ['&status=failed', 0],
    } as const;
    for (const [what, [query, count]] of Object.entries(pages)) {
      const times: number[] = [];
      for (let turn = 0; turn < 20; turn++) {
        const at = performance.now();
        expect((await page(query)).items).toHaveLength(count);
        times.push(performance.now() - at);
      }
      row(
        `page of ${what}, median and slowest of 20, ms`,
        [0.5, 1].map((q) => quantile(times, q).toFixed(0)).join(', '),
      );
    }
    row('Redis memory for it at most, MiB', mib((await peak()) - before));
    row('api memory at most, MiB', String((await memoryOf(stack.apiService.pid)).peak));
    await cancel(stack, view.id);
    const endedAt = performance.now();
    await eventually(async () => (await look(stack, view.id)).finishedAt !== undefined, { timeoutMs: 600_000 });
    row('its reports written after further seconds', ((performance.now() - endedAt) / 1_000).toFixed(1));
    row('api memory at most, MiB', String((await memoryOf(stack.apiService.pid)).peak));
  } finally {
    redis.disconnect();
    await stack.stop();
  }
});
