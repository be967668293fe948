import type { Manifest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { Tenants } from '@parse3d/platform/access';
import type { Tracing } from '@parse3d/platform/telemetry';
import type { Stores } from '@parse3d/storage';
import { Batches } from './batches/batches.js';
import { Dispatcher, type DispatcherOptions } from './feeding/dispatcher.js';
import { Admission } from './jobs/admission.js';
import type { ControlDeps, ControlLog } from './jobs/deps.js';
import { Jobs } from './jobs/jobs.js';
import { openLedger } from './ledger/ledger.js';
import type { Software } from './ledger/manifests.js';
import type { Backlog } from './live/backlog.js';
import { QUEUE_NAME, bullWorkerTimings } from './live/bull.js';
import { connectRedis, whenReady, type ConnectionRole, type Redis } from './live/connection.js';
import type { EventHub } from './live/event-hub.js';
import { openLive } from './live/live.js';
import type { DueDelivery } from './live/outbox-hints.js';
import type { Pace } from './live/pace.js';
import type { RuleRefusals } from './live/refusals.js';
import { startDeliveries } from './live/webhook-queue.js';
import type { Workers } from './live/workers.js';
import { Outbox } from './webhooks/outbox.js';
import { DeliveryRelay } from './webhooks/relay.js';
import { Webhooks } from './webhooks/webhooks.js';

/** Longest wait for Redis at the start, in ms, of a process that answers requests. */
const REDIS_START_MS = 10_000;

export interface ControlOptions {
  readonly redis: {
    readonly url: string;
    /** All keys begin with it. */
    readonly prefix: string;
    /** `request`: commands fail soon while Redis is away. `blocking`: they wait for it. */
    readonly role: ConnectionRole;
  };
  readonly stores: Stores;
  readonly software: Software;
  readonly tracing: Tracing;
  readonly log: ControlLog;
  /** Called once for every run that this process ended. */
  readonly onCommitted?: (manifest: Manifest) => void;
}

export interface FeedingOptions extends Omit<DispatcherOptions, 'weightOf' | 'tracing'> {
  /** One attempt of a delivery: `again` for another one later. */
  readonly deliver: (due: DueDelivery, signal: AbortSignal) => Promise<'done' | 'again'>;
}

/** What goes on beside the answering of requests. */
export interface Feeding {
  /** True while this process feeds the queue. */
  readonly leading: boolean;
  stop(): Promise<void>;
}

/** The life of jobs and batches, in storage and in Redis. */
export interface Control {
  readonly jobs: Jobs;
  readonly batches: Batches;
  readonly webhooks: Webhooks;
  readonly workers: Workers;
  readonly admission: Admission;
  readonly events: EventHub;
  readonly backlog: Backlog;
  readonly pace: Pace;
  readonly refusals: RuleRefusals;
  readonly software: Software;
  /** What a worker of BullMQ needs to take jobs. */
  readonly intake: {
    readonly queueName: string;
    readonly connection: Redis;
    readonly prefix: string;
    readonly timings: typeof bullWorkerTimings;
  };
  /** True while the connection to Redis stands. */
  isConnected(): boolean;
  /**
   * Starts what every api process does beside its requests: sending webhooks, and, in the one that leads, feeding,
   * reconciling, batches, and moving due deliveries to the queue.
   */
  start(options: FeedingOptions): Feeding;
  /** Closes every connection. What was started is stopped before. */
  close(): Promise<void>;
}

/**
 * Connects to Redis and opens the house over it and the stores. Nothing is fed until `start`.
 *
 * @throws Problem `queue-unavailable` when Redis does not answer, unless its role is to wait
 */
export async function openControl(options: ControlOptions): Promise<Control> {
  const { redis: target, stores, software, tracing, log } = options;
  const onRedisError = (error: Error): void => log.warn({ err: error.message }, 'redis connection');
  const redis = connectRedis(target.url, target.role, onRedisError);
  const subscriber = connectRedis(target.url, 'blocking', onRedisError);
  if (target.role === 'request') {
    await waitFor(redis, target.url).catch((error: unknown) => {
      redis.disconnect();
      subscriber.disconnect();
      throw error;
    });
  }
  const live = openLive(redis, subscriber, target.prefix, onRedisError);
  await live.events.start();
  const ledger = openLedger(stores.primary);
  const tenants = new Tenants(stores.primary);
  const deps: ControlDeps = {
    ledger,
    live,
    stores,
    outbox: new Outbox(ledger.webhooks, live.hints),
    software,
    tracing,
    log,
    onCommitted: options.onCommitted ?? (() => undefined),
  };
  const jobs = new Jobs(deps);
  const batches = new Batches(deps, jobs);
  return {
    jobs,
    batches,
    webhooks: new Webhooks(ledger, live),
    workers: live.workers,
    admission: new Admission(live, tenants),
    events: live.events,
    backlog: live.backlog,
    pace: live.pace,
    refusals: live.refusals,
    software,
    intake: {
      queueName: QUEUE_NAME,
      connection: redis,
      prefix: live.keys.bullPrefix,
      timings: bullWorkerTimings,
    },
    isConnected: () => redis.status === 'ready',
    start: ({ deliver, ...feeding }) => {
      const weightOf = async (tenant: string) => (await tenants.get(tenant)).weight;
      const connection = connectRedis(target.url, 'blocking', onRedisError);
      return startFeeding(deps, jobs, batches, { ...feeding, weightOf }, deliver, connection, onRedisError);
    },
    async close() {
      await live.close();
      redis.disconnect();
    },
  };
}

function startFeeding(
  deps: ControlDeps,
  jobs: Jobs,
  batches: Batches,
  options: DispatcherOptions,
  deliver: FeedingOptions['deliver'],
  connection: Redis,
  onRedisError: (error: Error) => void,
): Feeding {
  const { live, log } = deps;
  const relay = new DeliveryRelay(deps, {
    listEveryMs: options.reconcileEveryMs ?? 120_000,
    onError: (error) => log.warn({ err: error }, 'webhooks could not be queued'),
  });
  const dispatcher = new Dispatcher(deps, jobs, batches, {
    ...options,
    onTurn() {
      options.onTurn?.();
      relay.tend();
    },
  });
  // After an outage Redis may have come back empty.
  const onReady = (): void => {
    relay.listSoon();
    dispatcher.reconcileSoon();
  };
  live.redis.on('ready', onReady);
  const unsubscribe = live.events.onFeed(() => dispatcher.wake());
  const stopping = new AbortController();
  const deliveries = startDeliveries(connection, live.keys, (due) => deliver(due, stopping.signal), onRedisError);
  dispatcher.start();
  return {
    get leading() {
      return dispatcher.leading;
    },
    async stop() {
      live.redis.off('ready', onReady);
      unsubscribe();
      await dispatcher.stop();
      await relay.stop();
      stopping.abort();
      await deliveries.stop();
      connection.disconnect();
    },
  };
}

async function waitFor(redis: Redis, url: string): Promise<void> {
  await whenReady(redis, REDIS_START_MS).catch((cause: unknown) => {
    const { protocol, host, pathname } = new URL(url);
    throw new Problem('queue-unavailable', `Redis at ${protocol}//${host}${pathname} does not answer`, {}, { cause });
  });
}
