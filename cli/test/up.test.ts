import { appendFile, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNothingLeaks, eventually, scratchFolder, track, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { runCli, startCli, writePhantom, type CliRun, type RunningCli } from './support/cli.js';

const Up = z.object({
  event: z.literal('up'),
  url: z.url(),
  key: z.string(),
  credentials: z.string(),
  pids: z.object({ redis: z.int(), api: z.int(), worker: z.int() }),
});

let folder: ScratchFolder;
let up: RunningCli;
let facts: z.infer<typeof Up>;
let untrack: () => void;

beforeAll(async () => {
  folder = await scratchFolder('cli-up');
  await writePhantom(join(folder.path, 'ct.nii.gz'));
  up = startCli(['up', '--port', '0', '--json'], { cwd: folder.path });
  untrack = track('parse3d up', () => void up.child.kill('SIGTERM'));
  const line = await eventually(() => up.stdout().includes('\n') && up.stdout().split('\n')[0], {
    timeoutMs: 60_000,
    what: 'parse3d up to be up',
  });
  facts = Up.parse(JSON.parse(line));
}, 90_000);
afterAll(async () => {
  await folder.remove();
  await assertNothingLeaks();
});

const cli = (...args: string[]): Promise<CliRun> => runCli(args, { cwd: folder.path });
const lines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));

const State = z.looseObject({ processes: z.array(z.looseObject({ pid: z.int() })) });
const pidsIn = async (dir: string): Promise<number[]> =>
  State.parse(JSON.parse(await readFile(join(dir, 'up.json'), 'utf8'))).processes.map(({ pid }) => pid);

let jobId = '';

test('a file is submitted, watched to its end and its results downloaded, by the key of the folder', async () => {
  const submitted = await cli('submit', 'ct.nii.gz', '--prompt', 'bone', '--prompt', 'lung', '--watch', '--json');
  expect(submitted.code, submitted.stderr).toBe(0);
  const [job, ...events] = lines(submitted.stdout);
  jobId = String(job?.['id']);
  expect(events.at(-1)).toMatchObject({ jobId, status: 'completed' });
  expect(events.some(({ stage }) => stage === 'infer')).toBe(true);

  const results = await cli('results', jobId, '--out', 'found');
  expect(results.code, results.stderr).toBe(0);
  expect(results.stdout).toMatch(/1\s+bone\s+present/);
  expect(results.stderr).toContain('checksums match');
  expect(await readdir(join(folder.path, 'found'))).toEqual(
    expect.arrayContaining(['labels.nii.gz', 'manifest.json', 'preview.png']),
  );
  const manifest = JSON.parse(await readFile(join(folder.path, 'found', 'manifest.json'), 'utf8'));
  expect(manifest).toMatchObject({ jobId, status: 'completed', findings: [{ prompt: 'bone' }, { prompt: 'lung' }] });
});

test('jobs are shown, one or all', async () => {
  const [one, all, running] = await Promise.all([
    cli('status', jobId, '--json'),
    cli('status'),
    cli('status', '--status', 'running'),
  ]);
  expect(JSON.parse(one.stdout)).toMatchObject({ id: jobId, status: 'completed', pack: { id: 'ct-tissue' } });
  expect(all.stdout).toMatch(new RegExp(`${jobId}\\s+completed\\s+ct-tissue`));
  expect(running).toMatchObject({ code: 0, stdout: 'no jobs\n' });
});

test('what is not there, not allowed or refused has its exit code', async () => {
  const unknown = '0199c0de-0000-7000-8000-000000000000';
  const [cancel, retry, key, prompt] = await Promise.all([
    cli('cancel', unknown),
    cli('retry', jobId),
    cli('submit', 'ct.nii.gz', '--prompt', 'bone', '--key', 'p3d_wrong'),
    cli('submit', 'ct.nii.gz', '--prompt', 'bne'),
  ]);
  expect(cancel).toMatchObject({ code: 3, stdout: '' });
  expect(cancel.stderr).toContain(`there is no job ${unknown}`);
  expect(retry.code).toBe(4);
  expect(key.code).toBe(4);
  expect(key.stderr).toContain('code: unauthorized');
  expect(prompt.code).toBe(4);
  expect(prompt.stderr).toMatch(/did you mean .*bone/);
});

