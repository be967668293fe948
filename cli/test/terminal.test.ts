import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createProgram } from '../src/program.js';
import { asCalled, COMMAND_WORDS } from '../src/terminal/as-called.js';
import { pace } from '../src/terminal/format.js';
import { Output } from '../src/terminal/output.js';
import { progressBoard } from '../src/terminal/progress.js';
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

test('plain lines come once a second at most, of all lines together, and none a slice', () => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.stubEnv('TERM', 'dumb');
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const board = progressBoard(new Output({ json: false, commandLine: 'parse3d submit' }));
    const lines = ['a.nii.gz', 'b.nii.gz', 'c.nii.gz'].map((name) => board.line(name));
    const told: number[] = [];
    // Ten seconds of 500 slices, for three volumes at a time.
    for (let slice = 1; slice <= 500; slice++) {
      vi.advanceTimersByTime(20);
      for (const line of lines) {
        const before = written.mock.calls.length;
        line.update(slice / 500, `infer ${slice} of 500, 3.0 s left`);
        if (written.mock.calls.length > before) told.push(performance.now());
      }
    }
    expect(told.length).toBeGreaterThan(5);
    expect(told.length).toBeLessThanOrEqual(10);
    expect(told.slice(1).every((at, index) => at - (told[index] ?? 0) >= 1_000)).toBe(true);
    lines.forEach((line) => line.end('completed'));
    expect(written.mock.calls.slice(-3).map(([text]) => text)).toEqual([
      'a.nii.gz: completed\n',
      'b.nii.gz: completed\n',
      'c.nii.gz: completed\n',
    ]);
  } finally {
    vi.useRealTimers();
    written.mockRestore();
    vi.unstubAllEnvs();
  }
});

test('commands in hints, examples and errors are said as the program was called', async () => {
  const npx = { npm_command: 'exec' };
  expect((await createProgram()).commands.map((command) => command.name()).sort()).toEqual([...COMMAND_WORDS]);
  expect(asCalled('see: parse3d key list', npx)).toBe('see: npx parse3d key list');
  expect(asCalled('see: parse3d key list', { npm_command: 'run-script' })).toBe('see: parse3d key list');
  const kept = 'parse3d is up; npx parse3d up; ./bin/parse3d up; derivatives/parse3d key; parse3d needs redis-server';
  expect(asCalled(kept, npx)).toBe(kept);
  expect(asCalled('parse3d batch watch B; parse3d batch results B | xargs -n1 parse3d cancel', npx)).toBe(
    'npx parse3d batch watch B; npx parse3d batch results B | xargs -n1 npx parse3d cancel',
  );
  const [help, wrong, unknown] = await Promise.all([
    runCli(['up', '--help'], { cwd: folder.path, env: npx }),
    runCli(['segment', '--out'], { cwd: folder.path, env: npx }),
    runCli(['pack', 'inspect', 'none'], { cwd: folder.path, env: npx }),
  ]);
  expect(help.stdout).toContain('  $ npx parse3d submit t1.nii.gz');
  expect(wrong.stderr).toContain('error:');
  expect(unknown.stderr).toContain('what there is: npx parse3d pack list');
});

test('rate and time left come once they mean something', () => {
  const MiB = 2 ** 20;
  expect(pace(3 * MiB, 12 * MiB, 0, 500)).toBe(', 3.0 MiB of 12.0 MiB');
  expect(pace(3 * MiB, 12 * MiB, 0, 2_000)).toBe(', 3.0 MiB of 12.0 MiB, 1.5 MiB/s, 6.0 s left');
});
