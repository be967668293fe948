import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { JobPage, type JobView, RefusalList, RuleView } from '@parse3d/contract';
import type { BlobStore } from '@parse3d/storage';
import { assertNothingLeaks, eventually, startRadosgw, whyNoRadosgw, type TestRadosgw } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Api } from './support/api.js';
import { startFlakyProxy, type FlakyProxy } from './support/flaky-proxy.js';
import { minioEvent } from './support/minio-event.js';
import { pushNotifications } from './support/rgw-topic.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

const reason = whyNoRadosgw();
const withS3 = reason === undefined || process.env['CI'] !== undefined;
const onS3 = withS3 ? test : test.skip;
const why = withS3 ? '' : ` (skipped: ${reason})`;

/** Objects put into the bucket that radosgw watches: `npm run journey:storage-events` puts more. */
const OBJECTS = Number(process.env['PARSE3D_TEST_OBJECTS'] ?? 60);

const TOKEN = 'token-of-the-storage-events';
const job = { prompts: ['bone'], outputs: { preview: false } };

let stack: Stack;
let api: Api;
let inbox: BlobStore;
let good: Buffer;
let gateway: TestRadosgw | undefined;
let proxy: FlakyProxy | undefined;
beforeAll(async () => {
  good = await phantomCtFile([12, 10, 8]);
  if (withS3) {
    // radosgw needs half a minute until it sends its first event; the tests of folders pass the time.
    [gateway, proxy] = await Promise.all([startRadosgw(), startFlakyProxy()]);
    await gateway.createBucket('scans');
    await pushNotifications(gateway, 'scans', `${proxy.url}/v1/events/storage?token=${TOKEN}`);
  }
  stack = await startStack({ env: { PARSE3D_EVENTS_TOKEN: TOKEN, PARSE3D_RULES_SWEEP_EVERY: '1s' } });
  api = await stack.client({ inputs: ['local://inbox/'] });
  inbox = stack.stores.bucket('local', 'inbox');
}, 120_000);
afterAll(async () => {
  await stack.stop();
  await gateway?.stop();
  await proxy?.stop();
  await assertNothingLeaks();
});

async function rule(body: object, as = api): Promise<RuleView> {
  const answer = await as.send('POST', '/v1/rules', { bucket: 'local://inbox/', job, ...body });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.json));
  return RuleView.parse(answer.json);
}

/** Every job of the tenant whose input begins so. */
async function jobsOn(prefix: string, as = api): Promise<JobView[]> {
  const jobs: JobView[] = [];
  for (let query = ''; ;) {
    const page = JobPage.parse((await as.send('GET', `/v1/jobs?limit=200${query}`)).json);
    jobs.push(...page.jobs.filter(({ input }) => input.uri.startsWith(prefix)));
    if (page.next === undefined) return jobs;
    query = `&cursor=${page.next}`;
  }
}

const refusals = async ({ id }: RuleView) =>
  RefusalList.parse((await api.send('GET', `/v1/rules/${id}/refusals`)).json).refusals;

