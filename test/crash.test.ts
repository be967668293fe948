import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertNothingLeaks, eventually, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { childrenOf, isRunning } from './support/processes.js';
import { writeSlowPack } from './support/slow-pack.js';
import { startStack, type Service, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

let packs: ScratchFolder;
let stack: Stack;
let uri: string;
beforeAll(async () => {
  packs = await scratchFolder('packs');
  await writeSlowPack(packs.path, 'slow', { tile: 512, layers: 6 });
  stack = await startStack({ packs: [packs.path] });
  uri = await stack.api.upload(await phantomCtFile([96, 96, 64]));
});
afterAll(async () => {
  await stack.stop();
  await packs.remove();
  await assertNothingLeaks();
});

async function startJob(): Promise<string> {
  const job = await stack.api.submit({ input: { uri }, prompts: ['target'], pack: 'slow' });
  await eventually(async () => (await stack.api.job(job.id)).stage === 'infer', { what: 'the job to infer' });
  return job.id;
}

/** The committed attempt is the only one that left anything, and the pending marker is gone. */
async function expectOneResult(id: string): Promise<void> {
  const manifest = await stack.api.manifest(id);
  if (manifest.status !== 'completed') throw new Error(`the job is ${manifest.status}`);
  await eventually(
    async () => {
      const keys = (await stack.stores.primary.list({ prefix: `results/${id}/` })).blobs.map(({ key }) => key);
      return keys.length === manifest.outputs.length + 1;
    },
    { what: 'only one attempt’s outputs to be left' },
  );
  expect((await stack.stores.primary.list({ prefix: `pending/${id}/` })).blobs).toEqual([]);
}

const firstWorker = (): Service => {
  const worker = stack.workers[0];
  if (worker === undefined) throw new Error('no worker');
  return worker;
};

test('when the computing process is killed the job is tried again by a new one', async () => {
  const id = await startJob();
  const [child] = await childrenOf(firstWorker().pid);
  process.kill(child ?? 0, 'SIGKILL');
  const done = await stack.api.ended(id);
  expect(done).toMatchObject({ status: 'completed', attempt: 2 });
  await expectOneResult(id);
});

test('when a worker is killed its computing process ends too and another worker does the job within 45 s', async () => {
  const id = await startJob();
  const victim = firstWorker();
  const [child] = await childrenOf(victim.pid);
  expect(await isRunning(child ?? 0)).toBe(true);
  await stack.startWorker();
  const killedAt = Date.now();
  victim.kill('SIGKILL');
  await eventually(async () => !(await isRunning(child ?? 0)), { what: 'the orphan to end', timeoutMs: 5_000 });
  const done = await stack.api.ended(id, 60_000);
  expect(done.status).toBe('completed');
  // The promise of the design, not a speed test: a lock of 20 s and a check every 5 s leave a wide margin.
  expect((Date.now() - killedAt) / 1_000).toBeLessThan(45);
  await expectOneResult(id);
}, 120_000);

test('a worker stopped in mid job does not overwrite the result of the one that replaced it', async () => {
  const worker = stack.workers.at(-1);
  if (worker === undefined) throw new Error('no worker');
  const id = await startJob();
  const sleeping = [worker.pid, ...(await childrenOf(worker.pid))];
  for (const pid of sleeping) process.kill(pid, 'SIGSTOP');
  await stack.startWorker();
  expect((await stack.api.ended(id, 60_000)).status).toBe('completed');
  const before = await stack.api.manifest(id);
  const labels = await stack.api.output(id, 'labels.nii.gz');

  for (const pid of sleeping.reverse()) process.kill(pid, 'SIGCONT');
  // The woken worker takes another job afterwards, which shows that it is done with the old one.
  await eventually(
    async () => {
      const jobs = await Promise.all(
        [0, 1].map(() => stack.api.submit({ input: { uri }, prompts: ['bone'], pack: 'ct-tissue' })),
      );
      const ends = await Promise.all(jobs.map((job) => stack.api.ended(job.id)));
      return ends.every((end) => end.status === 'completed');
    },
    { what: 'jobs after the wake-up' },
  );
  await expectOneResult(id);
  expect(await stack.api.manifest(id)).toEqual(before);
  expect(Buffer.compare(await stack.api.output(id, 'labels.nii.gz'), labels)).toBe(0);
}, 120_000);

test('a worker that is told to stop hands its job back without spending an attempt', async () => {
  const draining = await startStack({
    packs: [packs.path],
    env: { PARSE3D_WORKER_DRAIN: '1s', PARSE3D_CHILD_GRACE: '200ms' },
  });
  try {
    const volume = await draining.api.upload(await phantomCtFile([96, 96, 64]));
    const job = await draining.api.submit({ input: { uri: volume }, prompts: ['target'], pack: 'slow' });
    await eventually(async () => (await draining.api.job(job.id)).stage === 'infer', { what: 'the job to infer' });
    expect(await draining.workers[0]?.stop()).toBe(0);
    expect((await draining.api.job(job.id)).status).toBe('waiting');
    await draining.startWorker();
    expect(await draining.api.ended(job.id)).toMatchObject({ status: 'completed' });
  } finally {
    await draining.stop();
  }
}, 120_000);
