import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { writeSlowPack } from './support/slow-pack.js';
import { BatchFailures } from '@parse3d/contract';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

let packs: ScratchFolder;
let stack: Stack;
let large: string;
let small: string;
beforeAll(async () => {
  packs = await scratchFolder('packs');
  await writeSlowPack(packs.path, 'hungry', { tile: 512, layers: 8 });
  await writeSlowPack(packs.path, 'silent', { tile: 512, layers: 40 });
  stack = await startStack({
    packs: [packs.path],
    env: {
      PARSE3D_CHILD_MEMORY: '420MiB',
      PARSE3D_CHILD_STALL: '3s',
      PARSE3D_MAX_VOXELS: '8000000',
      PARSE3D_MAX_VOLUME_BYTES: '16MiB',
    },
  });
  large = await stack.api.upload(await phantomCtFile([160, 160, 160]));
  small = await stack.api.upload(await phantomCtFile([80, 80, 80]));
});
afterAll(async () => {
  await stack.stop();
  await packs.remove();
  await assertNothingLeaks();
});

test('a job that needs more memory than a child may use ends with that reason, and is not tried again', async () => {
  const job = await stack.api.submit({ input: { uri: large }, prompts: ['target'], pack: 'hungry' });
  const ended = await stack.api.ended(job.id);
  expect(ended).toMatchObject({ status: 'failed', attempt: 1, problem: { code: 'memory-cap', retry: 'never' } });
});

test('a silent computing process is replaced; after three silent attempts the job fails with that reason', async () => {
  const job = await stack.api.submit({ input: { uri: small }, prompts: ['target'], pack: 'silent' });
  const ended = await stack.api.ended(job.id);
  expect(ended).toMatchObject({ status: 'failed', attempt: 3, problem: { code: 'child-stalled', retry: 'later' } });
  // A failed job can be run again, as a run of its own.
  expect(await stack.api.send('POST', `/v1/jobs/${job.id}/retry`)).toMatchObject({ status: 202, json: { run: 2 } });
  await stack.api.send('DELETE', `/v1/jobs/${job.id}`);
  expect(await stack.api.ended(job.id)).toMatchObject({ status: 'canceled', run: 2 });
});

test('a volume beyond the limit is refused before anything is queued', async () => {
  const answer = await stack.api.tryUpload(await phantomCtFile([256, 256, 128]));
  expect(answer).toMatchObject({
    status: 422,
    json: { type: '/problems/volume-too-large', shape: [256, 256, 128], limit: 8_000_000 },
  });
});

test('a volume of a batch that is beyond the limit is not fetched, and its item fails with that reason', async () => {
  const { primary } = stack.stores;
  const key = 'uploads/default/large/volume.nii';
  await primary.write(key, Buffer.alloc(17 * 1024 * 1024));
  const items = [{ uri: `${primary.scheme}://${primary.bucket}/${key}` }];
  const body = { prompts: ['target'], pack: 'hungry', source: { kind: 'items', items } };
  const { json } = await stack.api.send('POST', '/v1/batches', body);
  const { id } = await stack.api.batchEnded(String(json['id']));
  const { groups } = BatchFailures.parse((await stack.api.send('GET', `/v1/batches/${id}/failures`)).json);
  expect(groups).toMatchObject([{ code: 'volume-too-large', count: 1 }]);
});
