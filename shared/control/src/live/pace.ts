import type { Redis } from 'ioredis';
import type { Manifest } from '@parse3d/contract';
import type { RedisKeys } from './keys.js';

/** Jobs of a pack that are remembered, and for how long: enough for an estimate, soon following a change of machines. */
const KEPT = 100;
const TTL_SECONDS = 7 * 24 * 3_600;

/** What the latest jobs of a pack took, on the workers that there are. */
export interface RecentPace {
  readonly jobs: number;
  /** Bytes of their volumes in storage, compressed or not as they were. */
  readonly bytes: number;
  /** Time that one slot spent on them, from fetching to upload, in ms. */
  readonly ms: number;
}

/** How fast packs have been lately. Only a help for estimates: losing it loses nothing. */
export class Pace {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;

  constructor(redis: Redis, keys: RedisKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Notes a run that computed its result. Never throws. */
  async note(manifest: Manifest): Promise<void> {
    if (manifest.status !== 'completed' || manifest.reusedFrom !== undefined) return;
    const ms = Object.values(manifest.timingsMs).reduce((sum, stage) => sum + stage, 0);
    const key = this.#keys.pace(manifest.pack.id);
    await this.#redis
      .multi()
      .lpush(key, `${manifest.input.bytes} ${Math.round(ms)}`)
      .ltrim(key, 0, KEPT - 1)
      .expire(key, TTL_SECONDS)
      .exec()
      .catch(() => undefined);
  }

  /** The sums over the latest jobs of a pack, or undefined when none is remembered. */
  async recent(packId: string): Promise<RecentPace | undefined> {
    const lines = await this.#redis.lrange(this.#keys.pace(packId), 0, -1);
    const runs = lines.map((line) => line.split(' ').map(Number));
    if (runs.length === 0) return undefined;
    const sum = (index: number): number => runs.reduce((total, run) => total + (run[index] ?? 0), 0);
    return { jobs: runs.length, bytes: sum(0), ms: sum(1) };
  }
}
