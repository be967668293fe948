import { randomUUID } from 'node:crypto';
import { JobRequest, newBatchId, type BatchRecord } from '@parse3d/contract';
import { ApiKeys, Rights, Tenants } from '@parse3d/platform/access';
import { noTracing } from '@parse3d/platform/telemetry';
import { Batches } from '../src/batches/batches.js';
import { Dispatcher, type DispatcherOptions } from '../src/feeding/dispatcher.js';
import type { ControlDeps } from '../src/jobs/deps.js';
import { Jobs } from '../src/jobs/jobs.js';
import { NO_LIMITS, StoragePolicy } from '../src/jobs/policy.js';
import { openLedger } from '../src/ledger/ledger.js';
import { connectRedis, whenReady, type Redis } from '../src/live/connection.js';
import type { RedisKeys } from '../src/live/keys.js';
import { openLive } from '../src/live/live.js';
import { UnreadableRecords } from '../src/live/unreadable.js';
import { Outbox } from '../src/webhooks/outbox.js';
import { createBucketIfMissing, openStores, type BlobStore } from '@parse3d/storage';
import { scratchFolder, startRedis, type TestRedis } from '@parse3d/testing';

export const software = { name: 'parse3d', version: '0.0.0-test' } as const;

/** A real Redis and a real file store, with the parts of the house on them. */
export interface ControlBench extends ControlDeps {
  readonly server: TestRedis;
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly store: BlobStore;
  readonly jobs: Jobs;
  readonly batches: Batches;
  dispatcher(options: DispatcherOptions): Dispatcher;
  stop(): Promise<void>;
}

export async function startBench(): Promise<ControlBench> {
  const server = await startRedis();
  const folder = await scratchFolder('queue');
  const redis = connectRedis(server.url, 'request', () => undefined);
  await whenReady(redis, 10_000);
  const ignore = (): void => undefined;
  const live = openLive(redis, connectRedis(server.url, 'blocking', ignore), 'test', ignore);
  const storage = { kind: 'file', root: folder.path, bucket: 'bucket' } as const;
  await createBucketIfMissing(storage);
  const stores = openStores(storage);
  const unreadable = new UnreadableRecords(redis, live.keys, ignore);
  const ledger = openLedger(stores.primary, unreadable.note);
  const tenants = new Tenants(stores.primary, unreadable.note);
  const rights = new Rights(new ApiKeys(stores.primary, unreadable.note, 0), tenants);
  const outbox = new Outbox(ledger.webhooks, live.hints, rights);
  const policy = new StoragePolicy(live.usage, tenants, stores.primary, NO_LIMITS);
  const log = { info: ignore, warn: ignore, error: ignore };
  const base = { ledger, live, stores, outbox, rights, unreadable, policy };
  const deps = { ...base, software, tracing: noTracing, log, onCommitted: ignore };
  const jobs = new Jobs(deps);
  const batches = new Batches(deps, jobs);
  return {
    ...deps,
    server,
    redis,
    keys: live.keys,
    store: stores.primary,
    jobs,
    batches,
    dispatcher: (options) => new Dispatcher(deps, jobs, batches, options),
    async stop() {
      await live.close();
      redis.disconnect();
      await stores.close();
      await server.stop();
      await folder.remove();
    },
  };
}

export function jobRequest(overrides: Partial<JobRequest> = {}): JobRequest {
  return JobRequest.parse({
    jobId: randomUUID(),
    run: 1,
    tenant: 'default',
    input: { uri: 'local://bucket/volume.nii.gz', etag: 'e', bytes: 1024 },
    prompts: [{ text: 'bone', label: 1 }],
    pack: { id: 'ct-tissue', version: '1.0.0' },
    modality: 'ct',
    outputs: {},
    options: {},
    lane: 'interactive',
    metadata: {},
    createdAt: new Date().toISOString(),
    requestSha256: 'x',
    ...overrides,
  });
}

/** A batch that lists so many items, as its record stands in storage. */
export function batchRecord(total: number, overrides: Partial<BatchRecord> = {}): BatchRecord {
  const { prompts, pack, modality, outputs, options } = jobRequest();
  return {
    batchId: newBatchId(),
    tenant: 'default',
    createdAt: new Date().toISOString(),
    total,
    bytes: total,
    prompts,
    pack,
    modality,
    outputs,
    options,
    lane: 'batch',
    skipCompleted: false,
    metadata: {},
    source: { kind: 'items' },
    ...overrides,
  };
}
