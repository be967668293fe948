import { afterAll, test } from 'vitest';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { childrenOf } from '../test/support/processes.js';
import { startStack, type Stack } from '../test/support/stack.js';
import { phantomCtFile } from '../test/support/volumes.js';
import { look, submitCopies } from './batches.js';
import { heading, processorMs, row } from './support.js';

const runs = Number(process.env['PARSE3D_BENCH_RUNS'] ?? 300);
const slotCounts = (process.env['PARSE3D_BENCH_SLOTS'] ?? '1,2,4').split(',').map(Number);
const traceFile = process.env['PARSE3D_BENCH_TRACE_FILE'];

afterAll(assertNothingLeaks);

test.each(slotCounts)('jobs per second with %i worker slots', async (slots) => {
  if (slots === slotCounts[0]) process.stdout.write(`\n${heading('control plane')}\n`);
  const env = {
    PARSE3D_WORKER_SLOTS: String(slots),
    PARSE3D_LOG_LEVEL: 'error',
    ...(traceFile === undefined ? {} : { PARSE3D_TRACE_FILE: traceFile }),
  };
  const stack = await startStack({ env });
  try {
    const uri = await stack.api.upload(await phantomCtFile([8, 8, 8]));
    const before = await processorTimes(stack);
    const startedAt = performance.now();
    const { view } = await submitCopies(stack, uri, runs);
    await eventually(async () => (await look(stack, view.id)).counts.completed === runs, {
      timeoutMs: 1_800_000,
      everyMs: 200,
    });
    const seconds = (performance.now() - startedAt) / 1_000;
    row(`${slots} slots, ${runs} jobs end to end, jobs per second`, (runs / seconds).toFixed(1));
    const after = await processorTimes(stack);
    const each = Object.entries(after).map(([name, ms]) => `${name} ${((ms - (before[name] ?? 0)) / runs).toFixed(1)}`);
    row('  processor time per job, ms', each.join(', '));
  } finally {
    await stack.stop();
  }
});

async function processorTimes(stack: Stack): Promise<Record<string, number>> {
  const workers = stack.workers.map(({ pid }) => pid);
  const children = (await Promise.all(workers.map(childrenOf))).flat();
  const sum = async (pids: readonly number[]): Promise<number> =>
    (await Promise.all(pids.map(processorMs))).reduce((total, ms) => total + ms, 0);
  return {
    api: await sum([stack.apiService.pid]),
    worker: await sum(workers),
    children: await sum(children),
    redis: await sum([stack.redis.pid]),
  };
}
