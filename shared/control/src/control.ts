import type { Manifest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { ApiKeys, Rights, Tenants } from '@parse3d/platform/access';
import type { Tracing } from '@parse3d/platform/telemetry';
import type { Stores } from '@parse3d/storage';
import { Batches } from './batches/batches.js';
import { startFeeding, type Feeding, type FeedingOptions } from './feeding/feeding.js';
import { NO_LIMITS, StoragePolicy, type StorageLimits } from './jobs/policy.js';
import { Uploads } from './keeping/uploads.js';
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
import type { Pace } from './live/pace.js';
import type { RuleRefusals } from './live/refusals.js';
import type { UsageCounters } from './live/usage.js';
import { UnreadableRecords } from './live/unreadable.js';
import type { Workers } from './live/workers.js';
import { Outbox } from './webhooks/outbox.js';
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
  /** @default no limits, but for the time that unused uploads are kept */
  readonly limits?: StorageLimits;
  /** Called once for every run that this process ended. */
  readonly onCommitted?: (manifest: Manifest) => void;
}

/** The life of jobs and batches, in storage and in Redis. */
export interface Control {
  readonly jobs: Jobs;
  readonly batches: Batches;
  readonly webhooks: Webhooks;
  readonly apiKeys: ApiKeys;
  /** Asked by whoever acts in the name of a key. */
  readonly rights: Rights;
  /** Records in storage that cannot be read. */
  readonly unreadable: UnreadableRecords;
  readonly workers: Workers;
  readonly admission: Admission;
  /** What tenants may store and for how long. */
  readonly policy: StoragePolicy;
  /** What they have stored. */
  readonly usage: UsageCounters;
  readonly uploads: Uploads;
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
   * reconciling, batches, moving due deliveries to the queue, and removing what has outlived its time.
   */
  start(options: Omit<FeedingOptions, 'weightOf'>): Feeding;
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
  const unreadable = new UnreadableRecords(redis, live.keys, (key, problem) =>
    log.warn({ key, err: problem }, 'a record cannot be read and is passed over'),
  );
  const ledger = openLedger(stores.primary, unreadable.note);
  const tenants = new Tenants(stores.primary, unreadable.note);
  const apiKeys = new ApiKeys(stores.primary, unreadable.note);
  const rights = new Rights(apiKeys, tenants);
  const policy = new StoragePolicy(live.usage, tenants, stores.primary, options.limits ?? NO_LIMITS);
  const deps: ControlDeps = {
    ledger,
    policy,
    live,
    stores,
    outbox: new Outbox(ledger.webhooks, live.hints, rights),
    rights,
    unreadable,
    software,
    tracing,
    log,
    onCommitted: options.onCommitted ?? (() => undefined),
  };
  const jobs = new Jobs(deps);
  const batches = new Batches(deps, jobs);
  const webhooks = new Webhooks(ledger, live);
  return {
    jobs,
    batches,
    webhooks,
    apiKeys,
    rights,
    unreadable,
    workers: live.workers,
    admission: new Admission(live, tenants, policy),
    policy,
    usage: live.usage,
    uploads: new Uploads(ledger, live.usage),
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
    start(feeding) {
      const weightOf = async (tenant: string): Promise<number> => (await tenants.get(tenant)).weight;
      const connection = connectRedis(target.url, 'blocking', onRedisError);
      return startFeeding(deps, { jobs, batches, webhooks, tenants }, { ...feeding, weightOf }, connection);
    },
    async close() {
      await live.close();
      redis.disconnect();
    },
  };
}

async function waitFor(redis: Redis, url: string): Promise<void> {
  await whenReady(redis, REDIS_START_MS).catch((cause: unknown) => {
    const { protocol, host, pathname } = new URL(url);
    throw new Problem('queue-unavailable', `Redis at ${protocol}//${host}${pathname} does not answer`, {}, { cause });
  });
}
