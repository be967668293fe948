import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { describeWithDicomTools, identifiers, runScript, writeSeries } from './support/dicom.js';
import { endedBatch, submitBatch } from './support/batches.js';
import { startStack, type Stack } from './support/stack.js';

const PARSE3D = join(import.meta.dirname, '../cli/bin/parse3d.js');
const outputs = { preview: false, dicomSeg: true, segNrrd: true, volume: true };

describeWithDicomTools('DICOM through the service', () => {
  let stack: Stack;
  let folder: ScratchFolder;
  let series: string;
  beforeAll(async () => {
    folder = await scratchFolder('dicom');
    writeSeries(folder.path, [
      { folder: 'series', plane: 'sagittal', modality: 'CT', kind: 'uint12', slices: 8, rotate: [5, 25, -31] },
      { folder: 'gap', plane: 'axial', slices: 8, drop: [4] },
      { folder: 'many/tilted', plane: 'axial', modality: 'CT', kind: 'uint12', tilt: 12, echoes: 2 },
      { folder: 'many/frames', plane: 'axial', modality: 'CT', kind: 'uint12', echoes: 2, enhanced: true },
      { folder: 'many/one', plane: 'axial', modality: 'CT', kind: 'uint12' },
    ]);
    series = join(folder.path, 'series');
    stack = await startStack();
  });
  afterAll(async () => {
    await stack.stop();
    await folder.remove();
    await assertNothingLeaks();
  });

  async function checkOutputs(id: string): Promise<void> {
    const done = await stack.api.ended(id);
    expect(done.problem).toBeUndefined();
    expect(done.status).toBe('completed');
    const found = join(folder.path, id);
    await mkdir(found);
    const names = ['labels.nii.gz', 'labels.seg.nrrd', 'segmentation.dcm', 'volume.nii.gz'];
    for (const name of names) await writeFile(join(found, name), await stack.api.output(id, name));
    const read = runScript('check_exchange.py', {
      seg: join(found, 'segmentation.dcm'),
      nrrd: join(found, 'labels.seg.nrrd'),
      labels: join(found, 'labels.nii.gz'),
      source: series,
    });
    expect(read).toMatchObject({
      seg: { problems: [], segments: [{ label: 'bone', equalsLabel: 1 }, { equalsLabel: 2 }] },
      nrrd: { sameVoxels: true },
    });
    const cases = [{ series, ours: join(found, 'volume.nii.gz') }];
    const compared = runScript('compare_dcm2niix.py', { work: join(folder.path, `${id}-theirs`), cases });
    expect(compared).toMatchObject([{ sameShape: true, voxels: 0 }]);
  }

  test('an uploaded zip file of a series comes back as a segmentation of its images', async () => {
    const uri = await stack.api.upload(await zipOf(series));
    expect(uri).toMatch(/volume\.zip$/);
    const job = await stack.api.submit({ input: { uri }, prompts: ['bone', 'soft tissue'], outputs });
    await checkOutputs(job.id);
    const manifest = await stack.api.manifest(job.id);
    expect(manifest).toMatchObject({ warnings: [], geometry: { shape: [109, 91, 8] } });
    const told = JSON.stringify(manifest);
    for (const identifier of identifiers) expect(told).not.toContain(identifier);
  });

  test('a folder of images in storage is a volume, for keys that may read it', async () => {
    const scans = join(stack.env['PARSE3D_STORAGE_ROOT'] ?? '', 'scans');
    await cp(series, join(scans, 'one'), { recursive: true });
    const client = await stack.client({ inputs: ['local://scans'] });
    const input = { uri: 'local://scans/one/' };
    const job = await client.submit({ input, prompts: ['bone', 'soft tissue'], outputs });
    await checkOutputs(job.id);
    // What lies beside it is not the key's.
    const stranger = await stack.client({ tenant: 'stranger' });
    expect((await stranger.send('POST', '/v1/jobs', { input, prompts: ['bone'] })).json).toMatchObject({
      type: '/problems/input-not-allowed',
    });
    const nothing = { input: { uri: 'local://scans/none/' }, prompts: ['bone'] };
    expect((await client.send('POST', '/v1/jobs', nothing)).json).toMatchObject({ type: '/problems/volume-missing' });
  });

  test('a folder that changed after it was accepted is not computed', async () => {
    const scans = join(stack.env['PARSE3D_STORAGE_ROOT'] ?? '', 'scans');
    await cp(series, join(scans, 'two'), { recursive: true });
    const client = await stack.client({ inputs: ['local://scans/two'] });
    const [worker] = stack.workers;
    worker?.kill('SIGSTOP');
    const { id } = await client.submit({ input: { uri: 'local://scans/two/' }, prompts: ['bone'] });
    const [name = ''] = await readdir(join(scans, 'two'));
    await cp(join(scans, 'two', name), join(scans, 'two', 'another.dcm'));
    worker?.kill('SIGCONT');
    expect(await client.ended(id)).toMatchObject({ status: 'failed', problem: { code: 'volume-changed' } });
  });

  test('a batch takes one volume of each series, upright, and says of the others what they hold', async () => {
    await cp(join(folder.path, 'many'), join(stack.env['PARSE3D_STORAGE_ROOT'] ?? '', 'scans', 'many'), {
      recursive: true,
    });
    const client = await stack.client({ inputs: ['local://scans'] });
    const items = ['tilted', 'frames', 'one'].map((name) => ({ uri: `local://scans/many/${name}/` }));
    const options = { volume: 2, tilt: 'correct' };
    const body = { source: { kind: 'items', items }, prompts: ['bone'], outputs, options };
    const { id, counts } = await endedBatch(client, (await submitBatch(client, body)).id);
    expect(counts).toMatchObject({ completed: 2, failed: 1 });
    const failures = JSON.stringify((await client.send('GET', `/v1/batches/${id}/failures`)).json);
    expect(failures).toContain('volume-not-3d');
    for (const volume of [0, -1, 1.5, 'a', 100_001]) {
      const answer = await client.send('POST', '/v1/jobs', { input: items[0], prompts: ['bone'], options: { volume } });
      expect([answer.status, answer.json['type']]).toEqual([400, '/problems/request-invalid']);
    }
  });

  test('a series with a missing slice fails with its reason after one attempt', async () => {
    const uri = await stack.api.upload(await zipOf(join(folder.path, 'gap')));
    const { id } = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
    const failed = await stack.api.ended(id);
    expect(failed).toMatchObject({
      status: 'failed',
      problem: { code: 'dicom-slices-missing', fields: { missing: 1 } },
    });
    expect(failed.attempt ?? 1).toBe(1);
  });

  test('a zip file without DICOM is refused at the upload, and not kept', async () => {
    const answer = await stack.api.tryUpload(zipSync({ 'a.txt': Buffer.from('notes') }));
    expect([answer.status, answer.json['type']]).toEqual([422, '/problems/dicom-no-images']);
    const kept = await stack.stores.primary.list({ prefix: 'uploads/' });
    expect(kept.blobs.filter(({ bytes }) => bytes < 1000)).toEqual([]);
  });

  test('the command line sends a folder as it lies here, and nothing that names a patient is logged', async () => {
    const args = [
      'submit',
      series,
      '--prompt',
      'bone',
      '--prompt',
      'soft tissue',
      '--dicom-seg',
      '--seg-nrrd',
      '--volume',
      '--json',
    ];
    const env = { ...process.env, PARSE3D_URL: stack.api.url, PARSE3D_API_KEY: stack.api.key };
    const { stdout } = await promisify(execFile)(process.execPath, [PARSE3D, ...args], { env });
    const { id } = JSON.parse(stdout) as { id: string };
    await checkOutputs(id);
    const log = await readFile(join(stack.env['PARSE3D_STORAGE_ROOT'] ?? '', '..', 'services.log'), 'utf8');
    expect(log).toContain(id);
    for (const identifier of identifiers) expect(log).not.toContain(identifier);
  });
});

async function zipOf(folder: string): Promise<Uint8Array> {
  const names = await readdir(folder);
  const entries = await Promise.all(
    names.map(async (name) => [`Secret^${basename(folder)}/${name}`, await readFile(join(folder, name))] as const),
  );
  return zipSync(Object.fromEntries(entries), { level: 4 });
}
