import type { PackCatalog } from '@parse3d/contract/packs';
import type { Control } from '@parse3d/control';
import type { ApiKeys, Links, Sessions } from '@parse3d/platform/access';
import type { Tracing } from '@parse3d/platform/telemetry';
import type { Stores } from '@parse3d/storage';
import type { Logger } from 'pino';
import type { ApiConfig } from './config.js';
import type { RuleStore } from './events/rule-store.js';
import type { ApiMetrics } from './metrics.js';

/** Everything the api's parts need, handed in: importing them does nothing. */
export interface ApiDeps {
  readonly config: ApiConfig;
  readonly log: Logger;
  /** The life of jobs and batches. */
  readonly control: Control;
  readonly stores: Stores;
  readonly apiKeys: ApiKeys;
  /** Browsers that signed in. */
  readonly sessions: Sessions;
  /** Links to single jobs. */
  readonly links: Links;
  readonly rules: RuleStore;
  readonly packs: PackCatalog;
  readonly metrics: ApiMetrics;
  readonly tracing: Tracing;
  /** Aborted when the server begins to drain: long-lived responses end. */
  readonly draining: AbortSignal;
}
