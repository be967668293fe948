import { createServer, type Server } from 'node:http';
import type { Lane, Manifest } from '@parse3d/contract';
import type { Problem } from '@parse3d/contract/problems';
import type { Kept, Reconciliation } from '@parse3d/control';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { quiet } from './http/quiet.js';

/** What the api counts as it happens. Gauges that are read at every scrape stand in `queue-metrics.ts`. */
export interface ApiMetrics {
  readonly registry: Registry;
  readonly jobsAccepted: Counter<'lane' | 'repeated'>;
  readonly httpSeconds: Histogram<'method' | 'route' | 'status'>;
  /** Connections that were closed to keep within a limit. */
  readonly connectionsDropped: Counter<'limit'>;
  /** Requests given up since their key was revoked or expired while they went on. */
  readonly requestsRevoked: Counter;
  readonly storageEvents: Counter<'format' | 'outcome'>;
  /** Messages that were pulled from a queue of storage events. */
  readonly eventMessages: Counter<'outcome'>;
  readonly webhookAttempts: Counter<'outcome'>;
  /** A run that this process ended: canceled before it began, given up by the reconciler, or reused. */
  jobEnded(manifest: Manifest): void;
  jobFed(lane: Lane, waitedMs: number): void;
  reconciled(result: Reconciliation): void;
  /** What the keeper counted and removed in one walk. */
  kept(result: Kept): void;
  dispatcherFailed(problem: Problem): void;
}

export function createMetrics(): ApiMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const jobs = new Counter({
    name: 'parse3d_jobs_total',
    help: 'Runs that this process ended, by status and problem code (none where there is no problem)',
    labelNames: ['status', 'code'],
    registers,
  });
  const feederLag = new Histogram({
    name: 'parse3d_feeder_lag_seconds',
    help: 'Time from the acceptance of a job, or of its batch, until it was handed to the workers',
    labelNames: ['lane'],
    buckets: [0.1, 1, 5, 15, 60, 300, 1_800, 7_200, 28_800, 86_400],
    registers,
  });
  const reconciliations = new Counter({
    name: 'parse3d_reconciliations_total',
    help: 'Comparisons of storage with Redis that were completed',
    registers,
  });
  const mended = new Counter({
    name: 'parse3d_reconciler_mended_jobs_total',
    help: 'Jobs that the reconciler mended: fed again, settled after a manifest, or failed because no worker ended them',
    labelNames: ['outcome'],
    registers,
  });
  const reconciledAt = new Gauge({
    name: 'parse3d_reconciler_last_run_timestamp_seconds',
    help: 'When this process last compared storage with Redis, in Unix time; 0 when it never did',
    registers,
  });
  const removed = new Counter({
    name: 'parse3d_keeper_removed_total',
    help: 'What the keeper removed: uploads that nothing names, jobs and batches at the end of their retention',
    labelNames: ['what'],
    registers,
  });
  const removedBytes = new Counter({
    name: 'parse3d_keeper_removed_bytes_total',
    help: 'Bytes of the uploads, jobs and batches that the keeper removed',
    registers,
  });
  const walkedAt = new Gauge({
    name: 'parse3d_keeper_last_walk_timestamp_seconds',
    help: 'When this process last walked through all that is stored, in Unix time; 0 when it never did',
    registers,
  });
  const unreadable = new Gauge({
    name: 'parse3d_keeper_unreadable_records',
    help: 'Records that the last walk could not read; while there are any no upload is removed',
    registers,
  });
  const dispatcherErrors = new Counter({
    name: 'parse3d_dispatcher_errors_total',
    help: 'Turns of the feeder, the reconciler and the batches that failed, by problem code',
    labelNames: ['code'],
    registers,
  });
  // Alerts compare with an earlier value: a counter that begins with its first event hides that event from them.
  for (const outcome of ['fed-again', 'settled', 'failed']) mended.inc({ outcome }, 0);
  jobs.inc({ status: 'failed', code: 'worker-lost' }, 0);
  return {
    registry,
    jobsAccepted: new Counter({
      name: 'parse3d_jobs_accepted_total',
      help: 'Jobs accepted by this api process; repeated ones carried a known idempotency key',
      labelNames: ['lane', 'repeated'],
      registers,
    }),
    httpSeconds: new Histogram({
      name: 'parse3d_http_request_seconds',
      help: 'Time to answer a request, by route template; aborted ones ended before their answer did',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    }),
    connectionsDropped: new Counter({
      name: 'parse3d_connections_dropped_total',
      help: 'Connections closed to keep within a limit: of all connections, or of those of one address',
      labelNames: ['limit'],
      registers,
    }),
    requestsRevoked: new Counter({
      name: 'parse3d_requests_revoked_total',
      help: 'Requests given up, event streams among them, since their key was revoked or expired while they went on',
      registers,
    }),
    storageEvents: new Counter({
      name: 'parse3d_storage_events_total',
      help: 'Objects that storage events and listings reported, by what became of them; deferred ones come again',
      labelNames: ['format', 'outcome'],
      registers,
    }),
    eventMessages: new Counter({
      name: 'parse3d_storage_event_messages_total',
      help: 'Messages pulled from the queue of storage events: taken, to come again later, or left to the dead letters',
      labelNames: ['outcome'],
      registers,
    }),
    webhookAttempts: new Counter({
      name: 'parse3d_webhook_attempts_total',
      help: 'Attempts to send a webhook: delivered, to be made again, or given up (failed)',
      labelNames: ['outcome'],
      registers,
    }),
    jobEnded(manifest) {
      jobs.inc({ status: manifest.status, code: manifest.status === 'failed' ? manifest.problem.code : 'none' });
    },
    jobFed(lane, waitedMs) {
      feederLag.observe({ lane }, Math.max(0, waitedMs) / 1_000);
    },
    reconciled({ fedAgain, settled, failed }) {
      reconciliations.inc();
      reconciledAt.setToCurrentTime();
      mended.inc({ outcome: 'fed-again' }, fedAgain);
      mended.inc({ outcome: 'settled' }, settled);
      mended.inc({ outcome: 'failed' }, failed);
    },
    kept(result) {
      for (const what of ['uploads', 'jobs', 'batches'] as const) removed.inc({ what }, result[what]);
      removedBytes.inc(result.bytes);
      unreadable.set(result.unreadable);
      walkedAt.setToCurrentTime();
    },
    dispatcherFailed({ code }) {
      dispatcherErrors.inc({ code });
    },
  };
}

/** Serves `/metrics` on its own port. */
export function serveMetrics(registry: Registry): Server {
  return createServer((request, response) => {
    quiet(request, response);
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry
      .metrics()
      .then((text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text))
      .catch(() => response.writeHead(500).end());
  });
}