async function tell(body: unknown, headers: Record<string, string> = { Authorization: `Bearer ${TOKEN}` }) {
  const response = await fetch(`${api.url}/v1/events/storage`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

test('a volume dropped into a watched folder becomes one job, whatever its date', async () => {
  await inbox.write('drop/before.nii.gz', good);
  const old = join(stack.env['PARSE3D_STORAGE_ROOT'] ?? '', 'inbox/drop/before.nii.gz');
  await utimes(old, 1_000_000, 1_000_000);
  const watch = await rule({ prefix: 'drop/' });
  await inbox.write('drop/day 1/ct.nii.gz', good);
  await inbox.write('drop/notes.txt', Buffer.from('x'));
  const [first] = await eventually(
    async () => {
      const jobs = await jobsOn('local://inbox/drop/');
      return jobs.length > 0 && jobs;
    },
    { what: 'the job of the file' },
  );
  expect(await api.ended(first?.id ?? '')).toMatchObject({
    status: 'completed',
    lane: 'batch',
    input: { uri: 'local://inbox/drop/day 1/ct.nii.gz' },
  });

  // A move keeps the date of the file, so that no date tells what is new.
  await inbox.write('drop/moved.nii', Buffer.alloc(1_000, 'no volume '));
  const moved = join(stack.env['PARSE3D_STORAGE_ROOT'] ?? '', 'inbox/drop/moved.nii');
  await utimes(moved, 1_000_000, 1_000_000);
  const [refused] = await eventually(
    async () => {
      const list = await refusals(watch);
      return list.length > 0 && list;
    },
    { what: 'the refusal' },
  );
  expect(refused).toMatchObject({ uri: 'local://inbox/drop/moved.nii', code: 'nifti-not-nifti' });

  // A new version is a new job; several listings have passed by now and started nothing twice.
  await inbox.write('drop/day 1/ct.nii.gz', await phantomCtFile([10, 10, 8]));
  await eventually(async () => (await jobsOn('local://inbox/drop/')).length === 2, { what: 'the second version' });
  expect(await refusals(watch)).toHaveLength(1);
});

test('events of one version start one job, in whatever form, number and order they come', async () => {
  await rule({ prefix: 'told/' });
  await inbox.write('told/a b+c.nii.gz', good);
  expect(await tell(minioEvent('told/a b+c.nii.gz'))).toMatchObject({ status: 200, json: { started: 1 } });
  const eventBridge = {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: { bucket: { name: 'inbox' }, object: { key: 'told/a b+c.nii.gz', etag: 'older', sequencer: '00' } },
  };
  const token = { 'X-Parse3d-Token': TOKEN };
  expect(await tell(eventBridge, token)).toMatchObject({ status: 200, json: { started: 0, repeated: 1 } });
  const again = await Promise.all(Array.from({ length: 5 }, () => tell(minioEvent('told/a b+c.nii.gz'))));
  expect(again.map(({ json }) => json['repeated'])).toEqual([1, 1, 1, 1, 1]);
  await inbox.write('told/new.nii.gz', good);
  const together = await Promise.all(Array.from({ length: 5 }, () => tell(minioEvent('told/new.nii.gz'))));
  expect(together.filter(({ json }) => json['started'] === 1)).toHaveLength(1);
  expect(await jobsOn('local://inbox/told/')).toHaveLength(2);
});

test('removals, folder markers, other names, what is gone and what the service wrote itself make no job', async () => {
  await rule({ prefix: 'quiet/' });
  await inbox.write('quiet/notes.txt', Buffer.from('x'));
  const own = (await stack.stores.primary.list({ prefix: 'results/' })).blobs.find(({ key }) =>
    key.endsWith('.nii.gz'),
  );
  for (const event of [
    minioEvent('quiet/ct.nii.gz', 'inbox', 's3:ObjectRemoved:Delete'),
    minioEvent('quiet/folder.nii/'),
    minioEvent('quiet/notes.txt'),
    minioEvent('quiet/gone.nii.gz'),
    minioEvent('elsewhere/ct.nii.gz'),
    minioEvent(own?.key ?? 'there is none', 'parse3d'),
    { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'inbox' },
  ]) {
    const answer = await tell(event);
    expect(answer).toMatchObject({ status: 200, json: { started: 0, repeated: 0, refused: 0 } });
  }
  expect(own).toBeDefined();
  expect(await jobsOn('local://inbox/quiet/')).toEqual([]);
});

test('only who has the token may tell, and what nobody understands is refused', async () => {
  expect(await tell(minioEvent('a.nii'), {})).toMatchObject({ status: 401 });
  expect(await tell(minioEvent('a.nii'), { Authorization: `Bearer ${api.key}` })).toMatchObject({ status: 401 });
  expect(await tell({ hello: 'world' })).toMatchObject({ status: 400, json: { type: '/problems/event-unknown' } });
  const forged = {
    Type: 'Notification',
    MessageId: 'm',
    TopicArn: 'arn:aws:sns:eu-central-1:1:t',
    Message: JSON.stringify(minioEvent('a.nii')),
    Timestamp: '2026-03-01T10:00:00.000Z',
    SignatureVersion: '2',
    Signature: 'AAAA',
    SigningCertURL: 'https://sns.evil.example/cert.pem',
  };
  expect(await tell(forged)).toMatchObject({ status: 403, json: { type: '/problems/event-signature-invalid' } });
  const asks = await fetch(`${api.url}/v1/events/storage?token=${TOKEN}`, {
    method: 'OPTIONS',
    headers: { 'WebHook-Request-Origin': 'eventgrid.azure.net' },
  });
  expect(asks.headers.get('webhook-allowed-origin')).toBe('eventgrid.azure.net');
});

test('a rule reads no more than its key, and is its tenant’s alone', async () => {
  const refusal = (body: object, as = api) => as.send('POST', '/v1/rules', { bucket: 'local://inbox/', job, ...body });
  const narrow = await stack.client({ inputs: ['local://inbox/mine', 'local://inbox/one/ct.nii.gz'] });
  expect(await refusal({ prefix: 'mine' }, narrow)).toMatchObject({ status: 403 });
  expect(await refusal({ prefix: 'one/ct.nii.gz' }, narrow)).toMatchObject({ status: 403 });
  expect(await refusal({ bucket: 'local://parse3d/', prefix: 'results/' })).toMatchObject({ status: 403 });
  expect(await refusal({ job: { prompts: ['unicorn'] } })).toMatchObject({ status: 422 });
  expect(await refusal({ job: { ...job, input: { uri: 'local://inbox/x' } } })).toMatchObject({ status: 400 });

  const mine = await rule({ name: 'mine', prefix: 'mine/' }, narrow);
  const stranger = await stack.client({ tenant: 'stranger', inputs: ['local://inbox/'] });
  for (const method of ['GET', 'DELETE']) {
    expect(await stranger.send(method, `/v1/rules/${mine.id}`)).toMatchObject({ status: 404 });
  }
  expect((await stranger.send('GET', '/v1/rules')).json).toEqual({ rules: [] });
  expect((await narrow.send('GET', '/v1/rules')).json['rules']).toContainEqual(mine);
});

test('a rule that is off takes nothing, and a change of it or its end holds at once', async () => {
  const watch = await rule({ prefix: 'switch/', enabled: false });
  await inbox.write('switch/a.nii.gz', good);
  expect(await tell(minioEvent('switch/a.nii.gz'))).toMatchObject({ json: { ignored: 1 } });
  const on = await api.send('PATCH', `/v1/rules/${watch.id}`, { enabled: true, job: { ...job, prompts: ['fat'] } });
  expect(on).toMatchObject({
    status: 200,
    json: { enabled: true, prefix: 'switch/', job: { prompts: [{ text: 'fat' }] } },
  });
  await inbox.write('switch/b.nii.gz', good);
  expect(await tell(minioEvent('switch/b.nii.gz'))).toMatchObject({ json: { started: 1 } });
  expect((await api.fetch(`/v1/rules/${watch.id}`, { method: 'DELETE' })).status).toBe(204);
  await inbox.write('switch/c.nii.gz', good);
  expect(await tell(minioEvent('switch/c.nii.gz'))).toMatchObject({ json: { ignored: 1 } });
  expect((await jobsOn('local://inbox/switch/')).map(({ input }) => input.uri)).toEqual([
    'local://inbox/switch/b.nii.gz',
  ]);
});

onS3(
  `every object put into a bucket that radosgw watches becomes one job, though answers are lost and the api is replaced${why}`,
  async () => {
    if (gateway === undefined || proxy === undefined) throw new Error('radosgw did not start');
    const s3 = await startStack({
      workers: 0,
      env: {
        PARSE3D_STORAGE: 's3',
        PARSE3D_S3_ENDPOINT: gateway.endpoint,
        PARSE3D_S3_REGION: gateway.region,
        PARSE3D_S3_ACCESS_KEY_ID: gateway.accessKeyId,
        PARSE3D_S3_SECRET_ACCESS_KEY: gateway.secretAccessKey,
        PARSE3D_EVENTS_TOKEN: TOKEN,
        // What the first leader lists at its start is all: the events have to do the rest.
        PARSE3D_RULES_SWEEP_EVERY: '1h',
      },
    });
    try {
      const client = await s3.client({ inputs: ['s3://scans/'] });
      await rule({ bucket: 's3://scans/', prefix: 'new/' }, client);
      proxy.loseAnswers = 2;
      const began = performance.now();
      proxy.target = client.url;
      const { answers } = proxy;
      const scans = s3.stores.bucket('s3', 'scans');
      const keys = Array.from({ length: OBJECTS }, (_, index) => `new/scan ${index}+%20ü.nii.gz`);
      const put = (some: string[]) => Promise.all(some.map((key) => scans.write(key, good)));
      await put(keys.slice(0, OBJECTS / 2));
      await eventually(() => answers.filter((status) => status === 200).length >= 10, {
        what: 'the first events',
        timeoutMs: 60_000,
      });
      proxy.target = undefined;
      await s3.apiService.stop();
      await put(keys.slice(OBJECTS / 2));
      await eventually(() => answers.includes(502), { what: 'an event that nobody took' });
      const second = await s3.startApi();
      const successor = new Api(second.url, client.key);
      proxy.target = second.url;
      await eventually(async () => (await jobsOn('s3://scans/new/', successor)).length >= OBJECTS, {
        what: 'all jobs',
        timeoutMs: 40_000 + 500 * OBJECTS,
      });
      expect(answers.filter((status) => status === 500)).toHaveLength(2);
      // Until radosgw has nothing left to tell.
      await eventually(() => answers.filter((status) => status === 200).length >= OBJECTS, { what: 'the last events' });
      const uris = (await jobsOn('s3://scans/new/', successor)).map(({ input }) => input.uri);
      expect(uris.sort()).toEqual(keys.map((key) => `s3://scans/${key}`).sort());
      if (process.env['PARSE3D_TEST_OBJECTS'] !== undefined) {
        const of = (status: number): number => answers.filter((answer) => answer === status).length;
        const seconds = ((performance.now() - began) / 1_000).toFixed(1);
        process.stdout.write(
          `${keys.length} objects put, ${uris.length} jobs, ${new Set(uris).size} different, in ${seconds} s; ` +
            `answers: ${of(200)} taken, ${of(500)} lost, ${of(502)} without an api, ${of(503)} put off\n`,
        );
      }
    } finally {
      await s3.stop();
    }
  },
  120_000 + 1_000 * OBJECTS,
);

test('without Redis an event is not taken, and it is when it comes again', async () => {
  await rule({ prefix: 'late/' });
  await inbox.write('late/ct.nii.gz', good);
  await stack.redis.kill();
  expect(await tell(minioEvent('late/ct.nii.gz'))).toMatchObject({ status: 503 });
  await stack.redis.restart();
  await eventually(async () => (await tell(minioEvent('late/ct.nii.gz'))).status === 200, { what: 'the event taken' });
  expect(await jobsOn('local://inbox/late/')).toHaveLength(1);
});
