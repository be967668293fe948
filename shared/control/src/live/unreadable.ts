import type { Redis } from 'ioredis';
import type { Problem } from '@parse3d/contract/problems';
import { z } from 'zod';
import type { RedisKeys } from './keys.js';

/** Unreadable records that are named; a bucket full of them must not fill memory. */
const MOST_NAMED = 1_000;

/** What nobody has met again for so long is mended, or gone, or of no concern. Unit: ms. */
const KEPT_MS = 15 * 60_000;

/** A record is met again and again; so often it is noted. Unit: ms. */
const NOTE_EVERY_MS = 60_000;

/** A record in storage that cannot be read and was passed over. */
export interface UnreadableRecord {
  readonly key: string;
  readonly detail: string;
  /** When it was last met. ISO 8601. */
  readonly at: string;
}

const Noted = z.object({ detail: z.string(), at: z.string() });

/**
 * Records in storage that some process could not read and passed over. They stay where they are: a later version may read
 * them. Each is logged once a process, and noted in Redis for status, metrics and `doctor`; while Redis is away the log
 * has them, and whoever meets them again notes them again.
 */
export class UnreadableRecords {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #said = new Map<string, number>();
  readonly #onFirst: (key: string, problem: Problem) => void;

  /** @param onFirst called once for every record */
  constructor(redis: Redis, keys: RedisKeys, onFirst: (key: string, problem: Problem) => void) {
    this.#redis = redis;
    this.#key = keys.unreadable;
    this.#onFirst = onFirst;
  }

  /** Can be handed on as a function. */
  readonly note = (key: string, problem: Problem): void => {
    const said = this.#said.get(key);
    if (said === undefined && this.#said.size >= MOST_NAMED) return;
    if (said !== undefined && performance.now() - said < NOTE_EVERY_MS) return;
    this.#said.set(key, performance.now());
    if (said === undefined) this.#onFirst(key, problem);
    const noted: z.infer<typeof Noted> = { detail: problem.message, at: new Date().toISOString() };
    this.#redis.hset(this.#key, key, JSON.stringify(noted)).catch(() => this.#said.delete(key));
  };

  /** What was met lately, by name. */
  async list(): Promise<UnreadableRecord[]> {
    const found = Object.entries(await this.#redis.hgetall(this.#key));
    const records: UnreadableRecord[] = [];
    for (const [key, text] of found) {
      const noted = parsed(text);
      if (noted !== undefined && Date.now() - Date.parse(noted.at) < KEPT_MS) records.push({ key, ...noted });
      else await this.#redis.hdel(this.#key, key);
    }
    return records.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** It can be read again, or is gone. */
  async forget(key: string): Promise<void> {
    this.#said.delete(key);
    await this.#redis.hdel(this.#key, key);
  }
}

function parsed(text: string): z.infer<typeof Noted> | undefined {
  try {
    return Noted.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
