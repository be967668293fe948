import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pace } from '../src/terminal/format.js';
import { runCli, writePhantom } from './support/cli.js';

const PARSE3D = fileURLToPath(new URL('../bin/parse3d.js', import.meta.url));
const COLOUR = /\u001b\[[0-9;]*m/;

let folder: ScratchFolder;
beforeAll(async () => {
  folder = await scratchFolder('cli-terminal');
  await writePhantom(join(folder.path, 'ct.nii.gz'));
});
afterAll(async () => {
  await folder.remove();
  await assertNothingLeaks();
});

const segment = (out: string): string[] => [
  'segment',
  'ct.nii.gz',
  '--pack',
  'ct-tissue',
  '--prompt',
  'bone',
  '--out',
  out,
];

/** Runs it on a terminal of its own, and returns all that the terminal was sent. */
function onTerminal(args: readonly string[], env: Record<string, string> = {}): string {
  const command = [process.execPath, PARSE3D, ...args].join(' ');
  const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], HOME: folder.path, TERM: 'xterm', ...env },
    encoding: 'utf8',
  });
  expect(status, stdout).toBe(0);
  return stdout;
}

const reason = spawnSync('script', ['--version']).error === undefined ? undefined : 'script is not installed';
const onTty = reason === undefined || process.env['CI'] !== undefined ? test : test.skip;
const why = reason === undefined ? '' : ` (skipped: ${reason})`;

onTty(`a terminal gets bars and colours${why}`, () => {
  const screen = onTerminal(segment('on-terminal'));
  expect(screen).toMatch(/█+/);
  expect(screen).toMatch(/100 %/);
  expect(screen).toMatch(COLOUR);
});

onTty(`with NO_COLOR a terminal gets bars without colours${why}`, () => {
  const screen = onTerminal(segment('no-colour'), { NO_COLOR: '1' });
  expect(screen).toMatch(/█+/);
  expect(screen).not.toMatch(COLOUR);
});

onTty(`a dumb terminal gets plain lines${why}`, () => {
  const screen = onTerminal(segment('dumb'), { TERM: 'dumb' });
  expect(screen).not.toContain('█');
  expect(screen).toMatch(/^ct-tissue: \d+ % /m);
});

test('what is no terminal gets plain lines, and with --json nothing but JSON', async () => {
  const [plain, json] = await Promise.all([
    runCli(segment('plain'), { cwd: folder.path }),
    runCli([...segment('json'), '--json'], { cwd: folder.path }),
  ]);
  expect(plain.stderr).toMatch(/^ct-tissue: \d+ % /m);
  expect(`${plain.stderr}${plain.stdout}`).not.toContain('\u001b');
  expect(json.stderr).toBe('');
  expect(JSON.parse(json.stdout)).toMatchObject({ findings: [{ prompt: 'bone' }] });
});

test('rate and time left come once they mean something', () => {
  const MiB = 2 ** 20;
  expect(pace(3 * MiB, 12 * MiB, 0, 500)).toBe(', 3.0 MiB of 12.0 MiB');
  expect(pace(3 * MiB, 12 * MiB, 0, 2_000)).toBe(', 3.0 MiB of 12.0 MiB, 1.5 MiB/s, 6.0 s left');
});
