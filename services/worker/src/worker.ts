import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { pause } from '@parse3d/async';
import { software } from '@parse3d/contract/software';
import { storageFromEnv, tracingFromEnv } from '@parse3d/platform/config';
import { readPackCatalog } from '@parse3d/contract/packs';
import {
  bullWorkerTimings,
  connectRedis,
  EventHub,
  heartbeat,
  JobRecords,
  QUEUE_NAME,
  redisKeys,
  signOff,
  type WorkerInfo,
} from '@parse3d/control';
import { openStores } from '@parse3d/storage';
import { startTracing } from '@parse3d/platform/telemetry';
import type { Logger } from 'pino';
import { sweepScratch } from './attempt/scratch.js';
import { ChildPool } from './child/pool.js';
import type { WorkerConfig } from './config.js';
import { serveHealth } from './health.js';
import { createMetrics } from './metrics.js';
import { openBullWorker, Processor } from './processor.js';

const HEARTBEAT_MS = 5_000;

/**
 * So many jobs per slot may be stored beside those that are fetched and computed. More would leave nothing waiting of the
 * four jobs per slot that the feeder keeps in BullMQ, and a slow store would pile them up.
 */
const STORING_PER_SLOT = 2;

export interface RunningWorker {
  readonly id: string;
  readonly metricsPort: number;
  /** Takes nothing new, gives running jobs their drain time, hands the rest back, frees everything. */
  stop(): Promise<void>;
}

/** Wires a worker and begins to take jobs once every pack is verified. */
export async function startWorker(config: WorkerConfig, log: Logger, env: NodeJS.ProcessEnv): Promise<RunningWorker> {
  const id = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const made = software(env);
  const tracing = await startTracing({
    service: 'parse3d-worker',
    version: made.version,
    ...tracingFromEnv(config),
    onError: (message) => log.warn({ err: message }, 'tracing'),
  });
  const keys = redisKeys(config.PARSE3D_REDIS_PREFIX);
  const onRedisError = (error: Error): void => log.warn({ err: error.message }, 'redis connection');
  const redis = connectRedis(config.PARSE3D_REDIS_URL, 'blocking', onRedisError);
  const hub = new EventHub(connectRedis(config.PARSE3D_REDIS_URL, 'blocking', onRedisError), keys);
  const stores = openStores(storageFromEnv(config));
  const packs = await readPackCatalog(config.PARSE3D_PACKS);
  const swept = await sweepScratch(config.PARSE3D_SCRATCH);
  if (swept > 0) log.info({ swept }, 'scratch of dead workers removed');

  const children = new ChildPool(config.PARSE3D_WORKER_SLOTS, {
    packFolders: config.PARSE3D_PACKS,
    device: config.PARSE3D_DEVICE,
    threads: config.PARSE3D_THREADS,
    sliceBatch: config.PARSE3D_SLICE_BATCH,
    memoryCapBytes: config.PARSE3D_CHILD_MEMORY,
    jobsPerChild: config.PARSE3D_CHILD_JOBS,
    stallMs: config.PARSE3D_CHILD_STALL,
    graceMs: config.PARSE3D_CHILD_GRACE,
    onLog: (line) => log.warn({ line }, 'child'),
    onModelLoaded: (packId, durationMs) => metrics.modelLoaded(packId, durationMs),
  });
  await children.start();

  const metrics = createMetrics({
    activeJobs: () => processor.activeCount,
    childMemoryBytes: () => children.memoryBytes,
    childMemoryLimitBytes: config.PARSE3D_CHILD_MEMORY * config.PARSE3D_WORKER_SLOTS,
  });
  // A job that is being stored holds no slot: others are fetched and computed meanwhile.
  const mostStoring = STORING_PER_SLOT * config.PARSE3D_WORKER_SLOTS;
  const onStoring = (count: number): void => {
    bull.concurrency = prefetching(config) + Math.min(count, mostStoring);
  };
  const processor: Processor = new Processor(
    {
      config,
      log,
      records: new JobRecords(redis, keys, { onCommitted: (manifest) => metrics.jobEnded(manifest) }),
      stores,
      children,
      packs,
      software: made,
      metrics,
      tracing,
      workerId: id,
    },
    onStoring,
  );
  await hub.start();
  hub.onCancel((jobId) => processor.cancel(jobId));

  const info: WorkerInfo = {
    id,
    host: hostname(),
    pid: process.pid,
    slots: config.PARSE3D_WORKER_SLOTS,
    device: config.PARSE3D_DEVICE,
    packs: children.packs.map((pack) => pack.id),
    startedAt: new Date().toISOString(),
    draining: false,
  };
  let draining = false;
  const beat = (): void => {
    heartbeat(redis, keys, { ...info, draining }).catch(onRedisError);
  };
  beat();
  const beating = setInterval(beat, HEARTBEAT_MS);

  const bull = openBullWorker(processor, {
    connection: redis,
    prefix: keys.bullPrefix,
    queueName: QUEUE_NAME,
    name: id,
    timings: bullWorkerTimings,
    telemetry: tracing.bull,
    concurrency: prefetching(config),
    onError: (error) => log.warn({ err: error.message }, 'queue'),
  });
  const health = await serveHealth({
    registry: metrics.registry,
    host: config.PARSE3D_WORKER_HOST,
    port: config.PARSE3D_WORKER_METRICS_PORT,
    ready: () => !draining && redis.status === 'ready',
  });
  log.info({ workerId: id, slots: info.slots, device: info.device, packs: info.packs }, 'worker takes jobs');

  return {
    id,
    metricsPort: health.port,
    async stop() {
      draining = true;
      beat();
      // `true`: do not wait for running jobs here, they have their own budget.
      await bull.pause(true);
      await within(config.PARSE3D_WORKER_DRAIN, () => processor.activeCount === 0);
      processor.abandonAll();
      await bull.close();
      clearInterval(beating);
      await children.stop();
      await signOff(redis, keys, id).catch(() => undefined);
      hub.close();
      redis.disconnect();
      await stores.close();
      await health.close();
      await tracing.shutdown();
    },
  };
}

/** One more than the slots: while the children compute, the parent already downloads the next volume. */
const prefetching = (config: WorkerConfig): number => config.PARSE3D_WORKER_SLOTS + 1;

async function within(budgetMs: number, done: () => boolean): Promise<void> {
  const until = Date.now() + budgetMs;
  while (!done() && Date.now() < until) await pause(50);
}
