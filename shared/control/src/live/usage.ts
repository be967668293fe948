import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { RedisKeys } from './keys.js';

/** An upload that was cut off with its process no longer counts after this time, in ms. */
const ARRIVING_MS = 3_600_000;

/** A removal that was cut off with its process no longer stands in the way of counting after this time, in ms. */
const REMOVING_MS = 3_600_000;

/** Bytes that a tenant has stored. */
export interface StoredBytes {
  readonly uploads: number;
  readonly results: number;
}

/** The same, with what is arriving and when all of it was last counted. */
export interface KnownUsage extends StoredBytes {
  readonly arriving: number;
  readonly total: number;
  /** ISO 8601; undefined until the first walk after Redis was lost has ended. */
  readonly countedAt: string | undefined;
}

const count = z.coerce.number().int().default(0);
const StoredUsage = z.object({ uploads: count, results: count, countedAt: z.string().optional() });

/**
 * What every tenant has stored, in bytes: counted as it changes, and again from storage at every walk of the keeper, which
 * also makes it again when Redis was lost.
 */
export class UsageCounters {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;

  constructor(redis: Redis, keys: RedisKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async get(tenant: string): Promise<KnownUsage> {
    const [hash, members] = await Promise.all([
      this.#redis.hgetall(this.#keys.usage(tenant)),
      this.#redis.zrangebyscore(this.#keys.arriving(tenant), Date.now(), '+inf'),
    ]);
    const stored = StoredUsage.parse(hash);
    // What is removed during a walk may be taken off twice; the next walk sets it right.
    const uploads = Math.max(0, stored.uploads);
    const results = Math.max(0, stored.results);
    const arriving = members.reduce((sum, member) => sum + Number(member.slice(member.indexOf(':') + 1)), 0);
    return { uploads, results, arriving, total: uploads + results + arriving, countedAt: stored.countedAt };
  }

  async add(tenant: string, kind: keyof StoredBytes, bytes: number): Promise<void> {
    if (bytes === 0) return;
    await this.#redis
      .multi()
      .hincrby(this.#keys.usage(tenant), kind, bytes)
      .sadd(this.#keys.usageTenants, tenant)
      .exec();
  }

  /**
   * Takes off what `remove` removes. Of several removals of one thing at the same time only the first is counted: a store
   * does not say whether an object was still there, and the others would take its bytes off again. Killed in between, or
   * where another one was faster, the count is too high until the next walk, and never too low.
   *
   * @param name of the upload, job or batch
   */
  async takeOff<T extends { readonly bytes: number }>(
    tenant: string,
    kind: keyof StoredBytes,
    name: string,
    remove: () => Promise<T>,
  ): Promise<T> {
    const key = this.#keys.removing(name);
    const isFirst = (await this.#redis.set(key, '1', 'PX', REMOVING_MS, 'NX')) === 'OK';
    try {
      const removed = await remove();
      if (isFirst) await this.add(tenant, kind, -removed.bytes);
      return removed;
    } finally {
      if (isFirst) await this.#redis.del(key);
    }
  }

  /** Counts bytes as arriving, until `arrived`. @returns a name for them */
  async arriving(tenant: string, bytes: number): Promise<string> {
    const key = this.#keys.arriving(tenant);
    const member = `${randomUUID()}:${bytes}`;
    await this.#redis
      .multi()
      .zremrangebyscore(key, '-inf', Date.now())
      .zadd(key, Date.now() + ARRIVING_MS, member)
      .pexpire(key, ARRIVING_MS)
      .exec();
    return member;
  }

  async arrived(tenant: string, members: readonly string[]): Promise<void> {
    if (members.length > 0) await this.#redis.zrem(this.#keys.arriving(tenant), ...members);
  }

  /**
   * Sets what a walk has counted, and keeps what was added since it began.
   *
   * @param before what stood here when the walk began
   */
  async counted(tenant: string, found: StoredBytes, before: StoredBytes, at: Date): Promise<void> {
    const key = this.#keys.usage(tenant);
    await this.#redis
      .multi()
      .hincrby(key, 'uploads', found.uploads - before.uploads)
      .hincrby(key, 'results', found.results - before.results)
      .hset(key, 'countedAt', at.toISOString())
      .sadd(this.#keys.usageTenants, tenant)
      .exec();
  }

  /** What stands here now, unrounded: `before` of a later `counted`. */
  async standing(tenant: string): Promise<StoredBytes> {
    const { uploads, results } = StoredUsage.parse(await this.#redis.hgetall(this.#keys.usage(tenant)));
    return { uploads, results };
  }

  /** Tenants of whom anything is noted here. */
  async tenants(): Promise<string[]> {
    return this.#redis.smembers(this.#keys.usageTenants);
  }

  /** The keeper should look soon. */
  async wakeKeeper(): Promise<void> {
    await this.#redis.set(this.#keys.chores, '1');
  }

  /** Whether it should, since this was last asked. */
  async isKeeperWoken(): Promise<boolean> {
    return (await this.#redis.del(this.#keys.chores)) === 1;
  }
}
