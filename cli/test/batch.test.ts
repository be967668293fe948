import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBucketIfMissing } from '@parse3d/storage';
import { assertNothingLeaks, eventually, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startStack, type Stack } from '../../test/support/stack.js';
import { phantomCtFile } from '../../test/support/volumes.js';
import { runCli, startCli, type CliRun } from './support/cli.js';

let stack: Stack;
let folder: ScratchFolder;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await scratchFolder('cli-batch');
  stack = await startStack({ env: { PARSE3D_RECONCILE_EVERY: '1s' } });
  const root = stack.env['PARSE3D_STORAGE_ROOT'] ?? '';
  await createBucketIfMissing({ kind: 'file', root, bucket: 'scans' });
  const { url, key } = await stack.client({ inputs: ['local://scans/'] });
  env = { PARSE3D_URL: url, PARSE3D_API_KEY: key };
  const scans = stack.stores.bucket('local', 'scans');
  const good = await phantomCtFile([12, 10, 8]);
  const broken = good.subarray(0, good.length - 30);
  await Promise.all([
    ...['a', 'b', 'c'].map((name) => scans.write(`study/${name}.nii.gz`, good)),
    scans.write('study/deep/d.nii.gz', good),
    scans.write('study/notes.txt', Buffer.from('x')),
    scans.write('mixed/good.nii.gz', good),
    scans.write('mixed/broken.nii.gz', broken),
    scans.write('bids/sub-01/anat/sub-01_T1w.nii.gz', good),
    scans.write('bids/sub-02/anat/sub-02_T1w.nii.gz', good),
    scans.write('list.jsonl', Buffer.from('{"uri":"local://scans/study/a.nii.gz","prompts":["fat"]}\n')),
    ...Array.from({ length: 60 }, (_, index) => scans.write(`many/${index}.nii.gz`, good)),
  ]);
  await writeFile(join(folder.path, 'prompts.txt'), '# label\tprompt\n3\tbone\n5\tlung\n');
});
afterAll(async () => {
  await stack.stop();
  await folder.remove();
  await assertNothingLeaks();
});

const cli = (...args: string[]): Promise<CliRun> => runCli(args, { cwd: folder.path, env });
const lines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
const idOf = (run: CliRun): string => z.object({ id: z.string() }).parse(lines(run.stdout)[0]).id;

test('a folder in storage is submitted as a batch, watched to its end, and its reports fetched', async () => {
  const submitted = await cli(
    'submit',
    'local://scans/study',
    '--prompts',
    'prompts.txt',
    '--name',
    'first',
    '--watch',
  );
  expect(submitted.code, submitted.stderr).toBe(0);
  expect(submitted.stdout).toMatch(/^[0-9a-f-]{36} {2}running {2}4 volumes\n$/);
  // Plain lines, since this is not a terminal.
  expect(submitted.stderr).toMatch(/^first: \d+ % .*\d of 4/m);
  expect(submitted.stderr).toMatch(/^first: completed, 4 of 4.* in [\d.]+ s$/m);
  expect(submitted.stderr).not.toContain('\u001b[');
  const id = submitted.stdout.slice(0, 36);

  const results = await cli('batch', 'results', id, '--out', 'study', '--outputs', '--json');
  expect(results.code, results.stderr).toBe(0);
  const { files } = z.object({ files: z.array(z.string()) }).parse(JSON.parse(results.stdout));
  expect(files).toEqual(
    expect.arrayContaining(['failures.jsonl', 'results.jsonl', 'summary.csv', 'items/000000-a/labels.nii.gz']),
  );
  expect(await readdir(join(folder.path, 'study', 'items'))).toEqual(['000000-a', '000001-b', '000002-c', '000003-d']);
  expect(await readFile(join(folder.path, 'study', 'summary.csv'), 'utf8')).toMatch(/a\.nii\.gz,.*,completed,3,bone,/);

  const [shown, listed, items] = await Promise.all([
    cli('batch', 'show', id),
    cli('batch', 'list'),
    cli('batch', 'items', id, '--status', 'completed', '--limit', '2'),
  ]);
  expect(shown.stdout).toMatch(/status +completed/);
  expect(listed.stdout).toMatch(new RegExp(`${id} +completed +4/4 .*first`));
  expect(items.stdout.match(/local:\/\/scans/g)).toHaveLength(2);
  expect(items.stderr).toContain('--from 2');
});

