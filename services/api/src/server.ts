import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiKeys, Tenants } from '@parse3d/shared/access';
import { software, storageFromEnv, tracingFromEnv } from '@parse3d/shared/config';
import { readPackCatalog } from '@parse3d/shared/packs';
import { isProblem, Problem } from '@parse3d/shared/problems';
import {
  connectRedis,
  DeliveryRelay,
  Dispatcher,
  EventHub,
  JobRecords,
  openQueue,
  openWebhookQueue,
  redisKeys,
  startDeliveries,
  whenReady,
} from '@parse3d/shared/queue';
import { createBucketIfMissing, openStores, requireConditionalWrites, type BlobStore } from '@parse3d/shared/storage';
import { startTracing } from '@parse3d/shared/telemetry';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import type { ApiConfig } from './config.js';
import type { ApiDeps } from './deps.js';
import { RuleStore } from './events/rule-store.js';
import { RuleSweeper } from './events/sweeper.js';
import { Admission } from './jobs/admission.js';
import { createMetrics, serveMetrics } from './metrics.js';
import { watchQueue } from './queue-metrics.js';
import { deliver } from './webhooks/deliver.js';

export interface RunningApi {
  readonly url: string;
  readonly metricsPort: number;
  /** Answers what is open, refuses what is new, frees everything. */
  stop(): Promise<void>;
}

/** Wires the api and listens. The dispatcher, which feeds the queue, runs in the same process. */
export async function startApi(config: ApiConfig, log: Logger, env: NodeJS.ProcessEnv): Promise<RunningApi> {
  const made = software(env);
  const tracing = await startTracing({
    service: 'parse3d-api',
    version: made.version,
    ...tracingFromEnv(config),
    onError: (message) => log.warn({ err: message }, 'tracing'),
  });
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
  const webhookQueue = openWebhookQueue(redis, keys);
  webhookQueue.on('error', onRedisError);
  const metrics = createMetrics();
  const records = new JobRecords(redis, keys, { onCommitted: (manifest) => metrics.jobEnded(manifest) });
  const hub = new EventHub(subscriber, keys);
  await hub.start();

  const draining = new AbortController();
  const apiKeys = new ApiKeys(stores.primary);
  const tenants = new Tenants(stores.primary);

  const deps: ApiDeps = {
    config,
    log,
    redis,
    keys,
    records,
    queue,
    webhookQueue,
    hub,
    stores,
    apiKeys,
    admission: new Admission(redis, keys, tenants),
    rules: new RuleStore(stores.primary),
    packs,
    software: made,
    metrics,
    tracing,
    draining: draining.signal,
  };
  const sweeper = new RuleSweeper(deps);
  const relay = new DeliveryRelay(
    { redis, keys, queue: webhookQueue, store: stores.primary },
    {
      listEveryMs: config.PARSE3D_RECONCILE_EVERY,
      onError: (error) => log.warn({ err: error }, 'webhooks could not be queued'),
    },
  );
  const dispatcher = new Dispatcher(
    { redis, keys, queue, records, stores, software: made },
    {
      weightOf: async (tenant) => (await tenants.get(tenant)).weight,
      tracing,
      onTurn: () => {
        sweeper.tend();
        relay.tend();
      },
      reconcileEveryMs: config.PARSE3D_RECONCILE_EVERY,
      onFed: (lane, waitedMs) => metrics.jobFed(lane, waitedMs),
      onError: (error) => {
        metrics.dispatcherFailed(error);
        log.warn({ code: error.code, err: error.message }, 'dispatcher');
      },
      onReconciled: (result) => {
        metrics.reconciled(result);
        log.info({ ...result }, 'reconciled');
      },
    },
  );
  watchQueue(metrics.registry, { redis, keys, queue, records, leading: () => dispatcher.leading });
  hub.onFeed(() => dispatcher.wake());
  // After an outage Redis may have come back empty.
  redis.on('ready', () => {
    relay.listSoon();
    dispatcher.reconcileSoon();
  });
  dispatcher.start();
  const deliveryConnection = connectRedis(config.PARSE3D_REDIS_URL, 'blocking', onRedisError);
  const stopping = new AbortController();
  const deliveries = startDeliveries(
    deliveryConnection,
    keys,
    (due) => deliver(due, deps, stopping.signal),
    onRedisError,
  );

  const server = createServer(createApp(deps));
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
      await sweeper.stop();
      await relay.stop();
      stopping.abort();
      await deliveries.stop();
      deliveryConnection.disconnect();
      hub.close();
      await queue.close();
      await webhookQueue.close();
      redis.disconnect();
      await stores.close();
      await closeWithin(metricsServer, 1_000);
      await tracing.shutdown();
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
