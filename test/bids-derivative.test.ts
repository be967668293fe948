import { gunzipSync } from 'node:zlib';
import { batchResultsPrefix, BatchView, DerivativePage } from '@parse3d/contract';
import { assertNothingLeaks } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { faultOfPath } from './support/bids-rules.js';
import { startStack, type Stack } from './support/stack.js';
import { uploadFolder } from './support/uploads.js';
import { phantomCtFile } from './support/volumes.js';

let stack: Stack;
let good: Buffer;
beforeAll(async () => {
  stack = await startStack({ env: { PARSE3D_RECONCILE_EVERY: '1s' } });
  good = await phantomCtFile([12, 10, 8]);
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

const dataset = async (files: Record<string, Buffer>): Promise<string> =>
  (await uploadFolder(stack.stores.primary, files)).uri;

async function segmented(body: object): Promise<BatchView> {
  const answer = await stack.api.send('POST', '/v1/batches', body);
  expect(answer.status, JSON.stringify(answer.json)).toBe(202);
  const { id } = BatchView.parse(answer.json);
  return stack.api.batchEnded(id);
}

async function paths(id: string): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined;
  do {
    const query = `limit=4${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`;
    const page = DerivativePage.parse((await stack.api.send('GET', `/v1/batches/${id}/derivative?${query}`)).json);
    found.push(...page.files.map(({ path }) => path));
    after = page.next;
  } while (after !== undefined);
  return found;
}

async function file(id: string, path: string): Promise<Buffer> {
  const response = await stack.api.fetch(`/v1/batches/${id}/derivative/${path}`);
  expect(response.status, path).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

const jsonFile = async (id: string, path: string): Promise<unknown> => JSON.parse((await file(id, path)).toString());

test('a BIDS dataset becomes a BIDS derivative: names, label tables, sidecars and description', async () => {
  const uri = await dataset({
    'dataset_description.json': Buffer.from('{}'),
    'sub-01/anat/sub-01_T1w.nii.gz': good,
    'sub-02/ses-a/anat/sub-02_ses-a_acq-fast_run-2_desc-raw_T1w.nii.gz': good,
    'sub-03/anat/sub-03_T1w.nii.gz': good.subarray(0, good.length - 30),
    'sub-01/anat/sub-01_T2w.nii.gz': good,
  });
  const batch = await segmented({
    name: 'cohort',
    source: { kind: 'bids', uri },
    prompts: [{ text: 'bone', label: 4 }, 'aerated lung'],
    // The volume is in the dataset already: the derivative does not repeat it.
    outputs: { masks: true, probabilities: 'uint8', preview: false, volume: true },
  });
  expect(batch.counts).toMatchObject({ completed: 2, failed: 1 });
  expect(batch.derivative?.url).toContain(`/v1/batches/${batch.id}/derivative`);

  const found = await paths(batch.id);
  expect(found.map(faultOfPath).filter((fault) => fault !== undefined)).toEqual([]);
  const anat = 'sub-01/anat/sub-01_space-orig';
  const other = 'sub-02/ses-a/anat/sub-02_ses-a_acq-fast_run-2_space-orig';
  expect(found).toEqual(
    [
      'README.md',
      'dataset_description.json',
      ...['_dseg.nii.gz', '_dseg.tsv', '_dseg.json'].flatMap((end) => [`${anat}${end}`, `${other}_desc-raw${end}`]),
      ...['bone', 'aeratedLung'].flatMap((label) =>
        ['mask', 'probseg'].flatMap((suffix) =>
          ['.nii.gz', '.json'].flatMap((end) => [
            `${anat}_label-${label}_${suffix}${end}`,
            `${other}_label-${label}_desc-raw_${suffix}${end}`,
          ]),
        ),
      ),
    ].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );

  expect(await jsonFile(batch.id, 'dataset_description.json')).toMatchObject({
    Name: 'cohort',
    BIDSVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    DatasetType: 'derivative',
    GeneratedBy: [{ Name: 'parse3d', Version: expect.any(String) }, { Name: 'parse3d-pack-ct-tissue' }],
    SourceDatasets: [{ URL: uri }],
    DatasetLinks: { raw: uri },
  });
  expect(await jsonFile(batch.id, `${anat}_dseg.json`)).toMatchObject({
    Sources: ['bids:raw:sub-01/anat/sub-01_T1w.nii.gz'],
    SpatialReference: 'orig',
    Manual: false,
    volume_ml: { Units: 'mL' },
  });
  const table = (await file(batch.id, `${anat}_dseg.tsv`)).toString().trim().split('\n');
  const rows = table.map((line) => line.split('\t'));
  expect(rows[0]?.slice(0, 3)).toEqual(['index', 'name', 'color']);
  expect(rows.slice(1)).toEqual([
    [
      '4',
      'bone',
      expect.stringMatching(/^#[0-9a-f]{6}$/i),
      'present',
      ...Array<unknown>(4).fill(expect.any(String)),
      'true',
      'n/a',
    ],
    [
      '2',
      'aerated lung',
      expect.stringMatching(/^#[0-9a-f]{6}$/i),
      ...Array<unknown>(5).fill(expect.any(String)),
      'true',
      'n/a',
    ],
  ]);

  // The label map is the job's own, and holds exactly the voxels that the table tells.
  const items = await stack.api.send('GET', `/v1/batches/${batch.id}/items`);
  const { jobId } = z.object({ items: z.array(z.object({ jobId: z.string() })) }).parse(items.json).items[0] ?? {
    jobId: '',
  };
  const labels = await file(batch.id, `${anat}_dseg.nii.gz`);
  expect(labels.equals(await stack.api.output(jobId, 'labels.nii.gz'))).toBe(true);
  const voxels = gunzipSync(labels).subarray(352);
  expect(String(voxels.filter((value) => value === 4).length)).toBe(rows[1]?.[4]);
});

test('a batch of another source has no derivative, and no path leads out of one', async () => {
  const uri = await dataset({ 'sub-01/anat/sub-01_T1w.nii.gz': good });
  const body = { prompts: ['bone'], outputs: { preview: false } };
  const plain = await segmented({ ...body, source: { kind: 'prefix', uri } });
  expect(plain.derivative).toBeUndefined();
  expect(await stack.api.send('GET', `/v1/batches/${plain.id}/derivative`)).toMatchObject({ status: 404 });

  const bids = await segmented({ ...body, source: { kind: 'bids', uri } });
  for (const path of ['..%2F..%2Fbatch.json', '%2e%2e/%2e%2e/batch.json', 'nothing.json']) {
    const response = await stack.api.fetch(`/v1/batches/${bids.id}/derivative/${path}`);
    expect([path, response.status]).toEqual([path, path === 'nothing.json' ? 404 : expect.toBeOneOf([400, 404])]);
  }
  const stranger = await stack.client({ tenant: 'stranger' });
  expect(await stranger.send('GET', `/v1/batches/${bids.id}/derivative`)).toMatchObject({ status: 404 });
});

test('a retried failure joins the derivative, and every run has one manifest', async () => {
  // A worker that accepts little, then one that accepts more: the volumes stay as they are.
  for (const worker of stack.workers) await worker.stop();
  const narrow = await stack.startWorker({ PARSE3D_MAX_VOXELS: '600' });
  const uri = await dataset({
    'sub-01/anat/sub-01_T1w.nii.gz': await phantomCtFile([8, 8, 8]),
    'sub-02/anat/sub-02_T1w.nii.gz': good,
  });
  const batch = await segmented({ source: { kind: 'bids', uri }, prompts: ['bone'], outputs: { preview: false } });
  expect(batch.counts).toMatchObject({ completed: 1, failed: 1 });
  const one = ['_dseg.json', '_dseg.nii.gz', '_dseg.tsv'].map((end) => `sub-01/anat/sub-01_space-orig${end}`);
  expect(await paths(batch.id)).toEqual(['README.md', 'dataset_description.json', ...one]);

  await narrow.stop();
  await stack.startWorker();
  expect((await stack.api.send('POST', `/v1/batches/${batch.id}/retry-failed`)).status).toBe(202);
  expect((await stack.api.batchEnded(batch.id)).counts).toMatchObject({ completed: 2, failed: 0 });
  const both = [...one, ...one.map((path) => path.replaceAll('sub-01', 'sub-02'))];
  expect(await paths(batch.id)).toEqual(['README.md', 'dataset_description.json', ...both]);

  const { blobs } = await stack.stores.primary.list({ prefix: batchResultsPrefix(batch.id) });
  const manifests = blobs
    .map(({ key }) => /\/(\d+)\/manifest\.json$/.exec(key)?.[1])
    .filter((run) => run !== undefined);
  expect(manifests).toEqual(['1', '1', '2']);
});

test('names as converters write them are run and laid out, frames one by one, and what is not taken is counted', async () => {
  const header = Buffer.from(gunzipSync(good));
  const offset = header.readFloatLE(108);
  const frame = header.subarray(offset);
  header.writeInt16LE(4, 40);
  header.writeInt16LE(2, 48);
  const uri = await dataset({
    'sub-a+b/anat/sub-a+b_T1w.nii.gz': good,
    'sub-06/anat/sub-06_acq-T1_fast_T1w.nii.gz': good,
    'sub-07/anat/sub-07_T1w.nii': Buffer.concat([header, frame]),
    'sub-07/anat/sub-07_T1w.nii.gz': good,
    'sub-08/anat/sub-08_part-phase_T1w.nii.gz': good,
    'sub-09/anat/sub 09_T1w.nii.gz': good,
    'derivatives/x/sub-06/anat/sub-06_T1w.nii.gz': good,
  });
  const body = { source: { kind: 'bids', uri }, prompts: ['bone'], outputs: { preview: false }, frames: 'all' };
  const leftOut = ['bids-elsewhere', 'bids-twice', 'bids-part', 'bids-name'].map((reason) => ({
    reason,
    count: 1,
    detail: expect.stringMatching(/^1 images /),
  }));
  const size = await stack.api.send('POST', '/v1/batches', { ...body, dryRun: true });
  expect(size.json).toMatchObject({ total: 4, leftOut: expect.arrayContaining(leftOut) });
  const batch = await segmented(body);
  expect(batch.counts).toMatchObject({ completed: 4, failed: 0 });
  expect(batch.leftOut).toHaveLength(4);
  const found = await paths(batch.id);
  expect(found.filter((path) => path.endsWith('dseg.nii.gz'))).toEqual([
    'sub-06/anat/sub-06_acq-T1_fast_space-orig_dseg.nii.gz',
    'sub-07/anat/sub-07_space-orig_desc-frame1_dseg.nii.gz',
    'sub-07/anat/sub-07_space-orig_desc-frame2_dseg.nii.gz',
    'sub-a+b/anat/sub-a+b_space-orig_dseg.nii.gz',
  ]);
  expect(await jsonFile(batch.id, 'sub-07/anat/sub-07_space-orig_desc-frame2_dseg.json')).toMatchObject({
    parse3d: { Frame: 2 },
  });
  expect((await file(batch.id, 'README.md')).toString()).toContain('Not taken: 1 images of phase');
});
