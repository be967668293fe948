import type { Feeding } from '@parse3d/control';
import type { ApiDeps } from './deps.js';
import { pullEvents } from './events/pull.js';
import { RuleSweeper } from './events/sweeper.js';
import { CollectKeeper } from './events/collect/keeper.js';
import { watchQueue } from './queue-metrics.js';

/**
 * Starts what goes on beside the answering of requests. In every process: pulling storage events and sending webhooks. In
 * the one that leads: feeding, reconciling, batches, the removal of what has outlived its time, and
 * the listings and windows of rules.
 *
 * @returns what stops all of it, once `deps.draining` is aborted
 */
export function startBackground(deps: ApiDeps): { stop(): Promise<void> } {
  const { control, metrics } = deps;
  const sweeper = new RuleSweeper(deps);
  const windows = new CollectKeeper(deps);
  const feeding = startFeeding(deps, () => {
    sweeper.tend();
    windows.tend();
  });
  watchQueue(metrics.registry, control, () => feeding.leading);
  const pulling = pullEvents(deps);
  return {
    async stop() {
      await pulling;
      await feeding.stop();
      await sweeper.stop();
      await windows.stop();
    },
  };
}

function startFeeding(deps: ApiDeps, onTurn: () => void): Feeding {
  const { config, control, metrics, log } = deps;
  return control.start({
    reconcileEveryMs: config.PARSE3D_RECONCILE_EVERY,
    webhooks: {
      allowInsecure: config.PARSE3D_WEBHOOKS_ALLOW_INSECURE,
      onAttempt: (outcome) => metrics.webhookAttempts.inc({ outcome }),
    },
    keepEveryMs: config.PARSE3D_KEEPING_EVERY,
    onKept: (kept) => {
      metrics.kept(kept);
      log.info({ ...kept }, 'counted what is stored');
    },
    onTurn,
    onFed: (lane, waitedMs) => metrics.jobFed(lane, waitedMs),
    onError: (error) => {
      metrics.dispatcherFailed(error);
      log.warn({ code: error.code, err: error.message }, 'dispatcher');
    },
    onReconciled: (result) => {
      metrics.reconciled(result);
      log.info({ ...result }, 'reconciled');
    },
  });
}
