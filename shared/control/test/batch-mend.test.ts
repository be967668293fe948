import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchJobId, blobKeys } from '@parse3d/contract';
import type { Reconciliation } from '../src/feeding/reconciler.js';
import { bullJobId, JobData } from '../src/live/bull.js';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { batchRecord, startBench, type ControlBench } from './support.js';

let bench: ControlBench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(async () => {
  await bench.stop();
  await assertNothingLeaks();
});

test('jobs of a batch that Redis lost are fed again, and counted among what was mended', async () => {
  const { redis, keys, store } = bench;
  const { queue } = bench.live;
  const batch = batchRecord(3);
  const { batchId } = batch;
  const lines = [0, 1, 2].map(
    (index) => `${JSON.stringify({ uri: `local://bucket/${index}.nii`, etag: 'e', bytes: 1 })}\n`,
  );
  await store.write(blobKeys.batchItems(batchId, 0), Buffer.from(lines.join('')));
  await bench.batches.create(batch);

  const passes: Reconciliation[] = [];
  const dispatcher = bench.dispatcher({
    feedEveryMs: 20,
    onError: () => undefined,
    onReconciled: (result) => passes.push(result),
  });
  dispatcher.start();
  try {
    const queued = async (ordinal: number): Promise<boolean> =>
      (await queue.getJobState(bullJobId(batchJobId(batchId, ordinal), 1))) === 'waiting';
    const all = async () => (await Promise.all([queued(0), queued(1), queued(2)])).every((is) => is);
    await eventually(all, { what: 'the jobs to be handed over' });
    await eventually(() => passes.length >= 1, { what: 'the first pass to be told' });
    expect(passes.map(({ fedAgain }) => fedAgain)).toEqual([0]);
    for (const ordinal of [0, 2]) {
      const jobId = batchJobId(batchId, ordinal);
      await redis.del(keys.job(jobId));
      await queue.remove(bullJobId(jobId, 1));
    }
    dispatcher.reconcileSoon();
    await eventually(all, { what: 'the lost jobs to be handed over again' });
    await eventually(() => passes.length >= 2, { what: 'the second pass to be told' });
    expect(passes[1]).toMatchObject({ fedAgain: 2, settled: 0, failed: 0 });
    const [job] = await queue.getJobs('waiting', 0, 0);
    expect(JobData.parse(job?.data).jobId).toMatch(batchId.slice(0, 24));
    expect((await bench.batches.record(batchId))?.total).toBe(3);
  } finally {
    await dispatcher.stop();
  }
});
