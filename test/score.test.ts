import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { writeNifti } from '@parse3d/volume/formats';
import { makeGeometry } from '@parse3d/volume/geometry';
import { assertNothingLeaks, eventually, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithPython, PYTHON } from './support/python.js';
import { startStack, type Stack } from './support/stack.js';
import { writeSlowPack } from './support/slow-pack.js';
import { phantomCt, phantomCtFile } from './support/volumes.js';

let stack: Stack;
let folder: ScratchFolder;
let file: Buffer;
let path: string;
beforeAll(async () => {
  folder = await scratchFolder('score');
  const packs = join(folder.path, 'packs');
  await writeSlowPack(packs, 'slow', { tile: 8, layers: 20 });
  stack = await startStack({ packs: [packs], env: { PARSE3D_SCORE_TIMEOUT: '8s' } });
  file = await phantomCtFile();
  path = join(folder.path, 'phantom.nii.gz');
  await writeFile(path, file);
});
afterAll(async () => {
  await stack.stop();
  await folder.remove();
  await assertNothingLeaks();
});

const voxels = (hounsfield: number): number => phantomCt().filter((value) => value === hounsfield).length;

const rowsOf = (...rows: readonly (readonly [image: string, text: string])[]) => ({
  input_data: { columns: ['image', 'text'], index: rows.map((_, index) => index), data: rows },
});

const base64 = (): string => file.toString('base64');

const uploads = async (): Promise<number> => (await stack.stores.primary.list({ prefix: 'uploads/' })).blobs.length;

/** Label numbers and their voxels in a row of the answer. */
function countsOf(row: unknown): Map<number, number> {
  const { nifti_file: inner } = row as { nifti_file: string };
  const { data } = JSON.parse(inner) as { data: string };
  const nifti = gunzipSync(Buffer.from(data, 'base64'));
  const counts = new Map<number, number>();
  for (const label of nifti.subarray(352)) if (label !== 0) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

describeWithPython(['numpy', 'nibabel'], 'the hosted endpoint’s contract', () => {
  test('a Python client of the hosted endpoint gets its masks, numbered by the order of its prompts', async () => {
    const client = join(import.meta.dirname, 'support', 'score_client.py');
    const rows = [
      [path, 'lungs in chest CT & bone in chest CT'],
      [path, 'fat[SEP]bone'],
    ];
    const { url, key } = stack.api;
    const { stdout } = await promisify(execFile)(PYTHON, [client, JSON.stringify({ url: `${url}/score`, key, rows })]);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(answers).toEqual([
      { shape: [48, 40, 24], same: true, counts: { 1: voxels(-750), 2: voxels(700) } },
      { shape: [48, 40, 24], same: true, counts: { 1: voxels(-100), 2: voxels(700) } },
    ]);
  });
});

test('the answer says its length, and the jobs are listed like any others', async () => {
  const response = await stack.api.fetch('/score', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(rowsOf([base64(), 'bone'])),
  });
  const text = await response.text();
  expect(response.headers.get('content-length')).toBe(String(text.length));
  expect([...countsOf((JSON.parse(text) as unknown[])[0])]).toEqual([[1, voxels(700)]]);
  const { json } = await stack.api.send('GET', '/v1/jobs?limit=1');
  expect(json).toMatchObject({ jobs: [{ status: 'completed', lane: 'interactive', prompts: [{ text: 'bone' }] }] });
});

test('a data: URL is as good as base64, with the empty params that the hosted endpoint takes', async () => {
  const image = `data:application/octet-stream;base64,${base64()}`;
  const answer = await stack.api.fetch('/score', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...rowsOf([image, 'bone & fat']), params: {} }),
  });
  expect(answer.status).toBe(200);
  const [row] = (await answer.json()) as unknown[];
  expect(countsOf(row)).toEqual(
    new Map([
      [1, voxels(700)],
      [2, voxels(-100)],
    ]),
  );
});

test('who prefers not to wait gets the jobs at once', async () => {
  const answer = await stack.api.send('POST', '/score', rowsOf([base64(), 'bone']), { Prefer: 'respond-async' });
  expect(answer.status).toBe(202);
  const [job] = answer.json['jobs'] as { id: string; url: string }[];
  expect(answer.headers.get('location')).toBe(job?.url);
  expect((await stack.api.ended(job?.id ?? '')).status).toBe('completed');
});

test('what takes too long answers 504 with the job, which goes on', async () => {
  const answer = await stack.api.send('POST', '/score?pack=slow', rowsOf([base64(), 'target']));
  expect(answer).toMatchObject({ status: 504, json: { type: '/problems/still-running' } });
  const [job] = answer.json['jobs'] as { id: string; url: string }[];
  expect(answer.json['detail']).toContain(job?.url);
  expect((await stack.api.job(job?.id ?? '')).status).toMatch(/waiting|running/);
  await stack.api.send('DELETE', `/v1/jobs/${job?.id}`);
  await stack.api.ended(job?.id ?? '');
});

