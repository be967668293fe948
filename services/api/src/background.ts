import { connectRedis, DeliveryRelay, Dispatcher, startDeliveries, type Redis } from '@parse3d/control';
import type { ApiDeps } from './deps.js';
import { pullEvents } from './events/pull.js';
import { RuleSweeper } from './events/sweeper.js';
import { WindowKeeper } from './events/windows/keeper.js';
import { watchQueue } from './queue-metrics.js';
import { deliver } from './webhooks/deliver.js';

/**
 * Starts what goes on beside the answering of requests. In every process: pulling storage events and sending webhooks. In
 * the one that leads: feeding, reconciling, batches, and the listings and windows of rules.
 *
 * @returns what stops all of it, once `deps.draining` is aborted
 */
export function startBackground(deps: ApiDeps, onRedisError: (error: Error) => void): { stop(): Promise<void> } {
  const { config, redis, keys, stores, webhookQueue, log } = deps;
  const sweeper = new RuleSweeper(deps);
  const windows = new WindowKeeper(deps);
  const relay = new DeliveryRelay(
    { redis, keys, queue: webhookQueue, store: stores.primary },
    {
      listEveryMs: config.PARSE3D_RECONCILE_EVERY,
      onError: (error) => log.warn({ err: error }, 'webhooks could not be queued'),
    },
  );
  const dispatcher = startDispatcher(deps, () => {
    sweeper.tend();
    windows.tend();
    relay.tend();
  });
  // After an outage Redis may have come back empty.
  redis.on('ready', () => {
    relay.listSoon();
    dispatcher.reconcileSoon();
  });
  const connection: Redis = connectRedis(config.PARSE3D_REDIS_URL, 'blocking', onRedisError);
  const stopping = new AbortController();
  const deliveries = startDeliveries(connection, keys, (due) => deliver(due, deps, stopping.signal), onRedisError);
  const pulling = pullEvents(deps);

  return {
    async stop() {
      await pulling;
      await dispatcher.stop();
      await sweeper.stop();
      await windows.stop();
      await relay.stop();
      stopping.abort();
      await deliveries.stop();
      connection.disconnect();
    },
  };
}

function startDispatcher(deps: ApiDeps, onTurn: () => void): Dispatcher {
  const { config, redis, keys, queue, records, stores, software, tenants, tracing, hub, metrics, log } = deps;
  const dispatcher = new Dispatcher(
    { redis, keys, queue, records, stores, software },
    {
      weightOf: async (tenant) => (await tenants.get(tenant)).weight,
      tracing,
      onTurn,
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
  dispatcher.start();
  return dispatcher;
}
