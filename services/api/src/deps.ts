import type { ApiKeys, Tenants } from '@parse3d/platform/access';
import type { PackCatalog } from '@parse3d/contract/packs';
import type { EventHub, JobRecords, Redis, RedisKeys, SegmentQueue, Software, WebhookQueue } from '@parse3d/control';
import type { Stores } from '@parse3d/storage';
import type { Tracing } from '@parse3d/platform/telemetry';
import type { Logger } from 'pino';
import type { ApiConfig } from './config.js';
import type { RuleStore } from './events/rule-store.js';
import type { Admission } from './jobs/admission.js';
import type { ApiMetrics } from './metrics.js';

/** Everything the api's parts need, handed in: importing them does nothing. */
export interface ApiDeps {
  readonly config: ApiConfig;
  readonly log: Logger;
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly records: JobRecords;
  readonly queue: SegmentQueue;
  readonly webhookQueue: WebhookQueue;
  readonly hub: EventHub;
  readonly stores: Stores;
  readonly apiKeys: ApiKeys;
  readonly tenants: Tenants;
  readonly admission: Admission;
  readonly rules: RuleStore;
  readonly packs: PackCatalog;
  readonly software: Software;
  readonly metrics: ApiMetrics;
  readonly tracing: Tracing;
  /** Aborted when the server begins to drain: long-lived responses end. */
  readonly draining: AbortSignal;
}
