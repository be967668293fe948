import { execFile } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertNothingLeaks, freePort, scratchFolder } from '@parse3d/testing';
import { afterAll, expect, test } from 'vitest';
import { runCli } from './support/cli.js';

afterAll(assertNothingLeaks);

test('before it is built it says how to build it', async () => {
  const folder = await scratchFolder('cli-bin');
  try {
    const bin = join(folder.path, 'bin');
    await mkdir(bin);
    await copyFile(fileURLToPath(new URL('../bin/parse3d.js', import.meta.url)), join(bin, 'parse3d.mjs'));
    const [code, stderr] = await new Promise<[unknown, string]>((resolve) => {
      execFile(process.execPath, [join(bin, 'parse3d.mjs')], (error, _stdout, text) => resolve([error?.code, text]));
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('npm run build')]);
  } finally {
    await folder.remove();
  }
});

test('the version and the help are no errors', async () => {
  const [version, help, sub] = await Promise.all([
    runCli(['--version']),
    runCli(['--help']),
    runCli(['segment', '--help']),
  ]);
  expect(version).toMatchObject({ code: 0, stderr: '' });
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(help.code).toBe(0);
  for (const word of [
    'segment',
    'pack',
    'up',
    'demo',
    'key',
    'tenant',
    'doctor',
    'job',
    'batch',
    'completion',
    'submit',
    'status',
    'watch',
    'results',
    'cancel',
    'retry',
  ]) {
    expect(help.stdout).toMatch(new RegExp(`^  ${word} `, 'm'));
  }
  expect(sub.stdout).toMatch(/Examples:\n(.*\n)*.*\$ parse3d segment /);
});

test.each([
  ['an unknown command', ['segmnt'], 2, /segment/],
  ['a missing argument', ['watch'], 2, /missing required argument 'id'/],
  ['no prompt', ['segment', 'ct.nii.gz', '--out', 'x'], 2, /--prompt/],
  ['a number out of range', ['up', '--port', '70000'], 2, /--port: at most 65535/],
  ['a word for a number', ['status', '--limit', 'many'], 2, /--limit: expected a whole number/],
  ['a URL that is none', ['status', '--url', 'nowhere'], 2, /expected a URL/],
  ['an idempotency key for an upload', ['submit', 'a.nii', '--prompt', 'x', '--idempotency-key', 'k'], 2, /URI/],
  [
    'a file that is not there',
    ['segment', 'none.nii.gz', '--prompt', 'bone', '--out', 'x'],
    3,
    /there is no file none/,
  ],
  ['an unknown pack', ['pack', 'inspect', 'ct-tisue'], 4, /did you mean: ct-tissue/],
] as const)('%s is told with its exit code', async (_what, args, code, message) => {
  const run = await runCli(args);
  expect(run.stderr).toMatch(message);
  expect(run.stderr).toMatch(/^error: /);
  expect(run).toMatchObject({ code, stdout: '' });
});

test('a server that does not answer is exit code 5, named with its address and what to do', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const run = await runCli(['status', '--url', url]);
  expect(run).toMatchObject({ code: 5, stdout: '' });
  expect(run.stderr).toContain(`no answer from ${url} (ECONNREFUSED)`);
  expect(run.stderr).toContain('parse3d up');
  expect(run.stderr).not.toMatch(/^\s+at /m);
});

test('a stack is shown only when PARSE3D_DEBUG asks for it', async () => {
  const run = await runCli(['pack', 'inspect', 'none'], { env: { PARSE3D_DEBUG: '1' } });
  expect(run.code).toBe(4);
  expect(run.stderr).toMatch(/^\s+at /m);
});

test.each([
  [
    'a problem',
    ['pack', 'inspect', 'ct-tisue', '--json'],
    { code: 'pack-unknown', type: '/problems/pack-unknown', status: 422, exitCode: 4 },
  ],
  ['wrong usage', ['watch', '--json'], { code: 'usage', exitCode: 2 }],
] as const)('with --json %s is one JSON object on stderr, and stdout stays empty', async (_what, args, error) => {
  const run = await runCli(args);
  expect(run).toMatchObject({ code: error.exitCode, stdout: '' });
  expect(JSON.parse(run.stderr)).toMatchObject({ error });
});

test('colours come on request and never with NO_COLOR', async () => {
  const [plain, forced, refused] = await Promise.all([
    runCli(['pack', 'list']),
    runCli(['pack', 'list'], { env: { FORCE_COLOR: '1' } }),
    runCli(['pack', 'list'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }),
  ]);
  expect(plain.stdout).not.toContain('\u001b[');
  expect(forced.stdout).toContain('\u001b[');
  expect(refused.stdout).toBe(plain.stdout);
});
