import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Manifest } from '@parse3d/contract';
import { canceledManifest, failedManifest } from '../src/ledger/manifests.js';
import { assertNothingLeaks } from '@parse3d/testing';
import { jobRequest, software, startBench, type ControlBench } from './support.js';

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

const claimOf = (jobId: string, run: number, attemptId: string) => ({ jobId, run, attemptId, attempt: 1 });

test('a job that is accepted twice is entered once', async () => {
  const request = jobRequest();
  expect(await bench.live.records.accept(request)).toBe(true);
  expect(await bench.live.records.accept(request)).toBe(false);
  expect(await bench.redis.llen(bench.keys.pending('interactive', 'default'))).toBe(1);
  expect(await bench.live.records.get(request.jobId)).toMatchObject({ status: 'waiting', run: 1, attempt: 0 });
});

test('only the attempt that claimed last may report progress or hand the job back', async () => {
  const request = jobRequest();
  await bench.live.records.accept(request);
  const [first, second] = [randomUUID(), randomUUID()];
  expect(await bench.live.records.claim(claimOf(request.jobId, 1, first), 'w')).toBe('ok');
  expect(await bench.live.records.claim(claimOf(request.jobId, 1, second), 'w')).toBe('ok');
  const report = { jobId: request.jobId, run: 1, attempt: 1, stage: 'infer', progress: 0.5 } as const;
  expect(await bench.live.records.report({ ...report, attemptId: first })).toBe('stale');
  expect(await bench.live.records.report({ ...report, attemptId: second })).toBe('ok');
  await bench.live.records.release({ jobId: request.jobId, run: 1, attemptId: first });
  expect(await bench.live.records.get(request.jobId)).toMatchObject({
    status: 'running',
    stage: 'infer',
    progress: 0.5,
  });
});

test('a running job hears at its next report that it should stop', async () => {
  const request = jobRequest();
  await bench.live.records.accept(request);
  await bench.live.records.claim(claimOf(request.jobId, 1, 'a'), 'w');
  expect(await bench.live.records.requestCancel(request)).toBe('running');
  const verdict = await bench.live.records.report({
    jobId: request.jobId,
    run: 1,
    attempt: 1,
    attemptId: 'a',
    stage: 'infer',
    progress: 0.1,
  });
  expect(verdict).toBe('stop');
});

test('a canceled job cannot be claimed', async () => {
  const request = jobRequest();
  await bench.live.records.accept(request);
  expect(await bench.live.records.requestCancel(request)).toBe('waiting');
  expect(await bench.live.waiting.position(request)).toBeUndefined();
  expect(await bench.live.records.claim(claimOf(request.jobId, 1, 'a'), 'w')).toBe('canceled');
});

test('of two attempts that commit at once one wins, and the record says what its manifest says', async () => {
  const request = jobRequest();
  await bench.live.records.accept(request);
  const problem = { code: 'inference-failed', detail: 'd', retry: 'later', fields: {} } as const;
  const rivals: Manifest[] = [
    failedManifest(request, 'one', software, problem),
    canceledManifest(request, 'two', software),
  ];
  const ends = await Promise.all(rivals.map((manifest) => bench.jobs.commit(manifest)));
  expect(ends.filter(({ won }) => won)).toHaveLength(1);
  const standing = await bench.jobs.manifest(request.jobId);
  const same = { attemptId: standing?.attemptId };
  expect(ends.map((end) => end.standing)).toMatchObject([same, same]);
  expect((await bench.live.records.get(request.jobId))?.status).toBe(standing?.status);
});

test('a finished job says so in its events, and keeps nothing of the attempt', async () => {
  const request = jobRequest();
  await bench.live.records.accept(request);
  await bench.live.records.claim(claimOf(request.jobId, 1, 'a'), 'w');
  await bench.jobs.endCanceled(request, 'a');
  const events = await bench.live.events.read(request.jobId);
  expect(events.map(({ event }) => event.status)).toEqual(['waiting', 'running', 'canceled']);
  expect(await bench.live.events.read(request.jobId, events[1]?.id)).toHaveLength(1);
  const record = await bench.live.records.get(request.jobId);
  expect(record?.attemptId).toBeUndefined();
  expect(await bench.redis.pttl(bench.keys.job(request.jobId))).toBeGreaterThan(0);
});

test('the record of a later run replaces that of an ended one', async () => {
  const request = jobRequest();
  await bench.live.records.accept(request);
  await bench.jobs.endCanceled(request, 'a');
  expect(await bench.live.records.accept({ ...request, run: 2 })).toBe(true);
  expect(await bench.live.records.get(request.jobId)).toMatchObject({ status: 'waiting', run: 2 });
  expect(await bench.redis.pttl(bench.keys.job(request.jobId))).toBe(-1);
});

test('jobs of one millisecond are each listed once, however the pages fall, also behind one that is gone', async () => {
  const { records } = bench.live;
  const createdAt = new Date().toISOString();
  const ids = Array.from({ length: 5 }, () => jobRequest({ tenant: 'lister', createdAt }));
  for (const request of ids) await records.accept(request);
  const wanted = ids.map(({ jobId }) => jobId).sort();
  const listed: string[] = [];
  for (let page = await records.list('lister', 2); page.length > 0;) {
    listed.push(...page.map(({ jobId }) => jobId));
    page = await records.list('lister', 2, page.at(-1));
  }
  expect(listed.sort()).toEqual(wanted);
  const [gone] = await records.list('lister', 1);
  await records.forget('lister', [String(gone?.jobId)]);
  expect(await records.list('lister', 10, gone)).toHaveLength(4);
});
