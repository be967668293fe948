import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import type { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProgram } from '../src/program.js';
import { commandTree } from '../src/completion/tree.js';
import { runCli } from './support/cli.js';
import { pressTab, type ShellName } from './support/shell.js';

let folder: ScratchFolder;
beforeAll(async () => {
  folder = await scratchFolder('cli-completion');
  await writeFile(join(folder.path, 'prompts.txt'), 'bone\n');
});
afterAll(async () => {
  await folder.remove();
  await assertNothingLeaks();
});

const missing = (program: string): string | undefined =>
  spawnSync(program, ['--version']).error === undefined ? undefined : `${program} is not installed`;

const lines: readonly (readonly [typed: string, completed: string])[] = [
  ['parse3d comp', 'parse3d completion '],
  ['parse3d batch sh', 'parse3d batch show '],
  ['parse3d tenant add', 'parse3d tenant add-key '],
  ['parse3d completion z', 'parse3d completion zsh '],
  ['parse3d submit --mod', 'parse3d submit --modality '],
  ['parse3d submit x.nii --modality light', 'parse3d submit x.nii --modality lightsheet '],
  ['parse3d batch items --status op', 'parse3d batch items --status open '],
  ['parse3d status --status wai', 'parse3d status --status waiting '],
  ['parse3d submit --prompts pro', 'parse3d submit --prompts prompts.txt '],
  ['parse3d segment pro', 'parse3d segment prompts.txt '],
];

for (const shell of ['bash', 'zsh'] as const satisfies readonly ShellName[]) {
  const reason = missing(shell) ?? missing('script');
  const inShell = reason === undefined || process.env['CI'] !== undefined ? test : test.skip;
  inShell(
    `${shell} completes commands, options, their values and files${reason === undefined ? '' : ` (skipped: ${reason})`}`,
    async () => {
      const made = await runCli(['completion', shell]);
      expect(made.code, made.stderr).toBe(0);
      const script = join(folder.path, `completion.${shell}`);
      await writeFile(script, made.stdout);
      const typed = lines.map(([line]) => line);
      const completed = await pressTab(shell, script, folder.path, typed);
      expect(completed).toEqual(lines.map(([, line]) => line));
    },
  );
}

test('another shell is wrong usage', async () => {
  const run = await runCli(['completion', 'fish']);
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toMatch(/bash, zsh/);
});

test('every command teaches by example', async () => {
  const program = await createProgram();
  const leaves = commandTree(program).filter(({ commands }) => commands.length === 0);
  expect(leaves.length).toBeGreaterThan(30);
  for (const { path } of leaves) {
    expect([path, helpOf(program, path)]).toEqual([
      path,
      expect.stringMatching(/Examples:\n {2}# .+\n {2}\$ .*parse3d /),
    ]);
  }
});

function helpOf(program: Command, path: string): string {
  let command = program;
  for (const word of path.split(' ').slice(1)) {
    command = command.commands.find((sub) => sub.name() === word) ?? command;
  }
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}
