import { cp, mkdir, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ServiceStatus } from '@parse3d/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertNothingLeaks, eventually, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { mountSmallDisk, type SmallDisk } from './support/small-disk.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

const CT_TISSUE = resolve(import.meta.dirname, '../packs/ct-tissue');

let folder: ScratchFolder;
let stack: Stack;
let uri: string;
let disk: SmallDisk | undefined;

beforeAll(async () => {
  folder = await scratchFolder('place');
  await cp(CT_TISSUE, join(folder.path, 'packs', 'ct-tissue'), { recursive: true });
  const scratch = join(folder.path, 'scratch');
  await mkdir(scratch);
  disk = mountSmallDisk(scratch, '16k');
  stack = await startStack({
    workers: 0,
    env: {
      PARSE3D_PACKS: join(folder.path, 'packs'),
      PARSE3D_SCRATCH: scratch,
      // Every job starts a computing process, which reads the packs.
      PARSE3D_CHILD_JOBS: '1',
    },
  });
  uri = await stack.api.upload(await phantomCtFile([96, 96, 64]));
});
afterAll(async () => {
  await stack.stop();
  disk?.unmount();
  await folder.remove();
  await assertNothingLeaks();
});

const submit = async (): Promise<string> =>
  (await stack.api.submit({ input: { uri }, prompts: ['bone'], pack: 'ct-tissue' })).id;

async function workers(): Promise<ServiceStatus['workers']> {
  const { json } = await stack.api.send('GET', '/v1/status');
  return ServiceStatus.parse(json).workers;
}

test('on a full disk jobs wait without failing, the worker says so, and goes on when there is room', async ({
  skip,
}) => {
  if (disk === undefined) skip('a disk of its own cannot be mounted here');
  await stack.startWorker();
  const ids = [await submit(), await submit(), await submit()];
  await eventually(async () => (await workers())[0]?.troubles.some(({ code }) => code === 'disk-full') === true, {
    what: 'the worker to say that its disk is full',
  });
  expect((await workers())[0]?.packs).toEqual([]);
  for (const id of ids) expect((await stack.api.job(id)).status).toBe('waiting');
  disk?.resize('512m');
  for (const id of ids) expect(await stack.api.ended(id)).toMatchObject({ status: 'completed' });
  await eventually(async () => (await workers())[0]?.troubles.length === 0, { what: 'the worker to be well' });
});

test('while a file of the pack is away its jobs wait, and the pack is not announced; they run when it is back', async () => {
  if (stack.workers.length === 0) await stack.startWorker();
  const model = join(folder.path, 'packs', 'ct-tissue', 'model.onnx');
  await stack.api.ended(await submit());
  await rename(model, `${model}.away`);
  const ids = [await submit(), await submit(), await submit(), await submit()];
  await eventually(async () => (await workers())[0]?.troubles.some(({ part }) => part === 'pack:ct-tissue') === true, {
    what: 'the worker to say that its pack is away',
  });
  expect((await workers())[0]?.packs).toEqual([]);
  await rename(`${model}.away`, model);
  for (const id of ids) expect(await stack.api.ended(id)).toMatchObject({ status: 'completed' });
  await eventually(async () => (await workers())[0]?.packs.includes('ct-tissue') === true, {
    what: 'the pack to be announced again',
  });
});

test('a worker that starts while a file of its only pack is away waits for it, and takes jobs when it is back', async () => {
  const model = join(folder.path, 'packs', 'ct-tissue', 'model.onnx');
  await rename(model, `${model}.away`);
  for (const worker of stack.workers) await worker.stop();
  await stack.startWorker();
  const id = await submit();
  await eventually(async () => (await workers()).some(({ troubles }) => troubles[0]?.part === 'pack:ct-tissue'), {
    what: 'the worker to say that its pack is away',
  });
  expect((await workers()).flatMap(({ packs }) => packs)).toEqual([]);
  await rename(`${model}.away`, model);
  // Whether it was handed back meanwhile, which counts as an attempt begun, depends on who came first.
  expect(await stack.api.ended(id)).toMatchObject({ status: 'completed' });
});
