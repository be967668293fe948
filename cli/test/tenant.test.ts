import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startStack } from '../../test/support/stack.js';
import { runCli, type CliRun } from './support/cli.js';

let folder: ScratchFolder;
beforeAll(async () => {
  folder = await scratchFolder('cli-tenant');
});
afterAll(async () => {
  await folder.remove();
  await assertNothingLeaks();
});

const tenant = (...args: string[]): Promise<CliRun> => runCli(['tenant', ...args, '--dir', folder.path]);

test('a tenant is made with quotas and a key that is shown once, listed, changed, and its keys revoked', async () => {
  const made = await tenant(
    'create',
    'lab-a',
    '--weight',
    '2',
    '--key',
    'script',
    '--input',
    's3://scans/a/',
    '--json',
  );
  expect(made.code, made.stderr).toBe(0);
  const { key, id } = z.object({ key: z.string(), id: z.string() }).parse(JSON.parse(made.stdout));
  const keys = join(folder.path, 'storage', 'parse3d', 'keys');
  for (const name of await readdir(keys)) {
    expect(await readFile(join(keys, name), 'utf8')).not.toContain(key.slice(17));
  }
  expect((await tenant('create', 'lab-a')).code).toBe(4);

  const second = await tenant('add-key', 'lab-a', '--name', 'nightly');
  expect(second.stdout).toMatch(/^p3d_/);
  expect((await tenant('set', 'lab-a', '--max-open-batches', '3')).stdout).toMatch(/weight 2, .* 3 open batches/);
  expect((await tenant('set', 'lab-a', '--max-stored', '1.5GiB', '--retention-days', '30')).stdout).toMatch(
    /stored bytes: 1.5 GiB; .* 30 days/,
  );
  expect((await tenant('set', 'lab-a', '--max-stored', 'none', '--retention-days', 'default')).stdout).toMatch(
    /stored bytes: no limit; .* as the server is set/,
  );
  const listed = await tenant('list', '--json');
  expect(JSON.parse(listed.stdout)).toEqual({
    tenants: [{ tenant: 'lab-a', keys: 2, weight: 2, maxWaitingJobs: 10_000, maxOpenBatches: 3, maxStoredBytes: null }],
  });
  const shown = await tenant('show', 'lab-a');
  expect(shown.stdout).toMatch(new RegExp(`${id} +script +lab-a .* s3://scans/a/`));

  expect((await tenant('revoke', 'lab-a', id)).code).toBe(0);
  expect((await tenant('revoke', 'lab-a', id)).code).toBe(3);
  expect((await tenant('revoke', 'lab-a', '--all')).stdout).toBe(
    'every key of lab-a is revoked (1)\nit ends: 0 rules, 0 webhooks, 0 open batches, 0 jobs\n',
  );
  expect((await tenant('show', 'lab-a')).stdout).toContain('no keys');
});

test.concurrent.each([
  ['an unknown tenant', ['set', 'lab-z', '--weight', '2'], 3, /no tenant lab-z/],
  ['a key for a tenant that is misspelt', ['add-key', 'lab-z', '--name', 'x'], 3, /tenant create lab-z/],
  ['a name that is none', ['create', 'Lab A'], 2, /lower-case/],
  ['a weight that is none', ['create', 'lab-y', '--weight', 'heavy'], 2, /--weight: expected a number/],
  ['a size that is not understood', ['set', 'lab-a', '--max-stored', 'much'], 2, /--max-stored: expected a size/],
  ['nothing to change', ['set', 'lab-a'], 2, /say what to change/],
  ['neither a key nor all', ['revoke', 'lab-a'], 2, /name one key, or say --all/],
] as const)('%s is told with its exit code', async (_what, args, code, message) => {
  const run = await tenant(...args);
  expect(run.stderr).toMatch(message);
  expect(run).toMatchObject({ code, stdout: '' });
});

test('the api holds a tenant to the quota that was set', async () => {
  const stack = await startStack({ workers: 0 });
  try {
    const env = { PARSE3D_STORAGE_ROOT: stack.env['PARSE3D_STORAGE_ROOT'] };
    const made = await runCli(['tenant', 'create', 'small', '--max-open-batches', '0', '--key', 'k'], { env });
    expect(made.code, made.stderr).toBe(0);
    const submitted = await runCli(['submit', 'local://parse3d/uploads/small/', '--prompt', 'bone'], {
      env: { PARSE3D_URL: stack.api.url, PARSE3D_API_KEY: made.stdout.trim() },
    });
    expect(submitted.stderr).toContain('code: quota-exceeded');
    expect(submitted.code).toBe(4);
  } finally {
    await stack.stop();
  }
});