test('what fails in a batch is exit code 1, with the way to the reasons, in words and in JSON', async () => {
  const words = await cli('submit', 'local://scans/mixed/', '--prompt', 'bone', '--watch');
  expect(words.code).toBe(1);
  expect(words.stderr).toMatch(/error: batch .* is completed: of 2 items 1 failed/);
  const json = await cli('submit', 'local://scans/mixed/', '--prompt', 'bone', '--rerun', '--watch', '--json');
  expect(json.code).toBe(1);
  const events = lines(json.stdout);
  expect(events.at(-1)).toMatchObject({ id: events[0]?.['id'], counts: { completed: 1, failed: 1 } });
  expect(lines(json.stderr)).toMatchObject([{ error: { code: 'batch-incomplete', exitCode: 1 } }]);

  const items = await cli('batch', 'items', idOf(json), '--status', 'failed', '--json');
  const [item] = z.object({ items: z.array(z.object({ jobId: z.string() })) }).parse(JSON.parse(items.stdout)).items;
  expect((await cli('job', 'show', item?.jobId ?? '')).stdout).toContain('nifti-truncated');
  const retried = await cli('batch', 'retry-failed', idOf(json));
  expect(retried.code, retried.stderr).toBe(0);
  expect(retried.stdout).toBe(`${idOf(json)} runs its failed items again\n`);
  expect((await cli('batch', 'watch', idOf(json))).code).toBe(1);

  const run = async (): Promise<unknown> => {
    const { stdout } = await cli('job', 'show', item?.jobId ?? '', '--json');
    return z.object({ run: z.int() }).parse(JSON.parse(stdout)).run;
  };
  const others = await cli('batch', 'retry-failed', idOf(json), '--code', 'worker-lost', '--code', 'volume-missing');
  expect(others.stdout).toBe(`${idOf(json)} runs its items that failed with worker-lost, volume-missing again\n`);
  expect(await run()).toBe(2);
  await cli('batch', 'retry-failed', idOf(json), '--code', 'worker-lost', '--code', 'nifti-truncated');
  expect((await cli('batch', 'watch', idOf(json))).code).toBe(1);
  expect(await run()).toBe(3);
  const wrong = await cli('batch', 'retry-failed', idOf(json), '--code', 'nifti-trunkated');
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain('--code: expected a problem code such as storage-unavailable, got "nifti-trunkated"');
});

test('what a promptable pack was not made for is said before anything is run', async () => {
  const submit = (...more: string[]) =>
    cli('submit', 'local://scans/study/', '--pack', 'starter-brain-mr', '--dry-run', ...more);
  const run = await submit('--prompt', 'hippocampas', '--prompt', 'thalamus', '--prompt', 'brain, thalamus');
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr.trim().split('\n')).toEqual([
    'warning: “hippocampas” is not a target of starter-brain-mr; nearest: “hippocampus”',
    'warning: “brain, thalamus” is not a target of starter-brain-mr: it looks like 2 targets (brain; thalamus); give each a prompt of its own',
  ]);
  const json = await submit('--prompt', 'hippocampas', '--json');
  expect(lines(json.stderr)).toEqual([{ warning: expect.stringContaining('nearest: “hippocampus”') as string }]);
  expect((await submit('--prompt', 'caudate nucleus in T1 MRI')).stderr).toBe('');
});

