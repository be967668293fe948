import type { PackCatalog } from '@parse3d/contract/packs';
import type { Control } from '@parse3d/control';
import type { Stores } from '@parse3d/storage';
import type { Tracing } from '@parse3d/platform/telemetry';
import type { Logger } from 'pino';
import type { ChildPool } from '../child/pool.js';
import type { WorkerConfig } from '../config.js';
import type { WorkerMetrics } from '../metrics.js';

/** What one attempt needs from the worker. */
export interface AttemptDeps {
  readonly config: WorkerConfig;
  readonly log: Logger;
  readonly jobs: Control['jobs'];
  readonly stores: Stores;
  readonly children: ChildPool;
  readonly packs: PackCatalog;
  readonly metrics: WorkerMetrics;
  readonly tracing: Tracing;
  readonly workerId: string;
}
