import { Problem } from '@parse3d/contract/problems';
import type { Tenants } from '@parse3d/platform/access';
import type { Batches } from '../batches/batches.js';
import type { ControlDeps } from '../jobs/deps.js';
import type { Jobs } from '../jobs/jobs.js';
import { Keeper, type Kept } from '../keeping/keeper.js';
import type { Redis } from '../live/connection.js';
import { startDeliveries } from '../live/webhook-queue.js';
import { deliver, type DeliverOptions } from '../webhooks/deliver.js';
import { DeliveryRelay } from '../webhooks/relay.js';
import type { Webhooks } from '../webhooks/webhooks.js';
import { Withdrawals } from './withdrawals.js';
import { Dispatcher, RECONCILE_EVERY_MS, type DispatcherOptions } from './dispatcher.js';

export interface FeedingOptions extends Omit<DispatcherOptions, 'tracing'> {
  readonly webhooks: DeliverOptions;
  /** Time between two walks of the keeper, in ms. @default 3600000 */
  readonly keepEveryMs?: number;
  readonly onKept?: (kept: Kept) => void;
}

/** @default for `keepEveryMs` */
const KEEP_EVERY_MS = 3_600_000;

/** What goes on beside the answering of requests. */
export interface Feeding {
  /** True while this process feeds the queue. */
  readonly leading: boolean;
  stop(): Promise<void>;
}

/**
 * Starts the dispatcher, the keeper and the sending of webhooks. The first and the last look at everything again after Redis was away.
 *
 * @param connection for the deliveries, of role `blocking`; closed by `stop`
 */
export function startFeeding(
  deps: ControlDeps,
  { jobs, batches, webhooks, tenants }: { jobs: Jobs; batches: Batches; webhooks: Webhooks; tenants: Tenants },
  { webhooks: delivering, keepEveryMs = KEEP_EVERY_MS, onKept = () => undefined, ...options }: FeedingOptions,
  connection: Redis,
): Feeding {
  const { live, log } = deps;
  const relay = new DeliveryRelay(deps, {
    listEveryMs: options.reconcileEveryMs ?? RECONCILE_EVERY_MS,
    onError: (error) => log.warn({ err: error }, 'webhooks could not be queued'),
  });
  const keeper = new Keeper(deps, jobs, batches, tenants, { everyMs: keepEveryMs, onKept, onError: options.onError });
  const withdrawals = new Withdrawals(deps, jobs, (error) => options.onError(Problem.from(error)));
  const dispatcher = new Dispatcher(deps, jobs, batches, {
    ...options,
    onTurn() {
      options.onTurn?.();
      relay.tend();
      keeper.tend();
      withdrawals.tend();
    },
    onLost: () => relay.listSoon(),
  });
  // After an outage Redis may have come back empty.
  const onReady = (): void => {
    relay.listSoon();
    dispatcher.reconcileSoon();
  };
  live.redis.on('ready', onReady);
  const unsubscribe = live.events.onFeed(() => dispatcher.wake());
  const stopping = new AbortController();
  const deliveries = startDeliveries(
    connection,
    live.keys,
    (due) => deliver(due, { ...deps, webhooks }, delivering, stopping.signal),
    (error) => log.warn({ err: error.message }, 'queue of webhooks'),
  );
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
      await keeper.stop();
      await withdrawals.stop();
      stopping.abort();
      await deliveries.stop();
      connection.disconnect();
    },
  };
}
