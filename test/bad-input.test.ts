import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { blobKeys, JobRequest } from '@parse3d/contract';
import { writeJson } from '@parse3d/storage';
import { assertNothingLeaks } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { badVolumes, type BadVolume } from './support/bad-volumes.js';
import { childrenOf } from './support/processes.js';
import { startStack, type Stack } from './support/stack.js';

let stack: Stack;
let volumes: BadVolume[];
beforeAll(async () => {
  stack = await startStack({ env: { PARSE3D_RECONCILE_EVERY: '1s' } });
  volumes = await badVolumes();
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

test('a file whose header is wrong is refused at the door with its own problem, and not kept', async () => {
  for (const { what, bytes, code } of volumes.filter(({ seenInHeader }) => seenInHeader)) {
    const answer = await stack.api.tryUpload(bytes);
    expect({ what, status: answer.status, type: answer.json['type'] }).toEqual({
      what,
      status: 422,
      type: `/problems/${code}`,
    });
  }
  expect((await stack.stores.primary.list({ prefix: 'uploads/' })).blobs).toEqual([]);
});

// The api looks at headers only, and files can also reach a worker past it: here every bad file gets there by its
// pending marker alone, as after a loss of Redis.
test('in a worker every bad file costs one attempt and ends with its own problem, in bounded memory', async () => {
  const { primary } = stack.stores;
  const jobs: { jobId: string; what: string; code: string }[] = [];
  for (const { what, bytes, code } of volumes) {
    const jobId = randomUUID();
    const key = blobKeys.upload('default', randomUUID(), 'volume.nii');
    const { etag } = await primary.write(key, bytes);
    const request = JobRequest.parse({
      jobId,
      run: 1,
      tenant: 'default',
      input: { uri: `local://${primary.bucket}/${key}`, etag, bytes: bytes.length },
      prompts: [{ text: 'bone', label: 1 }],
      pack: { id: 'ct-tissue', version: await packVersion() },
      modality: 'ct',
      outputs: {},
      options: {},
      lane: 'interactive',
      metadata: {},
      createdAt: new Date().toISOString(),
      requestSha256: '',
    });
    await writeJson(primary, blobKeys.pending(jobId, 1), request);
    jobs.push({ jobId, what, code });
  }
  for (const { jobId, what, code } of jobs) {
    const ended = await stack.api.ended(jobId);
    expect({ what, status: ended.status, code: ended.problem?.code, attempt: ended.attempt }).toEqual({
      what,
      status: 'failed',
      code,
      attempt: 1,
    });
    expect(await stack.api.manifest(jobId)).toMatchObject({ status: 'failed', problem: { code, retry: 'never' } });
  }
  const [child] = await childrenOf(stack.workers[0]?.pid ?? 0);
  const status = await readFile(`/proc/${child ?? 0}/status`, 'utf8');
  const peakMiB = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  // The process itself takes most of this; the bomb would be 512 MiB more, the forged size 61 TiB.
  expect(peakMiB).toBeLessThan(400);
});

async function packVersion(): Promise<string> {
  const { json } = await stack.api.send('GET', '/v1/packs');
  const packs = json['packs'] as { id: string; version: string }[];
  return packs.find(({ id }) => id === 'ct-tissue')?.version ?? '';
}
