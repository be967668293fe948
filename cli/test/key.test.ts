import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNothingLeaks, scratchFolder } from '@parse3d/testing';
import { afterAll, expect, test } from 'vitest';
import { runCli } from './support/cli.js';

afterAll(assertNothingLeaks);

test('a key is shown once, kept as a hash, listed without its secret, and revoked', async () => {
  const folder = await scratchFolder('cli-key');
  const dir = ['--dir', folder.path];
  try {
    const made = await runCli([
      'key',
      'create',
      '--name',
      'lab',
      '--input',
      's3://scans/lab/',
      '--scope',
      'jobs:read',
      ...dir,
    ]);
    expect(made.code, made.stderr).toBe(0);
    const key = made.stdout.trim();
    expect(key).toMatch(/^p3d_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
    const id = key.slice(4, 16);

    const kept = join(folder.path, 'storage', 'parse3d', 'keys');
    for (const name of await readdir(kept)) {
      expect(await readFile(join(kept, name), 'utf8')).not.toContain(key.slice(17));
    }
    const listed = await runCli(['key', 'list', '--json', ...dir]);
    expect(JSON.parse(listed.stdout)).toHaveProperty('keys', [
      expect.objectContaining({
        id,
        name: 'lab',
        tenant: 'default',
        scopes: ['jobs:read'],
        inputs: ['s3://scans/lab/'],
      }),
    ]);
    expect(listed.stdout).not.toMatch(/sha256|p3d_/);

    expect((await runCli(['key', 'revoke', id, ...dir])).code).toBe(0);
    expect((await runCli(['key', 'revoke', id, ...dir])).code).toBe(3);
    expect((await runCli(['key', 'list', ...dir])).stdout).toBe('no keys\n');
  } finally {
    await folder.remove();
  }
});

test('a scope or a prefix that is none is wrong usage', async () => {
  const scope = await runCli(['key', 'create', '--name', 'x', '--scope', 'everything']);
  expect(scope).toMatchObject({ code: 2, stdout: '' });
  const input = await runCli(['key', 'create', '--name', 'x', '--input', '/etc']);
  expect(input).toMatchObject({ code: 2, stdout: '' });
});
