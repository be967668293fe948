import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { assertNothingLeaks, eventually, freePort, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { SupervisedProgram } from '../src/stack/supervised.js';

const SERVER = `
const server = require('node:http').createServer((request, response) => {
  if (request.url === '/hang') for (;;);
  response.end('ok');
});
server.listen(Number(process.argv[1]), '127.0.0.1', () => process.send('ready'));
`;

let folder: ScratchFolder;
let program: SupervisedProgram;
let url: string;
let said: string[];

beforeEach(async () => {
  folder = await scratchFolder('supervised');
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  said = [];
  program = new SupervisedProgram({
    name: 'server',
    file: process.execPath,
    args: ['-e', SERVER, String(port)],
    env: {},
    logFile: join(folder.path, 'server.log'),
    ready: (child) => new Promise((resolve) => child.once('message', () => resolve())),
    answers: async (signal) => void (await fetch(url, { signal })),
    lookEveryMs: 100,
    stopGraceMs: 1_000,
    onChange: (text) => said.push(text),
    onProcess: () => undefined,
  });
  await program.start();
});
afterEach(async () => {
  await program.stop();
  await folder.remove();
});
afterAll(assertNothingLeaks);

test('a program that lives and no longer answers is ended and started again', async () => {
  const before = program.identity?.pid;
  await fetch(`${url}/hang`, { signal: AbortSignal.timeout(50) }).catch(() => undefined);
  await eventually(() => said.includes('server is back'), { what: 'the server to be back' });
  expect(said[0]).toBe('server does not answer any more; ending it');
  expect(program.identity?.pid).not.toBe(before);
  expect((await fetch(url)).ok).toBe(true);
});

test('a program that answers late once is left alone', async () => {
  const before = program.identity?.pid;
  process.kill(before ?? 0, 'SIGSTOP');
  await expect(fetch(url, { signal: AbortSignal.timeout(120) })).rejects.toThrow();
  process.kill(before ?? 0, 'SIGCONT');
  await eventually(async () => (await fetch(url)).ok, { what: 'an answer' });
  expect(program.identity?.pid).toBe(before);
});
