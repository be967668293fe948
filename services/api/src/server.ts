import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiKeys, Tenants } from '@parse3d/shared/access';
import { software, storageFromEnv } from '@parse3d/shared/config';
import { readPackCatalog } from '@parse3d/shared/packs';
import { isProblem, Problem } from '@parse3d/shared/problems';
import { connectRedis, Dispatcher, EventHub, JobRecords, openQueue, redisKeys, whenReady } from '@parse3d/shared/queue';
import { createBucketIfMissing, openStores, requireConditionalWrites, type BlobStore } from '@parse3d/shared/storage';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import type { ApiConfig } from './config.js';
import { Admission } from './jobs/admission.js';
import { createMetrics, serveMetrics, watchQueue } from './metrics.js';

export interface RunningApi {
  readonly url: string;
  readonly metricsPort: number;
  /** Answers what is open, refuses what is new, frees everything. */
  stop(): Promise<void>;
}

/** Wires the api and listens. The dispatcher, which feeds the queue, runs in the same process. */
export async function startApi(config: ApiConfig, log: Logger, env: NodeJS.ProcessEnv): Promise<RunningApi> {
  const keys = redisKeys(config.PARSE3D_REDIS_PREFIX);
  const onRedisError = (error: Error): void => log.warn({ err: error.message }, 'redis connection');
  const redis = connectRedis(config.PARSE3D_REDIS_URL, 'request', onRedisError);
  const subscriber = connectRedis(config.PARSE3D_REDIS_URL, 'blocking', onRedisError);
  const storage = storageFromEnv(config);
  // A folder is ours to make; a bucket elsewhere is its owner's.
  if (storage.kind === 'file') await createBucketIfMissing(storage);
  const stores = openStores(storage);
  if (storage.kind === 's3' && config.PARSE3D_CHECK_STORAGE) await checkStorage(stores.primary, log);
  const packs = await readPackCatalog(config.PARSE3D_PACKS);
  for (const { folder, problem } of packs.rejected) log.warn({ folder, problem: problem.message }, 'pack rejected');
  packs.get(config.PARSE3D_DEFAULT_PACK);

  await whenReady(redis, 10_000).catch((cause: unknown) => {
    throw new Problem(
      'queue-unavailable',
      `Redis at ${redactUrl(config.PARSE3D_REDIS_URL)} does not answer`,
      {},
      { cause },
    );
  });
  const queue = openQueue(redis, keys);
  queue.on('error', onRedisError);
  const records = new JobRecords(redis, keys);
  const hub = new EventHub(subscriber, keys);
  await hub.start();

  const metrics = createMetrics();
  watchQueue(metrics, redis, keys, queue);
  const draining = new AbortController();
  const made = software(env);
  const apiKeys = new ApiKeys(stores.primary);
  const tenants = new Tenants(stores.primary);

  const dispatcher = new Dispatcher(
    { redis, keys, queue, records, stores, software: made },
    {
      weightOf: async (tenant) => (await tenants.get(tenant)).weight,
      reconcileEveryMs: config.PARSE3D_RECONCILE_EVERY,
      onError: (error) => log.warn({ code: error.code, err: error.message }, 'dispatcher'),
      onLeading: (leading) => metrics.leading.set(leading ? 1 : 0),
      onReconciled: (result) => log.info({ ...result }, 'reconciled'),
    },
  );
  hub.onFeed(() => dispatcher.wake());
  // After an outage Redis may have come back empty.
  redis.on('ready', () => dispatcher.reconcileSoon());
  dispatcher.start();

  const app = createApp({
    config,
    log,
    redis,
    keys,
    records,
    queue,
    hub,
    stores,
    apiKeys,
    admission: new Admission(redis, keys, tenants),
    packs,
    software: made,
    metrics,
    draining: draining.signal,
  });
  const server = createServer(app);
  // Uploads of gigabytes outlast Node's default of five minutes; the header timeout still ends slow openers.
  server.requestTimeout = 0;
  const metricsServer = serveMetrics(metrics.registry);
  const apiPort = await listen(server, config.PARSE3D_API_PORT, config.PARSE3D_API_HOST);
  const metricsPort = await listen(metricsServer, config.PARSE3D_METRICS_PORT, config.PARSE3D_API_HOST);

  return {
    url: config.PARSE3D_PUBLIC_URL ?? `http://${config.PARSE3D_API_HOST}:${apiPort}`,
    metricsPort,
    async stop() {
      draining.abort();
      await closeWithin(server, config.PARSE3D_API_DRAIN);
      await dispatcher.stop();
      hub.close();
      await queue.close();
      redis.disconnect();
      await stores.close();
      await closeWithin(metricsServer, 1_000);
    },
  };
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

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function closeWithin(server: Server, budgetMs: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), budgetMs);
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
  clearTimeout(timer);
}

function redactUrl(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.toString();
}
