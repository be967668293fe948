import type { Redis } from 'ioredis';
import type { BlobStore } from '@parse3d/storage';
import type { RedisKeys } from '../keys.js';
import { parseDue, type DueDelivery } from './due.js';
import { listDue } from './outbox.js';
import { enqueueDeliveries, type WebhookQueue } from './queue.js';

/** Deliveries added to the queue in one call. */
const CHUNK = 500;

/**
 * Moves what is due from the outbox into the queue: at once what Redis hints at, and regularly, and after Redis was
 * away, everything that the markers in storage name. Runs in the process that leads.
 */
export class DeliveryRelay {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #queue: WebhookQueue;
  readonly #store: BlobStore;
  readonly #listEveryMs: number;
  readonly #onError: (error: unknown) => void;
  #listAt = 0;
  #pass: Promise<void> | undefined;
  #stopped = false;

  constructor(
    deps: { redis: Redis; keys: RedisKeys; queue: WebhookQueue; store: BlobStore },
    options: { listEveryMs: number; onError: (error: unknown) => void },
  ) {
    this.#redis = deps.redis;
    this.#keys = deps.keys;
    this.#queue = deps.queue;
    this.#store = deps.store;
    this.#listEveryMs = options.listEveryMs;
    this.#onError = options.onError;
  }

  /** Begins a pass unless one is under way. */
  tend(): void {
    if (this.#stopped) return;
    this.#pass ??= this.#move()
      .catch(this.#onError)
      .finally(() => (this.#pass = undefined));
  }

  /** Redis may have lost the queue. */
  listSoon(): void {
    this.#listAt = 0;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#pass;
  }

  async #move(): Promise<void> {
    if (Date.now() >= this.#listAt) {
      this.#listAt = Date.now() + this.#listEveryMs;
      await this.#moveListed();
    }
    for (;;) {
      // Taken off before they are added: a crash in between leaves the markers.
      const hints = await this.#redis.spop(this.#keys.outbox, CHUNK);
      if (hints.length === 0) return;
      await enqueueDeliveries(
        this.#queue,
        hints.map(parseDue).filter((due) => due !== undefined),
      );
    }
  }

  async #moveListed(): Promise<void> {
    let chunk: DueDelivery[] = [];
    for await (const due of listDue(this.#store)) {
      if (this.#stopped) return;
      chunk.push(due);
      if (chunk.length === CHUNK) {
        await enqueueDeliveries(this.#queue, chunk);
        chunk = [];
      }
    }
    if (chunk.length > 0) await enqueueDeliveries(this.#queue, chunk);
  }
}
