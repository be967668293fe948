import type { Redis } from 'ioredis';
import { Refusal } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { parseRecord } from '@parse3d/storage';
import type { RedisKeys } from './keys.js';

/** Refusals kept for a rule, and for how long, in seconds. */
const KEPT = 100;
const TTL_SECONDS = 7 * 24 * 3_600;

/** Objects that matched a rule and could make no job, the latest first. A help for people: losing it loses no work. */
export class RuleRefusals {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;

  constructor(redis: Redis, keys: RedisKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Lines that cannot be read are passed over: they must not keep the next refusal from being noted. */
  async list(ruleId: string): Promise<Refusal[]> {
    const lines = await this.#redis.lrange(this.#keys.ruleRefusals(ruleId), 0, -1);
    return lines.flatMap((line) => {
      try {
        return [parseRecord('a refusal of a rule', line, Refusal)];
      } catch (error) {
        if (isProblem(error, 'record-invalid')) return [];
        throw error;
      }
    });
  }

  /** Notes a refusal once: a message that comes again, and the listing after it, find the same. */
  async note(ruleId: string, refusal: Refusal): Promise<void> {
    const known = await this.list(ruleId);
    if (known.some(({ uri, code }) => uri === refusal.uri && code === refusal.code)) return;
    const key = this.#keys.ruleRefusals(ruleId);
    await this.#redis
      .multi()
      .lpush(key, JSON.stringify(refusal))
      .ltrim(key, 0, KEPT - 1)
      .expire(key, TTL_SECONDS)
      .exec();
  }
}
