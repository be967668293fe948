import { readFile } from 'node:fs/promises';
import { Problem, problemCodes, problemKinds } from '@parse3d/contract/problems';
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { BatchEnded, Interrupted, JobEnded, UsageError } from '../src/errors/kinds.js';
import { createProgram } from '../src/program.js';
import { exitCodeOf, exitCodes } from '../src/errors/exit-codes.js';

test('every problem has the exit code that its status means', () => {
  for (const code of problemCodes) {
    const { status } = problemKinds[code];
    const expected = status === 404 ? 3 : status === 503 ? 5 : status < 500 ? 4 : 1;
    expect([code, exitCodeOf(new Problem(code, 'x'))]).toEqual([code, expected]);
  }
});

test('a job that ended badly is exit code 1, whatever its problem', () => {
  expect(exitCodeOf(new JobEnded('id', new Problem('nifti-truncated', 'x')))).toBe(1);
  expect(exitCodeOf(new JobEnded('id', new Problem('queue-unavailable', 'x')))).toBe(1);
});

test('a batch that ended with failures is exit code 1', () => {
  expect(exitCodeOf(new BatchEnded('id', 'completed', 'x'))).toBe(1);
});

test('the documents and the help tell every exit code, and no other', async () => {
  const document = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  const told = [...document.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
  expect(told).toEqual(Object.values(exitCodes));
  let help = '';
  const program = await createProgram();
  program.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  const [, section = ''] = /Exit codes:\n((?: {2}.+\n)+)/.exec(help) ?? [];
  const helped = [...section.matchAll(/(?:^| {2})(\d+) /gm)].map(([, code]) => Number(code));
  expect(helped).toEqual(told);
});

test('usage, help, interruption and surprises have their own', () => {
  expect(exitCodeOf(new UsageError('x'))).toBe(2);
  expect(exitCodeOf(new CommanderError(1, 'commander.unknownOption', 'x'))).toBe(2);
  expect(exitCodeOf(new CommanderError(0, 'commander.help', ''))).toBe(0);
  expect(exitCodeOf(new Interrupted())).toBe(130);
  expect(exitCodeOf(new TypeError('x'))).toBe(1);
});
