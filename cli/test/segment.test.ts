import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readNifti, writeNifti } from '@parse3d/volume/formats';
import { makeGeometry } from '@parse3d/volume/geometry';
import { assertNothingLeaks, eventually, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { phantomChestCt } from '../src/demo/phantom-ct.js';
import { runCli, startCli, writePhantom } from './support/cli.js';

let folder: ScratchFolder;
let phantom: ReturnType<typeof phantomChestCt>;
beforeAll(async () => {
  folder = await scratchFolder('cli-segment');
  phantom = await writePhantom(join(folder.path, 'ct.nii.gz'));
});
afterAll(async () => {
  await folder.remove();
  await assertNothingLeaks();
});

const segment = (...args: string[]): ReturnType<typeof runCli> =>
  runCli(['segment', 'ct.nii.gz', ...args], { cwd: folder.path });

test('a volume is segmented here, with a table for people and files on the grid of the input', async () => {
  await writeFile(join(folder.path, 'prompts.txt'), '7\tskeleton\n');
  const run = await segment('--prompt', 'lung', '--prompts', 'prompts.txt', '--masks', '--out', 'found');
  expect(run.code, run.stderr).toBe(0);
  expect(run.stdout).toMatch(/LABEL\s+PROMPT\s+VERDICT\s+ML\s+VOXELS/);
  expect(run.stdout).toMatch(/7\s+skeleton\s+present/);
  expect(run.stdout).toContain('research use only');
  expect(run.stderr).toMatch(/ct-tissue: \d+ % infer/);

  const names = await readdir(join(folder.path, 'found'));
  expect(names).toEqual(
    expect.arrayContaining([
      'findings.csv',
      'labels.nii.gz',
      'labels.json',
      'mask-1.nii.gz',
      'mask-7.nii.gz',
      'preview.png',
      'result.json',
    ]),
  );
  expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
  const { data, geometry } = await readNifti(join(folder.path, 'found', 'labels.nii.gz'));
  expect([...geometry.affine]).toEqual([...phantom.geometry.affine]);
  let wrong = 0;
  // The published ranges that the pack's card names.
  for (let at = 0; at < data.length; at += 1) {
    const hu = phantom.data[at] ?? 0;
    const expected = hu > 150 ? 7 : hu >= -950 && hu <= -500 ? 1 : 0;
    if (data[at] !== expected) wrong += 1;
  }
  // Bone is closed over gaps of a voxel, and noise in the air is not a body.
  expect(wrong / data.length).toBeLessThan(0.003);
});

const ResultJson = z.looseObject({ outputs: z.array(z.looseObject({ name: z.string(), sha256: z.string() })) });
const Answer = ResultJson.extend({ folder: z.string() });

test('--json gives one document that is also result.json, with checksums that hold', async () => {
  const run = await segment('--prompt', 'bone', '--no-preview', '--probabilities', 'uint8', '--out', 'json', '--json');
  expect(run).toMatchObject({ code: 0, stderr: '' });
  const { folder: where, ...record } = Answer.parse(JSON.parse(run.stdout));
  expect(where).toBe(join(folder.path, 'json'));
  expect(record).toEqual(JSON.parse(await readFile(join(where, 'result.json'), 'utf8')));
  expect(record).toMatchObject({
    status: 'completed',
    prompts: [{ text: 'bone', label: 1 }],
    pack: { id: 'ct-tissue' },
    modality: 'ct',
    findings: [{ label: 1, verdict: 'present' }],
    input: { sha256: sha256(await readFile(join(folder.path, 'ct.nii.gz'))) },
  });
  const names = record.outputs.map(({ name }) => name);
  expect(names).toContain('prob-1.nii.gz');
  expect(names).not.toContain('preview.png');
  for (const output of record.outputs) expect(sha256(await readFile(join(where, output.name)))).toBe(output.sha256);
});

test('a folder with files in it is not overwritten unasked', async () => {
  const options = ['--prompt', 'bone', '--no-preview', '--out', 'kept'];
  expect((await segment(...options)).code).toBe(0);
  const again = await segment(...options);
  expect(again.code).toBe(4);
  expect(again.stderr).toContain('--overwrite');
  expect((await segment(...options, '--overwrite')).code).toBe(0);
});

test('a run that overwrites leaves no file of the earlier one, and every file of somebody else', async () => {
  const out = join(folder.path, 'again');
  const run = (...options: string[]) => segment('--prompt', 'bone', '--no-preview', '--out', 'again', ...options);
  expect((await run('--prompt', 'lung', '--masks', '--instances')).code).toBe(0);
  expect(await readdir(out)).toEqual(expect.arrayContaining(['mask-2.nii.gz', 'instances-2.csv']));
  await writeFile(join(out, 'note.txt'), 'mine');
  expect((await run('--overwrite')).code).toBe(0);
  const { outputs } = ResultJson.parse(JSON.parse(await readFile(join(out, 'result.json'), 'utf8')));
  const names = outputs.map(({ name }) => name);
  expect((await readdir(out)).sort()).toEqual(['note.txt', 'result.json', ...names].sort());
});

test('objects in a DICOM SEG that nobody asked for are refused', async () => {
  const run = await segment('--prompt', 'bone', '--dicom-seg-instances', '--out', 'objects');
  expect(run.code).toBe(2);
  expect(run.stderr).toContain('--instances');
});

test('a prompt that matches nothing is refused with the nearest names, and nothing is written', async () => {
  const run = await segment('--prompt', 'bne', '--out', 'none');
  expect(run.code).toBe(4);
  expect(run.stderr).toMatch(/did you mean .*bone/);
  expect(await readdir(folder.path)).not.toContain('none');
});

test('a misspelt prompt of a promptable pack is said before it runs, and where its number is', async () => {
  const { data, geometry } = await readNifti('packs/starter-brain-mr/golden.nii.gz');
  const [ni, nj] = geometry.shape;
  const slab = { geometry: makeGeometry([ni, nj, 3], geometry.affine), datatype: 'float32', gzipLevel: 1 } as const;
  await writeNifti(join(folder.path, 'head.nii.gz'), slab, Float32Array.from(data.subarray(0, ni * nj * 3)));
  await writeFile(join(folder.path, 'windows.txt'), Buffer.from('\ufeffhippocampas\r\nunicorn\r\nthalamus', 'utf16le'));
  const options = ['--pack', 'starter-brain-mr', '--prompts', 'windows.txt', '--out', 'misspelt'];
  const run = await runCli(['segment', 'head.nii.gz', ...options], { cwd: folder.path });
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr.split('\n').slice(0, 2)).toEqual([
    'warning: “hippocampas” is not a target of starter-brain-mr; nearest: “hippocampus”',
    'warning: “unicorn” is not a target of starter-brain-mr',
  ]);
  expect(run.stdout).toMatch(/1 {2}hippocampas \(not evaluated for this; did you mean hippocampus\?\)/);
  expect(run.stdout).toMatch(/2 {2}unicorn \(not evaluated for this\) /);
  const { findings } = JSON.parse(await readFile(join(folder.path, 'misspelt', 'result.json'), 'utf8'));
  expect(findings).toMatchObject([
    { prompt: 'hippocampas', recommended: false, suggestion: 'hippocampus' },
    { prompt: 'unicorn', recommended: false },
    { prompt: 'thalamus', recommended: true },
  ]);
});