test('a client that leaves takes its job with it', async () => {
  const { url, key } = stack.api;
  const before = ((await stack.api.send('GET', '/v1/jobs?limit=200')).json['jobs'] as unknown[]).length;
  const sent = httpRequest(`${url}/score?pack=slow`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
  });
  sent.on('error', () => undefined);
  sent.end(JSON.stringify(rowsOf([base64(), 'target'])));
  const newest = async () => (await stack.api.send('GET', '/v1/jobs?limit=200')).json['jobs'] as { id: string }[];
  const job = await eventually(
    async () => {
      const jobs = await newest();
      return jobs.length > before ? jobs[0] : undefined;
    },
    { what: 'the job of the client' },
  );
  sent.destroy();
  expect((await stack.api.ended(job.id)).status).toBe('canceled');
});

test.each<[what: string, body: () => string, status: number, code: string]>([
  ['no JSON', () => '{"input_data": ', 400, 'request-invalid'],
  ['another shape', () => JSON.stringify({ inputs: [] }), 400, 'request-invalid'],
  ['no rows', () => JSON.stringify(rowsOf()), 400, 'request-invalid'],
  [
    'data before columns',
    () => '{"input_data": {"data": [["AAAA", "bone"]], "columns": ["image", "text"]}}',
    400,
    'request-invalid',
  ],
  ['other columns', () => '{"input_data": {"columns": ["image", "image"], "data": []}}', 400, 'request-invalid'],
  ['characters that are no base64', () => JSON.stringify(rowsOf(['AA!A', 'bone'])), 400, 'request-invalid'],
  ['base64 that is cut off', () => JSON.stringify(rowsOf(['AAAAA', 'bone'])), 400, 'request-invalid'],
  ['an image without bytes', () => JSON.stringify(rowsOf(['', 'bone'])), 400, 'request-invalid'],
  ['bytes that are no volume', () => JSON.stringify(rowsOf(['A'.repeat(4000), 'bone'])), 422, 'nifti-not-nifti'],
  ['more after the end', () => `${JSON.stringify(rowsOf([base64(), 'bone']))}}`, 400, 'request-invalid'],
])('%s is refused with its own problem, and nothing is kept', async (_what, body, status, code) => {
  const kept = await uploads();
  const response = await stack.api.fetch('/score', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: body(),
  });
  expect({ status: response.status, json: await response.json() }).toMatchObject({
    status,
    json: { type: `/problems/${code}` },
  });
  expect(await uploads()).toBe(kept);
});

test('a second row that is refused takes the first one back', async () => {
  const kept = await uploads();
  const answer = await stack.api.send('POST', '/score', rowsOf([base64(), 'bone'], [base64(), 'no such thing']));
  expect(answer).toMatchObject({ status: 422, json: { type: '/problems/prompt-unknown' } });
  expect(await uploads()).toBe(kept);
  const other = await stack.api.send('POST', '/score', rowsOf([base64(), ' & ']));
  expect(other).toMatchObject({ status: 400, json: { type: '/problems/request-invalid' } });
});

test('a key needs the scopes of every step', async () => {
  const reader = await stack.client({ scopes: ['jobs:read', 'jobs:write'] });
  const answer = await reader.send('POST', '/score', rowsOf([base64(), 'bone']));
  expect(answer).toMatchObject({ status: 403, json: { scope: 'volumes:write' } });
});

test('a body of 90 MB passes through the api in a fraction of its size', async () => {
  const large = join(folder.path, 'large.nii');
  const geometry = makeGeometry([320, 320, 320], [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
  const values = new Int16Array(320 ** 3).fill(40);
  values.fill(700, 1_000_000, 1_000_100);
  await writeNifti(large, { geometry, datatype: 'int16' }, values);
  const body = JSON.stringify(rowsOf([(await readFile(large)).toString('base64'), 'bone']));
  expect(body.length).toBeGreaterThan(85e6);
  const peakMiB = async (): Promise<number> => {
    const status = await readFile(`/proc/${stack.apiService.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  };
  const before = await peakMiB();
  const response = await stack.api.fetch('/score', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Prefer: 'respond-async' },
    body,
  });
  const { jobs } = (await response.json()) as { jobs: { id: string }[] };
  const growth = (await peakMiB()) - before;
  expect(growth).toBeLessThan(48);
  const id = jobs[0]?.id ?? '';
  expect((await stack.api.ended(id)).status).toBe('completed');
  const manifest = await stack.api.manifest(id);
  expect(manifest).toMatchObject({ findings: [{ label: 1, voxels: 100 }] });
});
