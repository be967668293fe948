import type { Redis } from 'ioredis';
import { Backlog } from './backlog.js';
import { BatchCounters } from './batch-counters.js';
import { openQueue, type SegmentQueue } from './bull.js';
import { EventHub } from './event-hub.js';
import { redisKeys, type RedisKeys } from './keys.js';
import { OutboxHints } from './outbox-hints.js';
import { Pace } from './pace.js';
import { JobRecords } from './records.js';
import { RuleRefusals } from './refusals.js';
import { UsageCounters } from './usage.js';
import { WaitingLists } from './waiting.js';
import { openWebhookQueue, type WebhookQueue } from './webhook-queue.js';
import { Workers } from './workers.js';

/** What Redis knows now. All of it can be rebuilt from the ledger, or is a help whose loss costs no work. */
export interface Live {
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly records: JobRecords;
  readonly waiting: WaitingLists;
  readonly counters: BatchCounters;
  readonly queue: SegmentQueue;
  readonly webhookQueue: WebhookQueue;
  readonly hints: OutboxHints;
  readonly pace: Pace;
  readonly workers: Workers;
  readonly refusals: RuleRefusals;
  readonly backlog: Backlog;
  readonly usage: UsageCounters;
  readonly events: EventHub;
  /** Closes the queues and the subscription; the connection of the commands is the caller's. */
  close(): Promise<void>;
}

/**
 * @param redis for commands
 * @param subscriber for notifications, of role `blocking`
 */
export function openLive(redis: Redis, subscriber: Redis, prefix: string, onError: (error: Error) => void): Live {
  const keys = redisKeys(prefix);
  const queue = openQueue(redis, keys);
  const webhookQueue = openWebhookQueue(redis, keys);
  queue.on('error', onError);
  webhookQueue.on('error', onError);
  const records = new JobRecords(redis, keys);
  const waiting = new WaitingLists(redis, keys, records);
  const events = new EventHub(redis, subscriber, keys);
  return {
    redis,
    keys,
    records,
    waiting,
    counters: new BatchCounters(redis, keys),
    queue,
    webhookQueue,
    hints: new OutboxHints(redis, keys),
    pace: new Pace(redis, keys),
    workers: new Workers(redis, keys),
    refusals: new RuleRefusals(redis, keys),
    backlog: new Backlog(redis, keys, queue, records, waiting),
    usage: new UsageCounters(redis, keys),
    events,
    async close() {
      events.close();
      await queue.close();
      await webhookQueue.close();
    },
  };
}
