import type { Redis } from 'ioredis';
import { JobEvent, parseStored } from '@parse3d/contract';
import type { RedisKeys } from './keys.js';

/** An event with its id in the job's stream, which a client gives back as `Last-Event-ID`. */
export interface NumberedEvent {
  readonly id: string;
  readonly event: JobEvent;
}

/** True for what XADD made: anything else a client sends as `Last-Event-ID` starts from the beginning. */
export function isEventId(id: string): boolean {
  return /^\d{1,16}-\d{1,16}$/.test(id);
}

/**
 * One subscription for any number of listeners: tells them that something happened to a job, never what. Missed
 * messages do no harm, since listeners read the stream, and also read it now and then unasked.
 */
export class EventHub {
  readonly #redis: Redis;
  readonly #subscriber: Redis;
  readonly #keys: RedisKeys;
  readonly #jobListeners = new Map<string, Set<() => void>>();
  readonly #channelListeners = new Map<string, Set<(message: string) => void>>();

  /** @param subscriber a connection of its own, role `blocking`; the hub closes it */
  constructor(redis: Redis, subscriber: Redis, keys: RedisKeys) {
    this.#redis = redis;
    this.#subscriber = subscriber;
    this.#keys = keys;
    subscriber.on('message', (channel: string, message: string) => {
      if (channel === keys.notifyChannel) this.#jobListeners.get(message)?.forEach((listener) => listener());
      this.#channelListeners.get(channel)?.forEach((listener) => listener(message));
    });
  }

  async start(): Promise<void> {
    await this.#subscriber.subscribe(this.#keys.notifyChannel, this.#keys.feedChannel, this.#keys.cancelChannel);
  }

  /** Events of a job after `afterId`, oldest first. */
  async read(jobId: string, afterId?: string): Promise<NumberedEvent[]> {
    const rows = await this.#redis.xrange(this.#keys.events(jobId), afterId === undefined ? '-' : `(${afterId}`, '+');
    // One that this version cannot read is passed over: the others say what became of the job.
    return rows.flatMap(([id, fields]) => {
      try {
        return [{ id, event: parseStored(JobEvent, JSON.parse(fields[1] ?? '{}')) }];
      } catch {
        return [];
      }
    });
  }

  onJob(jobId: string, listener: () => void): () => void {
    return add(this.#jobListeners, jobId, listener);
  }

  onFeed(listener: (jobId: string) => void): () => void {
    return add(this.#channelListeners, this.#keys.feedChannel, listener);
  }

  onCancel(listener: (jobId: string) => void): () => void {
    return add(this.#channelListeners, this.#keys.cancelChannel, listener);
  }

  close(): void {
    this.#subscriber.disconnect();
  }
}

function add<T>(map: Map<string, Set<T>>, key: string, listener: T): () => void {
  const listeners = map.get(key) ?? new Set<T>();
  listeners.add(listener);
  map.set(key, listeners);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) map.delete(key);
  };
}
