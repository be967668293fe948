import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, scratchFolder, track } from '@parse3d/testing';
import { expect, test } from 'vitest';
import { blocksOf, repository, type DocBlock } from '../test/support/doc-blocks.js';
import { heading, row } from './support.js';

// The walk of somebody new: every command of the quick start as it stands there, in a fresh clone, one after another.

const PAGE = 'docs/quick-start.md';
/** What the walk finds on the path: no program of this clone, and no setting of this machine. */
const env = Object.fromEntries(
  Object.entries(process.env)
    .filter(([name]) => /^(PATH|HOME|LANG|USER|TERM|npm_config_registry)$/i.test(name))
    .map(([name, value]) => [name, name === 'PATH' ? value?.replaceAll(/[^:]*node_modules[^:]*:/g, '') : value]),
);

test('every command of the quick start, from a fresh clone', async () => {
  const scratch = await scratchFolder('newcomer');
  const clone = join(scratch.path, 'parse3d');
  execFileSync('git', ['clone', '--quiet', repository, clone]);
  const state = join(scratch.path, 'variables');
  await writeFile(state, '');
  const run = (script: string): ChildProcess =>
    spawn('bash', ['-c', `set -eao pipefail; . "${state}"; ${script}\nexport -p > "${state}"`], {
      cwd: clone,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  row(heading('newcomer'), '');
  const startedAt = performance.now();
  let up: ChildProcess | undefined;
  for (const block of blocksOf(PAGE).filter(({ language }) => language === 'sh')) {
    const blockStartedAt = performance.now();
    if (block.background) up = await background(block, run);
    else await inFront(block, run);
    row(block.text.trim().split('\n').join(' ⏎ ').slice(0, 62), seconds(blockStartedAt));
  }
  row('all of it', seconds(startedAt));
  if (up?.pid !== undefined) {
    const gone = once(up, 'close');
    process.kill(-up.pid, 'SIGTERM');
    await gone;
  }
  await scratch.remove();
}, 1_200_000);

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function inFront({ text }: DocBlock, run: (script: string) => ChildProcess): Promise<void> {
  const shell = run(text);
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream?.on('data', (part: Buffer) => (output += part.toString()));
  const [code] = await once(shell, 'close');
  expect(code, `${text}\n${output}`).toBe(0);
}

/** Leaves the block running, once it has printed its key, which the walker copies as `KEY`. */
async function background({ text }: DocBlock, run: (script: string) => ChildProcess): Promise<ChildProcess> {
  const shell = run(text);
  const untrack = track('the service of the quick start', () => {
    if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
  });
  shell.once('close', untrack);
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream?.on('data', (part: Buffer) => (output += part.toString()));
  const key = await eventually(() => /\b(p3d_\S+)/.exec(output)?.[1], {
    timeoutMs: 120_000,
    what: `the service to print its key; it says: ${output}`,
  });
  await once(run(`KEY=${key}`), 'close');
  return shell;
}
