import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectRedis, whenReady, type Redis } from '../src/live/connection.js';
import { Script } from '../src/live/script.js';
import { assertNothingLeaks, startRedis, type TestRedis } from '@parse3d/testing';

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, 'request', () => undefined);
  await whenReady(redis, 10_000);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
  await assertNothingLeaks();
});

test('every script compiles in Redis', async () => {
  const files = (await readdir(new URL('../src/live/lua/', import.meta.url))).filter((name) => name.endsWith('.lua'));
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) await redis.script('LOAD', new Script(file.slice(0, -'.lua'.length)).lua);
});

test('arguments are given by name, in any order, and a missing or unknown one is refused before Redis is asked', async () => {
  const renew = new Script('lock-renew');
  await redis.set('lock', 'me');
  expect(await renew.run(redis, { ttlMs: 5_000, holder: 'me', lock: 'lock' })).toBe(1);
  expect(await redis.pttl('lock')).toBeGreaterThan(0);
  await expect(renew.run(redis, { lock: 'lock', holder: 'me' })).rejects.toThrow('without ttlMs');
  await expect(renew.run(redis, { lock: 'lock', holder: 'me', ttlMs: 1, owner: 'me' })).rejects.toThrow(
    'no argument owner',
  );
});

test('a Redis that forgot its scripts is given them again, by single calls and by many at once', async () => {
  const release = new Script('lock-release');
  const locks = ['a', 'b', 'c'];
  for (const lock of locks) await redis.set(lock, 'me');
  await redis.script('FLUSH');
  expect(await release.run(redis, { lock: 'a', holder: 'me' })).toBe(1);
  await redis.script('FLUSH');
  expect(
    await release.runAll(
      redis,
      locks.map((lock) => ({ lock, holder: 'me' })),
    ),
  ).toEqual([0, 1, 1]);
});
