import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Script } from './script.js';

/** A lock in Redis that one process at a time holds and keeps renewing. It chooses who feeds; it guards no data. */
export class LeaderLock {
  readonly #id = randomUUID();
  readonly #redis: Redis;
  readonly #key: string;
  readonly #ttlMs: number;
  readonly #renew = new Script('lock-renew');
  readonly #release = new Script('lock-release');

  constructor(redis: Redis, key: string, ttlMs: number) {
    this.#redis = redis;
    this.#key = key;
    this.#ttlMs = ttlMs;
  }

  /** True while this process leads. */
  async acquireOrRenew(): Promise<boolean> {
    const renewed = await this.#renew.run(this.#redis, { lock: this.#key, holder: this.#id, ttlMs: this.#ttlMs });
    if (renewed === 1) return true;
    return (await this.#redis.set(this.#key, this.#id, 'PX', this.#ttlMs, 'NX')) === 'OK';
  }

  async release(): Promise<void> {
    await this.#release.run(this.#redis, { lock: this.#key, holder: this.#id });
  }
}

/**
 * A word that the leader leaves in Redis and looks for at every turn. Gone or another one, Redis has lost what it held, or was
 * set back, without its connection ever breaking.
 */
export class Canary {
  readonly #redis: Redis;
  readonly #key: string;
  #word: string | undefined;

  constructor(redis: Redis, key: string) {
    this.#redis = redis;
    this.#key = key;
  }

  /** True once for every loss; and for whoever leads for the first time, who knows nothing of Redis. */
  async isGone(): Promise<boolean> {
    if (this.#word !== undefined && (await this.#redis.get(this.#key)) === this.#word) return false;
    const word = randomUUID();
    await this.#redis.set(this.#key, word);
    this.#word = word;
    return true;
  }

  /** Another process leads, and leaves its own word. */
  leave(): void {
    this.#word = undefined;
  }
}
