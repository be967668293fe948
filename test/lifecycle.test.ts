import { afterAll, beforeAll, expect, test } from 'vitest';
import { readdir } from 'node:fs/promises';
import { assertNothingLeaks, eventually, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { childrenOf, isRunning } from './support/processes.js';
import { writeSlowPack } from './support/slow-pack.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

// `steps`: many short runs with progress; `block`: one long run that blocks the computing process.
let packs: ScratchFolder;
let stack: Stack;
let uri: string;
beforeAll(async () => {
  packs = await scratchFolder('packs');
  await writeSlowPack(packs.path, 'steps', { tile: 16, layers: 4 });
  await writeSlowPack(packs.path, 'block', { tile: 512, layers: 24 });
  stack = await startStack({ packs: [packs.path], env: { PARSE3D_CHILD_GRACE: '500ms' } });
  uri = await stack.api.upload(await phantomCtFile([96, 96, 96]));
});
afterAll(async () => {
  await stack.stop();
  await packs.remove();
  await assertNothingLeaks();
});

const submit = (pack: string, more: object = {}) =>
  stack.api.submit({ input: { uri }, prompts: ['target'], pack, ...more });

const inferring = (id: string) =>
  eventually(async () => (await stack.api.job(id)).stage === 'infer', { what: 'the job to infer', timeoutMs: 30_000 });

test('a running job shows its progress and stops soon after it is canceled', async () => {
  const job = await submit('steps');
  await eventually(async () => ((await stack.api.job(job.id)).progress ?? 0) > 0.2, { what: 'progress' });
  const running = await stack.api.job(job.id);
  expect(running).toMatchObject({ status: 'running', attempt: 1, stage: 'infer' });
  const answer = await stack.api.send('DELETE', `/v1/jobs/${job.id}`);
  expect(answer.status).toBe(202);
  const ended = await stack.api.ended(job.id, 10_000);
  expect(ended.status).toBe('canceled');
  expect((await stack.api.manifest(job.id)).status).toBe('canceled');
  expect(await readdir(stack.scratch)).toEqual([]);
  // Canceling once more is not an error; running it again is a new run.
  expect((await stack.api.send('DELETE', `/v1/jobs/${job.id}`)).status).toBe(202);
});

test('a job that blocks its computing process is canceled by killing that process, and the next job gets a new one', async () => {
  const worker = stack.workers[0]?.pid ?? 0;
  const job = await submit('block');
  await inferring(job.id);
  const [before] = await childrenOf(worker);
  await stack.api.send('DELETE', `/v1/jobs/${job.id}`);
  expect((await stack.api.ended(job.id, 10_000)).status).toBe('canceled');
  expect(await isRunning(before ?? 0)).toBe(false);
  const next = await stack.api.submit({ input: { uri }, prompts: ['bone'], pack: 'ct-tissue' });
  expect((await stack.api.ended(next.id)).status).toBe('completed');
});

test('waiting jobs are canceled at once, and a canceled job can be run again', async () => {
  const first = await submit('steps');
  const waiting = [await submit('steps'), await submit('steps'), await submit('steps'), await submit('steps')];
  await inferring(first.id);
  for (const job of waiting) await stack.api.send('DELETE', `/v1/jobs/${job.id}`);
  await stack.api.send('DELETE', `/v1/jobs/${first.id}`);
  for (const job of [first, ...waiting]) expect((await stack.api.ended(job.id, 10_000)).status).toBe('canceled');

  const [again] = waiting;
  if (again === undefined) throw new Error('no job');
  const answer = await stack.api.send('POST', `/v1/jobs/${again.id}/retry`);
  expect(answer).toMatchObject({ status: 202, json: { id: again.id, run: 2 } });
  await eventually(async () => (await stack.api.job(again.id)).status === 'running', { what: 'the second run' });
  await stack.api.send('DELETE', `/v1/jobs/${again.id}`);
  expect(await stack.api.ended(again.id, 10_000)).toMatchObject({ status: 'canceled', run: 2 });
  expect((await stack.stores.primary.list({ prefix: 'pending/' })).blobs).toEqual([]);
});

test('while one job is computed the next volume is already on the worker’s disk', async () => {
  const first = await submit('steps');
  await inferring(first.id);
  const second = await submit('steps');
  await eventually(
    async () => {
      const [one, two] = await Promise.all([stack.api.job(first.id), stack.api.job(second.id)]);
      // Folders of two attempts, and the second volume whole, while the first job still computes.
      const folders = await readdir(stack.scratch);
      return one.stage === 'infer' && two.status === 'running' && folders.length === 2;
    },
    { what: 'the second volume to be fetched' },
  );
  for (const job of [first, second]) await stack.api.send('DELETE', `/v1/jobs/${job.id}`);
  for (const job of [first, second]) await stack.api.ended(job.id, 10_000);
});

test('a deadline ends a job after one attempt', async () => {
  const job = await submit('block', { options: { deadlineSeconds: 1 } });
  const ended = await stack.api.ended(job.id);
  expect(ended).toMatchObject({ status: 'failed', attempt: 1, problem: { code: 'deadline-exceeded', retry: 'never' } });
});

test('a completed job is neither canceled nor run again', async () => {
  const job = await stack.api.submit({ input: { uri }, prompts: ['bone'], pack: 'ct-tissue' });
  await stack.api.ended(job.id);
  for (const [method, path] of [
    ['DELETE', ''],
    ['POST', '/retry'],
  ] as const) {
    expect(await stack.api.send(method, `/v1/jobs/${job.id}${path}`)).toMatchObject({
      status: 409,
      json: { type: '/problems/state-conflict' },
    });
  }
});
