import { Links, Sessions } from '@parse3d/platform/access';
import { software } from '@parse3d/contract/software';
import { storageFromEnv, storageLimitsFromEnv, tracingFromEnv } from '@parse3d/platform/config';
import { readPackCatalog, type PackCatalog } from '@parse3d/contract/packs';
import { isProblem } from '@parse3d/contract/problems';
import { openControl } from '@parse3d/control';
import {
  createBucketIfMissing,
  openStores,
  requireConditionalWrites,
  type BlobStore,
  type Stores,
} from '@parse3d/storage';
import { startTracing } from '@parse3d/platform/telemetry';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import { startBackground } from './background.js';
import type { ApiConfig } from './config.js';
import type { ApiDeps } from './deps.js';
import { RuleStore } from './events/rule-store.js';
import { closeWithin, listen } from './http/listen.js';
import { openServer } from './http/server.js';
import { createMetrics, serveMetrics } from './metrics.js';

export interface RunningApi {
  readonly url: string;
  readonly metricsPort: number;
  /** Answers what is open, refuses what is new, frees everything. */
  stop(): Promise<void>;
}

/** Wires the api and listens. The dispatcher, which feeds the queue, runs in the same process. */
export async function startApi(config: ApiConfig, log: Logger, env: NodeJS.ProcessEnv): Promise<RunningApi> {
  const draining = new AbortController();
  const deps = await openDeps(config, log, env, draining.signal);
  const background = startBackground(deps);

  const server = openServer(createApp(deps), config, deps.metrics, log);
  const metricsServer = serveMetrics(deps.metrics.registry);
  const apiPort = await listen(server, config.PARSE3D_API_PORT, config.PARSE3D_API_HOST);
  const metricsPort = await listen(metricsServer, config.PARSE3D_METRICS_PORT, config.PARSE3D_API_HOST);

  return {
    url: config.PARSE3D_PUBLIC_URL ?? `http://${config.PARSE3D_API_HOST}:${apiPort}`,
    metricsPort,
    async stop() {
      draining.abort();
      await closeWithin(server, config.PARSE3D_API_DRAIN);
      await background.stop();
      await deps.control.close();
      await deps.stores.close();
      await closeWithin(metricsServer, 1_000);
      await deps.tracing.shutdown();
    },
  };
}

/** Opens what the parts of the api share. @throws Problem when Redis or storage cannot be used, or there is no pack */
async function openDeps(
  config: ApiConfig,
  log: Logger,
  env: NodeJS.ProcessEnv,
  draining: AbortSignal,
): Promise<ApiDeps> {
  const made = software(env);
  const tracing = await startTracing({
    service: 'parse3d-api',
    version: made.version,
    ...tracingFromEnv(config),
    onError: (message) => log.warn({ err: message }, 'tracing'),
  });
  const stores = await openStorage(config, log);
  const packs = await readPacks(config, log);
  const metrics = createMetrics();
  const control = await openControl({
    redis: { url: config.PARSE3D_REDIS_URL, prefix: config.PARSE3D_REDIS_PREFIX, role: 'request' },
    stores,
    software: made,
    tracing,
    log,
    limits: storageLimitsFromEnv(config),
    onCommitted: (manifest) => metrics.jobEnded(manifest),
  });
  return {
    config,
    log,
    control,
    stores,
    apiKeys: control.apiKeys,
    sessions: new Sessions(stores.primary, control.apiKeys),
    links: new Links(stores.primary, control.apiKeys),
    rules: new RuleStore(stores.primary, control.unreadable.note),
    packs,
    metrics,
    tracing,
    draining,
  };
}

async function openStorage(config: ApiConfig, log: Logger): Promise<Stores> {
  const storage = storageFromEnv(config);
  // A folder is ours to make; a bucket elsewhere is its owner's.
  if (storage.kind === 'file') await createBucketIfMissing(storage);
  const stores = openStores(storage);
  if (storage.kind === 's3' && config.PARSE3D_CHECK_STORAGE) await checkStorage(stores.primary, log);
  return stores;
}

/** A store that is away at the start says nothing about what it honours; readiness tells that it is away. */
async function checkStorage(store: BlobStore, log: Logger): Promise<void> {
  try {
    await requireConditionalWrites(store);
  } catch (error) {
    if (!isProblem(error) || error.code === 'storage-unsafe') throw error;
    log.warn({ code: error.code, err: error.message }, 'conditional writes of the store could not be checked');
  }
}

async function readPacks(config: ApiConfig, log: Logger): Promise<PackCatalog> {
  const packs = await readPackCatalog(config.PARSE3D_PACKS);
  for (const { folder, problem } of packs.rejected) log.warn({ folder, problem: problem.message }, 'pack rejected');
  // Asked for its complaint when it is not there.
  packs.get(config.PARSE3D_DEFAULT_PACK);
  return packs;
}
