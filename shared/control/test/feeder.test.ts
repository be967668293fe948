import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Feeder } from '../src/feeding/feeder.js';
import { LeaderLock } from '../src/live/leader.js';
import { assertNothingLeaks } from '@parse3d/testing';
import { jobRequest, startBench, type ControlBench } from './support.js';

const MiB = 1024 * 1024;

let bench: ControlBench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(async () => {
  await bench.redis.flushall();
});
afterAll(async () => {
  await bench.stop();
  await assertNothingLeaks();
});

const feeder = (depthPerSlot: number, weightOf?: (tenant: string) => number): Feeder =>
  new Feeder(bench.live, {
    depthPerSlot,
    quantumBytes: 10 * MiB,
    ...(weightOf ? { weightOf } : {}),
  });

async function submit(tenant: string, count: number, bytes: number, lane: 'interactive' | 'batch' = 'interactive') {
  for (let index = 0; index < count; index++) {
    const request = jobRequest({ tenant, lane, input: { uri: 'local://bucket/v.nii', etag: 'e', bytes } });
    await bench.live.records.accept(request);
  }
}

/** How many jobs of each tenant are in BullMQ. */
async function fedPerTenant(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const job of await bench.live.queue.getJobs(['waiting'])) {
    const tenant = (await bench.live.records.get(job.data.jobId))?.request.tenant ?? '?';
    counts[tenant] = (counts[tenant] ?? 0) + 1;
  }
  return counts;
}

const worker = { host: 'h', pid: 1, device: 'cpu', packs: [], startedAt: '', draining: false, troubles: [] };

test('BullMQ holds a few jobs per worker slot, however many wait', async () => {
  await bench.live.workers.heartbeat({ ...worker, id: 'a', slots: 2 });
  await bench.live.workers.heartbeat({ ...worker, id: 'b', slots: 1 });
  await submit('default', 30, MiB);
  expect(await feeder(4).feed()).toBe(12);
  expect(await feeder(4).feed()).toBe(0);
  expect(await bench.redis.llen(bench.keys.pending('interactive', 'default'))).toBe(18);
});

test('a tenant with many large volumes does not starve one with small ones', async () => {
  await submit('large', 50, 100 * MiB);
  await submit('small', 50, MiB);
  await feeder(20).feed();
  // Ten volumes of 1 MiB for each 10 MiB of a turn; a volume of 100 MiB takes ten turns.
  expect(await fedPerTenant()).toEqual({ small: 20 });
});

test('tenants with volumes of one size get turns in proportion to their weights', async () => {
  await submit('heavy', 40, 10 * MiB);
  await submit('light', 40, 10 * MiB);
  await feeder(20, (tenant) => (tenant === 'heavy' ? 3 : 1)).feed();
  expect(await fedPerTenant()).toEqual({ heavy: 15, light: 5 });
});

test('the interactive lane goes before the batch lane', async () => {
  await submit('default', 6, MiB, 'batch');
  await submit('default', 3, MiB, 'interactive');
  await feeder(4).feed();
  const lanes = await Promise.all(
    (await bench.live.queue.getJobs(['waiting'])).map(
      async (job) => (await bench.live.records.get(job.data.jobId))?.request.lane ?? '?',
    ),
  );
  expect(lanes.sort()).toEqual(['batch', 'interactive', 'interactive', 'interactive']);
});

test('a job that is fed twice is in BullMQ once', async () => {
  const request = jobRequest();
  await bench.live.records.accept(request);
  await feeder(4).feed();
  // A feeder that died between adding and unlisting leaves the id in the list.
  await bench.redis.rpush(bench.keys.pending('interactive', 'default'), request.jobId);
  await feeder(4).feed();
  expect(await bench.live.queue.getJobCounts('waiting')).toEqual({ waiting: 1 });
});

test('canceled and vanished jobs are not fed', async () => {
  const canceled = jobRequest();
  await bench.live.records.accept(canceled);
  await bench.live.records.requestCancel(canceled);
  await bench.redis.rpush(bench.keys.pending('interactive', 'default'), canceled.jobId, jobRequest().jobId);
  expect(await feeder(4).feed()).toBe(0);
  expect(await bench.redis.llen(bench.keys.pending('interactive', 'default'))).toBe(0);
});

test('a record that this version cannot read holds up no other job, and waits for a version that can', async () => {
  const [later, readable] = [jobRequest(), jobRequest()];
  for (const request of [later, readable]) await bench.live.records.accept(request);
  await bench.redis.hset(bench.keys.job(later.jobId), 'stage', 'dreaming');
  expect(await feeder(4).feed()).toBe(1);
  expect((await bench.live.queue.getJobs(['waiting'])).map(({ data }) => data.jobId)).toEqual([readable.jobId]);
  expect(await bench.redis.lrange(bench.keys.pending('interactive', 'default'), 0, -1)).toEqual([later.jobId]);
  await expect(bench.jobs.find(later.jobId)).rejects.toMatchObject({ code: 'record-invalid' });
});

test('workers that fell silent are forgotten', async () => {
  await bench.live.workers.heartbeat({ ...worker, id: 'gone', slots: 8 });
  await bench.redis.zadd(bench.keys.workers, Date.now() - 60_000, 'gone');
  await bench.live.workers.heartbeat({ ...worker, id: 'here', slots: 1 });
  expect((await bench.live.workers.live()).map(({ id }) => id)).toEqual(['here']);
});

test('one of many processes leads, and another takes over when it lets go', async () => {
  const locks = Array.from({ length: 5 }, () => new LeaderLock(bench.redis, bench.keys.feederLock, 5_000));
  const tries = await Promise.all(locks.map((lock) => lock.acquireOrRenew()));
  expect(tries.filter(Boolean)).toHaveLength(1);
  const leader = locks[tries.indexOf(true)];
  const other = locks[tries.indexOf(false)];
  expect(await leader?.acquireOrRenew()).toBe(true);
  // Letting go of what another holds does nothing.
  await other?.release();
  expect(await other?.acquireOrRenew()).toBe(false);
  await leader?.release();
  expect(await other?.acquireOrRenew()).toBe(true);
});
