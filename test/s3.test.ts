import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchJobId, blobKeys } from '@parse3d/contract';
import { writeJson } from '@parse3d/storage';
import {
  assertNothingLeaks,
  eventually,
  FaultyProxy,
  startRadosgw,
  whyNoRadosgw,
  type TestRadosgw,
} from '@parse3d/testing';
import { z } from 'zod';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

const reason = whyNoRadosgw();
const onS3 = reason === undefined || process.env['CI'] !== undefined ? test : test.skip;
const why = reason === undefined ? '' : ` (skipped: ${reason})`;

let gateway: TestRadosgw | undefined;
/** On the way of the services to the store; without faults but where a test wants some. */
let proxy: FaultyProxy | undefined;
let stack: Stack | undefined;
beforeAll(async () => {
  if (reason !== undefined && process.env['CI'] === undefined) return;
  gateway = await startRadosgw();
  await gateway.createBucket('scans');
  proxy = await FaultyProxy.start(gateway.endpoint);
  stack = await startStack({
    env: {
      PARSE3D_STORAGE: 's3',
      PARSE3D_S3_ENDPOINT: proxy.url,
      PARSE3D_S3_IDLE_TIMEOUT: '1s',
      PARSE3D_S3_REGION: gateway.region,
      PARSE3D_S3_ACCESS_KEY_ID: gateway.accessKeyId,
      PARSE3D_S3_SECRET_ACCESS_KEY: gateway.secretAccessKey,
      PARSE3D_REDIRECT_DOWNLOADS: 'true',
    },
  });
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await proxy?.stop();
  await gateway?.stop();
  await assertNothingLeaks();
});

function running(): Stack {
  if (stack === undefined) throw new Error('the stack did not start');
  return stack;
}

onS3(`a volume in a bucket becomes masks in the service’s bucket, and downloads go to the store${why}`, async () => {
  const { stores, client } = running();
  const scans = stores.bucket('s3', 'scans');
  await scans.write('study-1/ct.nii.gz', await phantomCtFile());
  const api = await client({ inputs: ['s3://scans/study-1/'] });
  const job = await api.submit({ input: { uri: 's3://scans/study-1/ct.nii.gz' }, prompts: ['bone', 'lung'] });
  const done = await api.ended(job.id);
  expect(done).toMatchObject({ status: 'completed' });

  const direct = await api.fetch(`/v1/jobs/${job.id}/outputs/labels.nii.gz`, { redirect: 'manual' });
  expect(direct.status).toBe(307);
  const url = direct.headers.get('location') ?? '';
  expect(url).toContain('X-Amz-Signature');
  // The URL works without our key: that is what makes it a capability, and why it is short-lived and never logged.
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  expect(bytes.length).toBe(done.outputs?.find(({ name }) => name === 'labels.nii.gz')?.bytes);
});

onS3(
  `a store that fails right after a job was committed takes nothing of its result, and leaves nothing else${why}`,
  async () => {
    const { api, stores } = running();
    const uri = await api.upload(await phantomCtFile());
    // Every try of the listing that looks for leftovers of other attempts.
    proxy?.inject({ request: /list-type=2\S*prefix=results/, after: { requestBytes: 0 }, how: 'refuse', times: 3 });
    const answer = await api.send('POST', '/v1/batches', {
      source: { kind: 'items', items: [{ uri }] },
      prompts: ['bone'],
    });
    const batchId = z.string().parse(answer.json['id']);
    await eventually(async () => (await api.send('GET', `/v1/batches/${batchId}`)).json['finishedAt'] !== undefined, {
      what: 'the batch to end',
    });
    expect(proxy?.hits).toBe(3);
    const manifest = await api.manifest(batchJobId(batchId, 0));
    if (manifest.status !== 'completed') throw new Error(`the job is ${manifest.status}`);
    const keys = (await stores.primary.list({ prefix: blobKeys.jobPrefix(manifest.jobId) })).blobs.map(
      ({ key }) => key,
    );
    const expected = [blobKeys.manifest(manifest.jobId, 1), ...manifest.outputs.map(({ key }) => key)];
    expect(keys.sort()).toEqual(expected.sort());
  },
);

onS3(`a volume whose store hangs in its middle is read to its end over another connection${why}`, async () => {
  const { api } = running();
  const uri = await api.upload(await phantomCtFile([96, 96, 48]));
  // Both for the look at the header when the job is accepted, and for the worker.
  proxy?.inject({ request: /^GET \S*uploads/, after: { answerBytes: 2_000 }, how: 'stall', times: 3 });
  const job = await api.submit({ input: { uri }, prompts: ['bone'] });
  expect(await api.ended(job.id)).toMatchObject({ status: 'completed', attempt: 1 });
  expect(proxy?.hits).toBe(3);
});

onS3(`a volume that is replaced after the job was accepted is not segmented${why}`, async () => {
  const { stores, client, workers, startWorker } = running();
  const scans = stores.bucket('s3', 'scans');
  await scans.write('study-2/ct.nii.gz', await phantomCtFile());
  const api = await client({ inputs: ['s3://scans/study-2/'] });
  await Promise.all(workers.map((worker) => worker.stop()));
  const job = await api.submit({ input: { uri: 's3://scans/study-2/ct.nii.gz' }, prompts: ['bone'] });
  await scans.write('study-2/ct.nii.gz', await phantomCtFile([32, 32, 16]));
  await startWorker();
  expect(await api.ended(job.id)).toMatchObject({ status: 'failed', attempt: 1, problem: { code: 'volume-changed' } });
});

onS3(`a key of one study reads nothing of another${why}`, async () => {
  const { stores, client } = running();
  await writeJson(stores.bucket('s3', 'scans'), 'study-10/ct.nii.gz', {});
  const api = await client({ inputs: ['s3://scans/study-1'] });
  const answer = await api.send('POST', '/v1/jobs', {
    input: { uri: 's3://scans/study-10/ct.nii.gz' },
    prompts: ['bone'],
  });
  expect(answer).toMatchObject({ status: 403, json: { type: '/problems/input-not-allowed' } });
});