test('a file that is not what the job says is not kept', async () => {
  const storage = join(folder.path, '.parse3d', 'storage', 'parse3d', 'results', jobId);
  const names = await readdir(storage, { recursive: true });
  const labels = names.find((name) => name.endsWith('labels.json'));
  await appendFile(join(storage, labels ?? ''), ' ');
  const run = await cli('results', jobId, '--out', 'changed');
  expect(run.code).toBe(1);
  expect(run.stderr).toContain('code: output-mismatch');
  expect(await readdir(join(folder.path, 'changed'))).toEqual([]);
});

test('a second one in the same folder is refused, and says where the first one is', async () => {
  const second = await cli('up');
  expect(second).toMatchObject({ code: 4, stdout: '' });
  expect(second.stderr).toContain(facts.url);
});

test('only the owner can read the key, the volumes and the password of Redis', async () => {
  const dir = join(folder.path, '.parse3d');
  const mode = async (...path: string[]): Promise<number> => (await stat(join(dir, ...path))).mode & 0o777;
  expect(await mode('credentials.json')).toBe(0o600);
  expect(await mode('redis', 'redis.conf')).toBe(0o600);
  for (const name of ['redis', 'storage', 'scratch', 'logs']) expect(await mode(name)).toBe(0o700);
  expect(JSON.parse(await readFile(facts.credentials, 'utf8'))).toEqual({ url: facts.url, key: facts.key });
});

test('an api that is killed is started again, and who watches a job is not lost', async () => {
  const watching = startCli(['submit', 'ct.nii.gz', '--prompt', 'fat', '--watch', '--json'], { cwd: folder.path });
  await eventually(() => watching.stdout().includes('"running"'), { what: 'the job to run' });
  process.kill(facts.pids.api, 'SIGKILL');
  const run = await watching.ended;
  expect(run.code, run.stderr).toBe(0);
  const events = lines(run.stdout).slice(1);
  expect(events.at(-1)).toMatchObject({ status: 'completed' });
  const stamps = events.map((event) => JSON.stringify(event));
  expect(new Set(stamps).size).toBe(stamps.length);
  await eventually(() => up.stdout().includes('api is back'), { what: 'the news that the api is back' });
  expect(lines(up.stdout()).map(({ detail }) => detail)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^api ended .*SIGKILL/)]),
  );
});

test('SIGTERM ends everything: no process, no lock, exit code 0', async () => {
  const pids = await pidsIn(join(folder.path, '.parse3d'));
  expect(pids).toHaveLength(3);
  const groups = await processesOf(pids);
  // Redis, the api, the worker and the worker's computing child.
  expect(groups.length).toBeGreaterThanOrEqual(4);

  up.child.kill('SIGTERM');
  const { code, stderr } = await up.ended;
  untrack();
  expect(code, stderr).toBe(0);
  expect(await processesOf(pids)).toEqual([]);
  expect(await readdir(join(folder.path, '.parse3d'))).not.toContain('up.json');
  expect((await cli('status')).code).toBe(5);
});

test('Ctrl-C while it starts leaves nothing behind either, and is exit code 130', async () => {
  const dir = join(folder.path, 'early');
  const early = startCli(['up', '--port', '0', '--dir', dir]);
  await eventually(() => early.stderr().includes('starting the api'), { what: 'the api to be started' });
  const pids = await pidsIn(dir);
  expect(pids.length).toBeGreaterThan(0);
  early.child.kill('SIGINT');
  const { code, stderr } = await early.ended;
  expect(code, stderr).toBe(130);
  expect(await processesOf(pids)).toEqual([]);
  expect(await readdir(dir)).not.toContain('up.json');
});

/** Processes that run in the groups of these leaders. */
async function processesOf(leaders: readonly number[]): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const [state, , group] = text.replace(/^.*\)\s/s, '').split(' ');
    if (state !== undefined && state !== 'Z' && leaders.includes(Number(group))) found.push(Number(name));
  }
  return found;
}
