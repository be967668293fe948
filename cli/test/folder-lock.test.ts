import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNothingLeaks, scratchFolder } from '@parse3d/testing';
import { afterAll, expect, test } from 'vitest';
import { lockFolder } from '../src/stack/folder-lock.js';
import { identify, isAlive } from '../src/stack/processes.js';

afterAll(assertNothingLeaks);

test('a folder belongs to one at a time', async () => {
  const folder = await scratchFolder('lock');
  try {
    const file = join(folder.path, 'up.json');
    const lock = await lockFolder(file, () => undefined);
    await lock.record([], 'http://127.0.0.1:1');
    await expect(lockFolder(file, () => undefined)).rejects.toMatchObject({
      code: 'state-conflict',
      fields: { pid: process.pid, url: 'http://127.0.0.1:1' },
    });
    await lock.release();
    await (await lockFolder(file, () => undefined)).release();
  } finally {
    await folder.remove();
  }
});

test('of an owner that was killed the next one ends what is left, and nothing that only has the same number', async () => {
  const folder = await scratchFolder('lock');
  const start = () =>
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  const [left, stranger, owner] = [start(), start(), start()];
  try {
    const identities = [left, stranger, owner].map((child, index) => identify(`p${index}`, child.pid ?? 0));
    const [leftId, strangerId, ownerId] = identities;
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const file = join(folder.path, 'up.json');
    const processes = [leftId, { ...strangerId, startTicks: '1' }];
    await writeFile(file, JSON.stringify({ owner: ownerId, startedAt: new Date().toISOString(), processes }));

    const said: string[] = [];
    const lock = await lockFolder(file, (text) => said.push(text));
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ owner: { pid: process.pid } });
    expect(said.join()).toContain(`p0 (${left.pid})`);
    expect(leftId && isAlive(leftId)).toBe(false);
    expect(strangerId && isAlive(strangerId)).toBe(true);
    await lock.release();
  } finally {
    for (const child of [left, stranger, owner]) child.kill('SIGKILL');
    await folder.remove();
  }
});
