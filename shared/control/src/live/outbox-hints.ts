import type { Redis } from 'ioredis';
import { blobKeys, parseBlobKeys } from '@parse3d/contract';
import type { RedisKeys } from './keys.js';

/** One delivery that is due, as it travels. */
export interface DueDelivery {
  readonly tenant: string;
  readonly endpointId: string;
  readonly deliveryId: string;
}

/** Hints to the leader that deliveries are due. They make webhooks fast; the markers in storage make them certain. */
export class OutboxHints {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;

  constructor(redis: Redis, keys: RedisKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async add(due: readonly DueDelivery[]): Promise<void> {
    if (due.length === 0) return;
    await this.#redis.sadd(this.#keys.outbox, ...due.map(hintOf));
  }

  /** Takes off at most so many hints; undefined when there are none. */
  async take(count: number): Promise<DueDelivery[] | undefined> {
    const hints = await this.#redis.spop(this.#keys.outbox, count);
    if (hints.length === 0) return undefined;
    return hints.map(parseHint).filter((due) => due !== undefined);
  }
}

/** `<tenant>/<endpoint>/<delivery>`, as in the marker's key. */
const hintOf = ({ tenant, endpointId, deliveryId }: DueDelivery): string =>
  blobKeys.outbox(tenant, endpointId, deliveryId).slice(blobKeys.outboxPrefix.length, -'.json'.length);

const parseHint = (hint: string): DueDelivery | undefined =>
  parseBlobKeys.outbox(`${blobKeys.outboxPrefix}${hint}.json`);
