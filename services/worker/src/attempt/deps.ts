import type { PackCatalog } from '@parse3d/contract/packs';
import type { Control } from '@parse3d/control';
import type { Stores } from '@parse3d/storage';
import type { Tracing } from '@parse3d/platform/telemetry';
import type { Logger } from 'pino';
import type { ChildPool } from '../child/pool.js';
import type { WorkerConfig } from '../config.js';
import type { Place } from '../place.js';
import type { WorkerMetrics } from '../metrics.js';

/** What one attempt needs from the worker. */
export interface AttemptDeps {
  readonly config: WorkerConfig;
  readonly log: Logger;
  readonly jobs: Control['jobs'];
  readonly stores: Stores;
  readonly children: ChildPool;
  /** The packs of this machine, as they were last read. */
  readonly packs: () => PackCatalog;
  readonly place: Place;
  readonly metrics: WorkerMetrics;
  readonly tracing: Tracing;
  readonly workerId: string;
}
