import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { assertNothingLeaks, eventually, scratchFolder, track, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Api } from './support/api.js';
import { isRunning } from './support/processes.js';
import { phantomCtFile } from './support/volumes.js';

// The package that `npm run pack` makes, in an empty folder. npm would unpack 450 MB of dependencies there, most of a
// minute: so here each package that it declares is a link to the one of this repository, and one that it does not declare
// is not found. `npm run check:package` lets npm install it instead; the release workflow runs that.
const byNpm = process.env['PARSE3D_TEST_INSTALL'] === 'npm';

const repository = resolve(import.meta.dirname, '..');
const run = promisify(execFile);

const Manifest = z.object({
  name: z.literal('parse3d'),
  version: z.string(),
  license: z.literal('MIT'),
  private: z.undefined().optional(),
  scripts: z.undefined().optional(),
  bin: z.object({ parse3d: z.string() }),
  dependencies: z.record(z.string(), z.string()),
  bundleDependencies: z.array(z.string()),
});
type Manifest = z.infer<typeof Manifest>;

let folder: ScratchFolder;
let tarball: string;
let installed: string;
let manifest: Manifest;

beforeAll(async () => {
  folder = await scratchFolder('package');
  const { stdout } = await run('node', [join(repository, 'scripts/pack.mjs'), '--out', join(folder.path, 'packed')]);
  tarball = stdout.trim();
  installed = join(folder.path, 'empty/node_modules/parse3d');
  await mkdir(join(folder.path, 'empty'));
  if (byNpm) await installByNpm();
  else await installByLinks();
  manifest = Manifest.parse(JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')));
}, 300_000);
afterAll(async () => {
  await folder.remove();
  await assertNothingLeaks();
});

/** As a user does. Install scripts stay off: that of onnxruntime-node downloads CUDA libraries. */
async function installByNpm(): Promise<void> {
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, tarball], { cwd: join(folder.path, 'empty') });
}

/** What npm does, with links in place of downloads. */
async function installByLinks(): Promise<void> {
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  const { dependencies, bundleDependencies, bin } = Manifest.parse(
    JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')),
  );
  const modules = dirname(installed);
  for (const [name, version] of Object.entries(dependencies)) {
    if (bundleDependencies.includes(name)) continue;
    const source = await sourceOf(name, version);
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(source, join(modules, name));
  }
  await mkdir(join(modules, '.bin'));
  await chmod(join(installed, bin.parse3d), 0o755);
  await symlink(join('../parse3d', bin.parse3d), join(modules, '.bin/parse3d'));
}

/** The package in this repository, at the root or in the room that needs another version than the others. */
async function sourceOf(name: string, version: string): Promise<string> {
  const places = ['.', 'services/api', 'services/worker', 'engine', 'cli', 'clients/typescript'].map((room) =>
    join(repository, room, 'node_modules', name),
  );
  for (const place of places.filter((path) => existsSync(path))) {
    const text = await readFile(join(place, 'package.json'), 'utf8');
    if (z.object({ version: z.string() }).parse(JSON.parse(text)).version === version) return place;
  }
  throw new Error(`${name} ${version} is not installed in this repository: npm ci`);
}

/** `npx parse3d …` in the folder; without any setting of this machine. */
const npx = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  run('npx', ['--no', '--', 'parse3d', ...args], { cwd: join(folder.path, 'empty'), env: cleanEnv() });

function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(PARSE3D_|npm_(?!config_)|NODE_PATH$|VITEST|NODE_OPTIONS)/.test(name),
    ),
  );
}

test('the package is small, has its licences, and holds nothing that was not compiled or made to be shipped', async () => {
  expect((await stat(tarball)).size).toBeLessThan(30e6);
  expect(basename(tarball)).toBe(`parse3d-${manifest.version}.tgz`);
  const files = (await readdir(installed, { recursive: true })).filter(
    (file) => byNpm || !file.startsWith('node_modules/.bin'),
  );
  for (const file of [
    'LICENSE',
    'NOTICE',
    'README.md',
    'node_modules/@parse3d/web/dist/licences.md',
    'packs/starter-brain-mr/README.md',
    'cli/sample/avg152T1_LR_nifti.nii.gz',
  ]) {
    expect(files).toContain(file);
  }
  expect(files.filter((file) => /\.(ts|map|tsbuildinfo)$|(^|\/)tests?(\/|$)/.test(file))).toEqual([]);
  expect(manifest.dependencies['onnxruntime-node']).toMatch(/^\d/);
  // Of the registry's packages none is inside: each is what the user's npm resolves.
  expect((await readdir(join(installed, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual([
    '@parse3d',
  ]);
  expect((await readdir(join(installed, 'node_modules/@parse3d'))).map((name) => `@parse3d/${name}`).sort()).toEqual(
    [...manifest.bundleDependencies].sort(),
  );
});

test('npx parse3d runs from an empty folder, and segments with a pack that comes along', async () => {
  expect((await npx('--version')).stdout.trim()).toBe(manifest.version);
  await writeFile(join(folder.path, 'empty/ct.nii.gz'), await phantomCtFile());
  const segmented = await npx('segment', 'ct.nii.gz', '--pack', 'ct-tissue', '--prompt', 'bone', '--out', 'found');
  expect(segmented.stdout).toMatch(/1\s+bone\s+present/);
  expect(existsSync(join(folder.path, 'empty/found/labels.nii.gz'))).toBe(true);
  // The starter pack loads: its files have their checksums, and its graphs the inputs and outputs that it says.
  expect((await npx('pack', 'verify', 'starter-brain-mr')).stdout).toMatch(/golden/);
});

const Up = z.object({
  event: z.literal('up'),
  url: z.url(),
  key: z.string(),
  pids: z.object({ redis: z.int(), api: z.int(), worker: z.int() }),
});

test('npx parse3d up serves the page and the API, does a job, and ends when it is told to', async () => {
  const child = spawn('npx', ['--no', '--', 'parse3d', 'up', '--port', '0', '--json'], {
    cwd: join(folder.path, 'empty'),
    env: { ...cleanEnv(), PARSE3D_THREADS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const untrack = track('npx parse3d up', () => void child.kill('SIGTERM'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const line = await eventually(() => said.includes('\n') && said.split('\n')[0], {
    timeoutMs: 50_000,
    what: 'npx parse3d up to be up',
  });
  const { url, key, pids } = Up.parse(JSON.parse(line));

  const page = await (await fetch(url, { headers: { Accept: 'text/html' } })).text();
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? '';
  expect((await fetch(`${url}${script}`)).headers.get('content-type')).toMatch(/javascript/);
  expect((await fetch(`${url}/docs/`)).status).toBe(200);

  const api = new Api(url, key);
  const uri = await api.upload(await phantomCtFile());
  const { id } = await api.submit({ input: { uri }, prompts: ['bone', 'lung'], pack: 'ct-tissue' });
  const ended = await eventually(async () => {
    const job = await api.job(id);
    return job.status === 'completed' && job;
  });
  expect(ended.status).toBe('completed');

  const closed = new Promise((close) => child.once('close', close));
  child.kill('SIGTERM');
  await closed;
  untrack();
  const left = await Promise.all(Object.values(pids).map(isRunning));
  expect(left).toEqual([false, false, false]);
}, 120_000);
