import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const program = (fd: number, lines: number): string => `
  import { openLog } from '@parse3d/platform/telemetry';
  import { openSync } from 'node:fs';
  const log = openLog('test', 'info', ${fd === 1 ? 1 : "openSync('/dev/full', 'w')"});
  for (let line = 0; line < ${lines}; line++) log.info({ line, text: 'x'.repeat(1000) }, 'line');
  setTimeout(() => process.exit(7), 200);
`;

test('a place that takes no line of the log does not end the process', async () => {
  // More lines than may wait.
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(2, 3_000)], { stdio: 'pipe' });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  expect(complaint).toBe('');
  expect(code).toBe(7);
});

test('a reader of the log that goes away does not end the process', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(1, 3_000)], { stdio: 'pipe' });
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(7);
});