test('a dry run counts, a pattern chooses, a manifest and a list bring their own', async () => {
  const count = async (...args: string[]): Promise<unknown> => {
    const run = await cli('submit', ...args, '--dry-run', '--json');
    expect(run.code, run.stderr).toBe(0);
    return z.object({ total: z.int() }).parse(JSON.parse(run.stdout)).total;
  };
  await writeFile(join(folder.path, 'list.txt'), 'local://scans/study/a.nii.gz\n\n# b\nlocal://scans/study/b.nii.gz\n');
  expect(
    await Promise.all([
      count('local://scans/study/', '--prompt', 'bone'),
      count('local://scans/study/', '--pattern', '*.nii.gz', '--prompt', 'bone'),
      count('local://scans/list.jsonl'),
      count('--list', 'list.txt', '--prompt', 'bone'),
      count('local://scans/bids', '--bids', '--prompt', 'bone'),
    ]),
  ).toEqual([4, 3, 1, 2, 2]);
});

test('of a BIDS dataset the derivative is fetched into its place', async () => {
  const run = await cli('submit', 'local://scans/bids', '--bids', '--prompt', 'bone', '--watch', '--json');
  expect(run.code, run.stderr).toBe(0);
  const results = await cli('batch', 'results', idOf(run), '--out', 'bids/derivatives/parse3d');
  expect(results.code, results.stderr).toBe(0);
  const files = await readdir(join(folder.path, 'bids', 'derivatives', 'parse3d'), { recursive: true });
  expect(files).toEqual(
    expect.arrayContaining([
      'dataset_description.json',
      'code/summary.csv',
      'sub-01/anat/sub-01_space-orig_dseg.nii.gz',
      'sub-02/anat/sub-02_space-orig_dseg.tsv',
    ]),
  );
});

test('a batch is paused, resumed and canceled', async () => {
  const id = idOf(await cli('submit', 'local://scans/many/', '--prompt', 'bone', '--json'));
  const paused = await cli('batch', 'pause', id, '--json');
  expect(JSON.parse(paused.stdout)).toMatchObject({ id, status: 'paused' });
  expect((await cli('batch', 'resume', id)).stdout).toBe(`${id} goes on\n`);
  const watching = startCli(['batch', 'watch', id, '--json'], { cwd: folder.path, env });
  await eventually(() => watching.stdout().includes('\n'), { what: 'the first look' });
  expect((await cli('batch', 'cancel', id)).code).toBe(0);
  const ended = await watching.ended;
  expect(ended.code).toBe(1);
  expect(lines(ended.stdout).at(-1)).toMatchObject({ status: 'canceled', counts: { waiting: 0, running: 0 } });
  expect((await cli('batch', 'resume', id)).code).toBe(4);
});

test.concurrent.each([
  ['two folders', ['submit', 'local://scans/a/', 'local://scans/b/', '--prompt', 'x'], 2, /one folder is one batch/],
  ['a suffix without BIDS', ['submit', 'local://scans/a/', '--suffix', 'T1w', '--prompt', 'x'], 2, /--bids/],
  ['no volumes', ['submit', '--prompt', 'x'], 2, /say which volumes/],
  ['a threshold for a file', ['submit', 'x.nii', '--error-threshold', '3', '--prompt', 'x'], 2, /belongs to a batch/],
  ['a threshold that is none', ['submit', 'local://scans/a/', '--error-threshold', 'few', '--prompt', 'x'], 2, /5%/],
  ['a list that is not there', ['submit', '--list', 'none.txt', '--prompt', 'x'], 3, /none\.txt/],
  [
    'a folder that may not be read',
    ['submit', 'local://other/', '--prompt', 'bone'],
    4,
    /request-invalid|input-not-allowed/,
  ],
  ['a batch that is not there', ['batch', 'show', '0199c0de-0000-8000-a000-000000000000'], 3, /no batch/],
] as const)('%s is told with its exit code', async (_what, args, code, message) => {
  const run = await cli(...args);
  expect(run.stderr).toMatch(message);
  expect(run).toMatchObject({ code, stdout: '' });
});
