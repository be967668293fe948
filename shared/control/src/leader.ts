import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Script } from './script.js';

const renewScript = new Script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
`);
const releaseScript = new Script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);

/** A lock in Redis that one process at a time holds and keeps renewing. It chooses who feeds; it guards no data. */
export class LeaderLock {
  readonly #id = randomUUID();
  readonly #redis: Redis;
  readonly #key: string;
  readonly #ttlMs: number;

  constructor(redis: Redis, key: string, ttlMs: number) {
    this.#redis = redis;
    this.#key = key;
    this.#ttlMs = ttlMs;
  }

  /** True while this process leads. */
  async acquireOrRenew(): Promise<boolean> {
    const renewed = await renewScript.run(this.#redis, [this.#key], [this.#id, this.#ttlMs]);
    if (renewed === 1) return true;
    return (await this.#redis.set(this.#key, this.#id, 'PX', this.#ttlMs, 'NX')) === 'OK';
  }

  async release(): Promise<void> {
    await releaseScript.run(this.#redis, [this.#key], [this.#id]);
  }
}
