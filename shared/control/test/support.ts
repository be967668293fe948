import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { JobRequest, newBatchId, type BatchRecord } from '@parse3d/contract';
import {
  connectRedis,
  JobRecords,
  openQueue,
  redisKeys,
  whenReady,
  type RedisKeys,
  type SegmentQueue,
} from '../src/index.js';
import { createBucketIfMissing, openStores, type BlobStore, type Stores } from '@parse3d/storage';
import { scratchFolder, startRedis, type TestRedis } from '@parse3d/testing';

export const software = { name: 'parse3d', version: '0.0.0-test' } as const;

/** A real Redis and a real file store, with the queue's parts on them. */
export interface QueueBench {
  readonly server: TestRedis;
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly queue: SegmentQueue;
  readonly records: JobRecords;
  readonly stores: Stores;
  readonly store: BlobStore;
  stop(): Promise<void>;
}

export async function startBench(): Promise<QueueBench> {
  const server = await startRedis();
  const folder = await scratchFolder('queue');
  const keys = redisKeys('test');
  const redis = connectRedis(server.url, 'request', () => undefined);
  await whenReady(redis, 10_000);
  const queue = openQueue(redis, keys);
  queue.on('error', () => undefined);
  const storage = { kind: 'file', root: folder.path, bucket: 'bucket' } as const;
  await createBucketIfMissing(storage);
  const stores = openStores(storage);
  return {
    server,
    redis,
    keys,
    queue,
    records: new JobRecords(redis, keys),
    stores,
    store: stores.primary,
    async stop() {
      await queue.close();
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
