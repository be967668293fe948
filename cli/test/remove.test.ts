import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertNothingLeaks, eventually, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../../test/support/stack.js';
import { phantomCtFile } from '../../test/support/volumes.js';
import { runCli, type CliRun } from './support/cli.js';

const PARSE3D = fileURLToPath(new URL('../bin/parse3d.js', import.meta.url));

let stack: Stack;
let folder: ScratchFolder;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await scratchFolder('cli-remove');
  stack = await startStack();
  env = { PARSE3D_URL: stack.api.url, PARSE3D_API_KEY: stack.api.key };
});
afterAll(async () => {
  await stack.stop();
  await folder.remove();
  await assertNothingLeaks();
});

const cli = (...args: string[]): Promise<CliRun> => runCli(args, { cwd: folder.path, env });

/** What the command says on a terminal of its own, where its question is answered so. */
async function onTerminal(command: string, answer: string): Promise<{ code: number | null; screen: string }> {
  const typed = `${process.execPath} ${PARSE3D} ${command}`;
  const child = spawn('script', ['-qfec', typed, join(folder.path, 'typescript')], {
    env: { PATH: process.env['PATH'], TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
  const closed = once(child, 'close');
  await eventually(() => screen.includes('[y/N]'), { what: 'the question' });
  child.stdin.write(`${answer}\n`);
  await closed;
  return { code: child.exitCode, screen };
}

test('a job, a batch and an upload are removed once that is confirmed, and usage says what is left', async () => {
  const uri = await stack.api.upload(await phantomCtFile([12, 10, 8]));
  const { id } = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  await stack.api.ended(id);
  expect((await cli('usage')).stdout).toMatch(/default\n +stored +.* no quota\n[^]*jobs and batches stay/);

  // Without a terminal there is nobody to ask.
  expect(await cli('job', 'rm', id)).toMatchObject({ code: 2, stderr: expect.stringContaining('say --yes') });
  expect(await onTerminal(`job rm ${id}`, 'n')).toMatchObject({ code: 130 });
  expect((await stack.api.send('GET', `/v1/jobs/${id}`)).status).toBe(200);
  const removed = await onTerminal(`job rm ${id}`, 'y');
  expect(removed).toMatchObject({ code: 0, screen: expect.stringContaining(`${id} is removed`) });
  expect(await cli('job', 'show', id)).toMatchObject({ code: 4, stderr: expect.stringContaining('code: purged') });
  expect((await cli('job', 'rm', id, '--yes')).code).toBe(0);

  const other = await stack.api.upload(await phantomCtFile([12, 10, 8]));
  expect((await cli('volume', 'rm', other, '--yes')).stdout).toContain(`${other} is removed`);
  expect((await cli('volume', 'rm', other, '--yes')).code).toBe(3);
  const { json } = await stack.api.send('POST', '/v1/batches', {
    source: { kind: 'items', items: [{ uri: other }] },
    prompts: ['bone'],
  });
  const batchId = String(json['id']);
  await stack.api.batchEnded(batchId);
  const run = await cli('batch', 'rm', batchId, '--yes', '--json');
  expect(JSON.parse(run.stdout)).toMatchObject({ id: batchId, status: 'purged' });
});
