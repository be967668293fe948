import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';
import { assertNothingLeaks, eventually, freePorts, scratchFolder, startRedis, type TestRedis } from '../src/index.js';

afterAll(assertNothingLeaks);

describe('eventually', () => {
  it('gives what the check brings, once it is truthy and no longer throws', async () => {
    let looks = 0;
    const check = (): string | undefined => {
      looks++;
      if (looks === 1) throw new Error('not yet');
      return looks === 3 ? 'there' : undefined;
    };
    expect(await eventually(check, { everyMs: 1 })).toBe('there');
  });

  it('says what it waited for and what it saw last', async () => {
    const options = { timeoutMs: 5, everyMs: 1, what: 'the moon' };
    await expect(eventually(() => 0, options)).rejects.toThrow('waited 5 ms for the moon; last seen: 0');
    const fail = (): never => {
      throw new Error('clouds');
    };
    await expect(eventually(fail, options)).rejects.toThrow(/the last look failed: .*clouds/);
  });
});

describe('a redis-server of a test', () => {
  const withClient = async <T>(redis: TestRedis, use: (client: Redis) => Promise<T>): Promise<T> => {
    const client = new Redis(redis.url);
    try {
      return await use(client);
    } finally {
      client.disconnect();
    }
  };

  it('never evicts and takes no snapshots', async () => {
    const redis = await startRedis();
    try {
      const settings = await withClient(redis, async (client) => [
        await client.config('GET', 'maxmemory-policy'),
        await client.config('GET', 'save'),
        await client.config('GET', 'appendonly'),
      ]);
      expect(settings).toEqual([
        ['maxmemory-policy', 'noeviction'],
        ['save', ''],
        ['appendonly', 'no'],
      ]);
    } finally {
      await redis.stop();
    }
    expect(existsSync(redis.dir)).toBe(false);
    expect(await answers(redis.port)).toBe(false);
    await redis.stop();
  });

  it('comes back at the same address after a crash, with its append-only data', async () => {
    const redis = await startRedis({ appendOnly: true, args: ['--appendfsync', 'always'] });
    try {
      const { url, pid } = redis;
      await withClient(redis, (client) => client.set('kept', 'yes'));
      await redis.kill();
      expect(await answers(redis.port)).toBe(false);
      await redis.restart();
      expect(redis.url).toBe(url);
      expect(redis.pid).not.toBe(pid);
      expect(await withClient(redis, (client) => client.get('kept'))).toBe('yes');
    } finally {
      await redis.stop();
    }
  });

  it('that cannot start says why', async () => {
    const starting = startRedis({ args: ['--no-such-setting', '1'] });
    await expect(starting).rejects.toThrow(/redis-server ended \(1\).*no-such-setting/s);
  });
});

it('what a test leaves behind fails it, and is stopped', async () => {
  const folder = await scratchFolder('leak');
  const redis = await startRedis();
  await expect(assertNothingLeaks()).rejects.toThrow(/the folder .*parse3d-leak.*redis-server on port/);
  expect(existsSync(folder.path)).toBe(false);
  expect(await answers(redis.port)).toBe(false);
  await assertNothingLeaks();
});

it('free ports are all different', async () => {
  expect(new Set(await freePorts(20)).size).toBe(20);
});

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
