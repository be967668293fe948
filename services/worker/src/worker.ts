import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { pause } from '@parse3d/async';
import { software } from '@parse3d/contract/software';
import { storageFromEnv, storageLimitsFromEnv, tracingFromEnv } from '@parse3d/platform/config';
import { readPackCatalog } from '@parse3d/contract/packs';
import { openControl, type WorkerInfo } from '@parse3d/control';
import { Problem } from '@parse3d/contract/problems';
import { openStores, probeRoundTrip } from '@parse3d/storage';
import { startTracing } from '@parse3d/platform/telemetry';
import type { Logger } from 'pino';
import { sweepScratch } from './attempt/scratch.js';
import { ChildPool } from './child/pool.js';
import type { PackRef } from './child/supervisor.js';
import type { WorkerConfig } from './config.js';
import { serveHealth } from './health.js';
import { createMetrics } from './metrics.js';
import { Place, probeDisk } from './place.js';
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
  const stores = openStores(storageFromEnv(config));
  let packs = await readPackCatalog(config.PARSE3D_PACKS);
  const swept = await sweepScratch(config.PARSE3D_SCRATCH);
  if (swept > 0) log.info({ swept }, 'scratch of dead workers removed');

  const children = new ChildPool(config.PARSE3D_WORKER_SLOTS, {
    packFolders: config.PARSE3D_PACKS,
    device: config.PARSE3D_DEVICE,
    threads: config.PARSE3D_THREADS,
    slicesPerPass: config.PARSE3D_SLICE_BATCH,
    memoryCapBytes: config.PARSE3D_CHILD_MEMORY,
    idleMs: config.PARSE3D_CHILD_IDLE,
    jobsPerChild: config.PARSE3D_CHILD_JOBS,
    stallMs: config.PARSE3D_CHILD_STALL,
    graceMs: config.PARSE3D_CHILD_GRACE,
    onLog: (line) => log.warn({ line }, 'child'),
    onModelLoaded: (packId, durationMs) => metrics.modelLoaded(packId, durationMs),
    onPacks: (found) => reportMissing(found),
  });
  const stopping = new AbortController();
  // The place can be at fault before there are jobs to keep away from it: a file of a pack is away while it starts.
  let applyFitness = (): void => undefined;
  const place = new Place({
    probes: {
      disk: () => probeDisk(config.PARSE3D_SCRATCH),
      // Whether the machine can start a process shows when it is asked to.
      machine: () => Promise.resolve(),
      storage: async () => {
        await probeRoundTrip(stores.primary);
      },
      pack: async (packId) => {
        packs = await readPackCatalog(config.PARSE3D_PACKS);
        packs.get(packId);
        await children.checkPack(packId, stopping.signal);
      },
    },
    onChange: (troubles) => {
      log.warn({ troubles }, troubles.length === 0 ? 'the place is well again' : 'the place is at fault');
      applyFitness();
    },
  });
  /** A child may find less than an earlier one: what is announced must be what every child can run. */
  const reportMissing = (found: readonly PackRef[]): void => {
    for (const { id, version } of packs.packs) {
      if (found.some((pack) => pack.id === id && pack.version === version)) continue;
      place.report(
        `pack:${id}`,
        new Problem('pack-unavailable', `${id} ${version} could not be opened`, { packId: id }),
      );
    }
  };
  await children.start();
  // Packs that are named and cannot be opened may come back; where none is named a setting is wrong.
  if (packs.packs.length === 0) {
    const folders = config.PARSE3D_PACKS.join(', ');
    throw new Problem('pack-invalid', `no usable pack in ${folders}; the log says what is wrong with each`, {
      folders,
    });
  }

  const metrics = createMetrics({
    activeJobs: () => processor.activeCount,
    childMemoryBytes: () => children.memoryBytes,
    childMemoryLimitBytes: config.PARSE3D_CHILD_MEMORY * config.PARSE3D_WORKER_SLOTS,
    troubles: () => place.troubles,
  });
  // A job that is being stored holds no slot: others are fetched and computed meanwhile.
  const mostStoring = STORING_PER_SLOT * config.PARSE3D_WORKER_SLOTS;
  const onStoring = (count: number): void => {
    bull.concurrency = prefetching(config) + Math.min(count, mostStoring);
  };
  const control = await openControl({
    redis: { url: config.PARSE3D_REDIS_URL, prefix: config.PARSE3D_REDIS_PREFIX, role: 'blocking' },
    stores,
    software: made,
    tracing,
    log,
    limits: storageLimitsFromEnv(config),
    onCommitted: (manifest) => metrics.jobEnded(manifest),
  });
  const processor: Processor = new Processor(
    {
      config,
      log,
      jobs: control.jobs,
      stores,
      children,
      packs: () => packs,
      place,
      metrics,
      tracing,
      workerId: id,
    },
    onStoring,
  );
  control.events.onCancel((jobId) => processor.cancel(jobId));

  const info = {
    id,
    host: hostname(),
    pid: process.pid,
    slots: config.PARSE3D_WORKER_SLOTS,
    device: config.PARSE3D_DEVICE,
    startedAt: new Date().toISOString(),
  };
  const announced = (): string[] =>
    place.isFit ? packs.packs.map(({ id }) => id).filter((id) => place.hasPack(id)) : [];
  let draining = false;
  const onError = (error: Error): void => log.warn({ err: error.message }, 'queue');
  const beat = (): void => {
    const now: WorkerInfo = { ...info, packs: announced(), draining, troubles: [...place.troubles] };
    control.workers.heartbeat(now).catch(onError);
  };
  beat();
  const beating = setInterval(beat, HEARTBEAT_MS);

  const bull = openBullWorker(processor, {
    intake: control.intake,
    name: id,
    telemetry: tracing.bull,
    concurrency: prefetching(config),
    onError,
  });
  /** An unfit place takes no jobs; those that it holds already go back as they meet the fault. */
  applyFitness = (): void => {
    beat();
    if (draining) return;
    if (!place.isFit) void bull.pause(true).catch(onError);
    else if (bull.isPaused()) Promise.resolve(bull.resume()).catch(onError);
  };
  applyFitness();
  const health = await serveHealth({
    registry: metrics.registry,
    host: config.PARSE3D_WORKER_HOST,
    port: config.PARSE3D_WORKER_METRICS_PORT,
    ready: () => !draining && place.isFit && announced().length > 0 && control.isConnected(),
  });
  log.info({ workerId: id, slots: info.slots, device: info.device, packs: announced() }, 'worker takes jobs');

  return {
    id,
    metricsPort: health.port,
    async stop() {
      draining = true;
      stopping.abort();
      place.close();
      beat();
      // `true`: do not wait for running jobs here, they have their own budget.
      await bull.pause(true);
      await within(config.PARSE3D_WORKER_DRAIN, () => processor.activeCount === 0);
      processor.abandonAll();
      await bull.close();
      clearInterval(beating);
      await children.stop();
      await control.workers.signOff(id).catch(() => undefined);
      await control.close();
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
