import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JobPage } from '@parse3d/contract';
import { parseNiftiHeader } from '@parse3d/volume/formats';
import { assertNothingLeaks } from '@parse3d/testing';
import { startStack, type Stack } from './support/stack.js';
import { phantomCt, phantomCtFile } from './support/volumes.js';

let stack: Stack;
let uri: string;
let file: Buffer;
beforeAll(async () => {
  stack = await startStack();
  file = await phantomCtFile();
  uri = await stack.api.upload(file);
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

test('a volume goes in over HTTP and comes back as masks on its own grid', async () => {
  const job = await stack.api.submit({
    input: { uri },
    prompts: ['bone', { text: 'the lungs in chest CT', label: 7 }],
    outputs: { masks: true, probabilities: 'uint8' },
    metadata: { study: 'phantom' },
  });
  expect(job).toMatchObject({ pack: { id: 'ct-tissue' }, modality: 'ct', metadata: { study: 'phantom' } });
  const done = await stack.api.ended(job.id);
  expect(done.problem).toBeUndefined();
  expect(done.status).toBe('completed');
  expect(done.outputs?.map(({ name }) => name).sort()).toEqual(
    [
      'findings.csv',
      'labels.json',
      'labels.nii.gz',
      'labels.txt',
      'mask-1.nii.gz',
      'mask-7.nii.gz',
      'preview.png',
      'prob-1.nii.gz',
      'prob-7.nii.gz',
    ].sort(),
  );

  const input = gunzipSync(file);
  const labels = gunzipSync(await stack.api.output(job.id, 'labels.nii.gz'));
  const header = parseNiftiHeader(labels);
  expect(header.space).toEqual(parseNiftiHeader(input).space);
  const voxels = labels.subarray(header.voxelOffset);
  // The ranges of the pack are published numbers, so that the answer is known for every voxel of the phantom.
  const expected = Uint8Array.from(phantomCt(), (hounsfield) => (hounsfield === 700 ? 1 : hounsfield === -750 ? 7 : 0));
  expect(Buffer.compare(voxels, Buffer.from(expected))).toBe(0);

  const manifest = await stack.api.manifest(job.id);
  if (manifest.status !== 'completed') throw new Error(manifest.status);
  const count = (label: number): number => expected.reduce((sum, value) => sum + (value === label ? 1 : 0), 0);
  expect(manifest.findings).toMatchObject([
    { label: 1, prompt: 'bone', verdict: 'present', voxels: count(1) },
    { label: 7, prompt: 'the lungs in chest CT', verdict: 'present', voxels: count(7) },
  ]);
  const inside = (hounsfield: number) => ({ mean: hounsfield, sd: 0, median: hounsfield, unit: 'HU' });
  expect(manifest.findings.map(({ measures }) => measures?.intensity)).toMatchObject([inside(700), inside(-750)]);
  const table = (await stack.api.output(job.id, 'findings.csv')).toString().split('\n');
  expect(table.slice(1, 3).map((row) => row.split(',').slice(0, 6))).toEqual([
    ['1', 'bone', 'present', 'true', '', String(count(1))],
    ['7', 'the lungs in chest CT', 'present', 'true', '', String(count(7))],
  ]);
  expect(manifest.input.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(manifest.notice).toContain('research use only');
  expect(Object.keys(manifest.timingsMs)).toEqual(expect.arrayContaining(['fetch', 'infer', 'upload']));
  expect((await stack.api.output(job.id, 'preview.png')).subarray(1, 4).toString()).toBe('PNG');
});

test('the pending marker is gone and nothing but the committed attempt is left', async () => {
  const job = await stack.api.submit({ input: { uri }, prompts: ['fat'] });
  await stack.api.ended(job.id);
  const { primary } = stack.stores;
  expect((await primary.list({ prefix: 'pending/' })).blobs).toEqual([]);
  const manifest = await stack.api.manifest(job.id);
  const keys = (await primary.list({ prefix: `results/${job.id}/` })).blobs.map(({ key }) => key);
  const referred = manifest.status === 'completed' ? manifest.outputs.map(({ key }) => key) : [];
  expect(keys.sort()).toEqual([...referred, `results/${job.id}/1/manifest.json`].sort());
});

test('a download is served in ranges and not again to who has it', async () => {
  const job = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  await stack.api.ended(job.id);
  const path = `/v1/jobs/${job.id}/outputs/labels.nii.gz`;
  const whole = await stack.api.output(job.id, 'labels.nii.gz');
  const part = await stack.api.fetch(path, { headers: { Range: 'bytes=10-19' } });
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe(`bytes 10-19/${whole.length}`);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(10, 20));
  const beyond = await stack.api.fetch(path, { headers: { Range: `bytes=${whole.length}-` } });
  expect(beyond.status).toBe(416);
  const again = await stack.api.fetch(path, {
    headers: { 'If-None-Match': part.headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' },
  });
  expect(again.status).toBe(304);
  const unknown = await stack.api.send('GET', `/v1/jobs/${job.id}/outputs/other.nii.gz`);
  expect(unknown).toMatchObject({ status: 404, json: { type: '/problems/not-found' } });
});

test('a repeated request under one idempotency key finds its job, before and after its end', async () => {
  const body = { input: { uri }, prompts: ['bone'] };
  const key = { 'Idempotency-Key': 'scan-0001' };
  const [one, two] = await Promise.all([stack.api.submit(body, key), stack.api.submit(body, key)]);
  expect(two.id).toBe(one.id);
  await stack.api.ended(one.id);
  // Even when Redis has forgotten the job.
  const { Redis } = await import('ioredis');
  const redis = new Redis(stack.redis.url);
  await redis.del(`parse3d:job:${one.id}`);
  redis.disconnect();
  const again = await stack.api.submit(body, key);
  expect(again).toMatchObject({ id: one.id, status: 'completed', run: 1 });
  const other = await stack.api.send('POST', '/v1/jobs', { input: { uri }, prompts: ['fat'] }, key);
  expect(other).toMatchObject({ status: 409, json: { type: '/problems/idempotency-conflict', jobId: one.id } });
  const stranger = await stack.client({ tenant: 'other', inputs: [uri] });
  const foreign = await stranger.submit(body, key);
  expect(foreign.id).not.toBe(one.id);
});

test('a list of jobs is paged, newest first, and filtered by state, words, tag, pack, volume and time', async () => {
  const client = await stack.client({ tenant: 'lister', inputs: [uri] });
  const ids: string[] = [];
  for (const prompt of ['bone', 'fat', 'air']) {
    const named = prompt === 'fat' ? { title: 'Pilot 3', tags: ['baseline', 'baseline', 'lab'] } : {};
    ids.push((await client.submit({ input: { uri }, prompts: [prompt], ...named })).id);
  }
  for (const id of ids) await client.ended(id);
  const first = await client.send('GET', '/v1/jobs?limit=2');
  expect(first.json).toMatchObject({ jobs: [{ id: ids[2] }, { id: ids[1] }] });
  const second = await client.send('GET', `/v1/jobs?limit=2&cursor=${String(first.json['next'])}`);
  expect(second.json).toMatchObject({ jobs: [{ id: ids[0] }] });
  expect((await client.send('GET', '/v1/jobs?status=failed')).json).toEqual({ jobs: [] });
  // Titles, tags, words and times, together with the pages.
  const listed = async (query: string): Promise<unknown[]> => {
    const { jobs } = JobPage.parse((await client.send('GET', `/v1/jobs?${query}`)).json);
    return jobs.map(({ id }) => ids.indexOf(id));
  };
  expect(await client.job(ids[1] ?? '')).toMatchObject({ title: 'Pilot 3', tags: ['baseline', 'lab'] });
  expect(await client.manifest(ids[1] ?? '')).toMatchObject({ title: 'Pilot 3', tags: ['baseline', 'lab'] });
  expect(await listed('q=PILOT')).toEqual([1]);
  expect(await listed('q=tissue&limit=2')).toEqual([2, 1]);
  expect(await listed(`q=tissue&limit=2&cursor=${String(first.json['next'])}`)).toEqual([0]);
  expect(await listed('tag=lab&pack=ct-tissue')).toEqual([1]);
  const { createdAt } = await client.job(ids[1] ?? '');
  expect(await listed(`since=${createdAt}`)).toEqual([2, 1]);
  expect(await listed(`before=${createdAt}`)).toEqual([0]);
  expect(await listed(`input=${encodeURIComponent(uri)}`)).toEqual([2, 1, 0]);
  const control = { input: { uri }, prompts: ['bone'], title: 'two\nlines' };
  expect(await client.send('POST', '/v1/jobs', control)).toMatchObject({ status: 400 });
});

test('another tenant’s job is as unknown as one that does not exist', async () => {
  const job = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  const stranger = await stack.client({ tenant: 'stranger' });
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/retry'],
    ['GET', '/outputs/manifest.json'],
    ['GET', '/events'],
  ] as const) {
    const answer = await stranger.send(method, `/v1/jobs/${job.id}${path}`);
    expect(answer).toMatchObject({ status: 404, json: { type: '/problems/not-found' } });
  }
  await stack.api.ended(job.id);
});

test('events tell every stage in order and end with the job; a later reader gets what it missed', async () => {
  const job = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  const text = await (await stack.api.fetch(`/v1/jobs/${job.id}/events`)).text();
  const events = [...text.matchAll(/^id: (.*)\nevent: job\ndata: (.*)$/gm)].map((match) => ({
    id: match[1] ?? '',
    data: JSON.parse(match[2] ?? '') as { status: string; stage?: string; progress?: number },
  }));
  expect(events.at(-1)?.data.status).toBe('completed');
  const progress = events.flatMap(({ data }) => data.progress ?? []);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(events.map(({ data }) => data.stage)).toEqual(expect.arrayContaining(['fetch', 'infer', 'upload', 'commit']));
  const missed = await (
    await stack.api.fetch(`/v1/jobs/${job.id}/events`, { headers: { 'Last-Event-ID': events.at(-2)?.id ?? '' } })
  ).text();
  expect(missed.match(/^id: /gm)).toHaveLength(1);
});