test('a damaged volume is refused, and leaves no files behind', async () => {
  const whole = await readFile(join(folder.path, 'ct.nii.gz'));
  await writeFile(join(folder.path, 'half.nii.gz'), whole.subarray(0, whole.length / 2));
  const run = await runCli(['segment', 'half.nii.gz', '--prompt', 'bone', '--out', 'half'], { cwd: folder.path });
  expect(run.code).toBe(4);
  expect(run.stderr).toMatch(/code: (gzip-corrupt|nifti-truncated)/);
  expect(await readdir(join(folder.path, 'half'))).toEqual([]);
});

test('Ctrl-C ends it at once, and the next run finds a clean folder', async () => {
  const options = ['segment', 'ct.nii.gz', '--prompt', 'bone', '--no-preview', '--out', 'interrupted'];
  const running = startCli(options, { cwd: folder.path });
  await eventually(() => running.stderr().includes('%'), { what: 'the first sign of progress' });
  running.child.kill('SIGINT');
  const { code, signal } = await running.ended;
  // A shell shows a process that SIGINT ended as 130.
  expect([code, signal]).toEqual([null, 'SIGINT']);
  expect(await readdir(join(folder.path, 'interrupted'))).not.toContain('labels.nii.gz');
  expect((await runCli(options, { cwd: folder.path })).code).toBe(0);
  expect((await readdir(join(folder.path, 'interrupted'))).filter((name) => name.startsWith('.'))).toEqual([]);
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
