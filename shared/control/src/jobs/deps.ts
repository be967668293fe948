import type { Manifest } from '@parse3d/contract';
import type { Rights } from '@parse3d/platform/access';
import type { Tracing } from '@parse3d/platform/telemetry';
import type { Stores } from '@parse3d/storage';
import type { Ledger } from '../ledger/ledger.js';
import type { Software } from '../ledger/manifests.js';
import type { StoragePolicy } from './policy.js';
import type { Live } from '../live/live.js';
import type { UnreadableRecords } from '../live/unreadable.js';
import type { Outbox } from '../webhooks/outbox.js';

/** Where is said what nobody waits for. A logger of pino is one. */
export interface ControlLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What jobs and batches stand on. */
export interface ControlDeps {
  readonly ledger: Ledger;
  readonly live: Live;
  /** Where volumes lie. */
  readonly stores: Stores;
  readonly outbox: Outbox;
  /** What tenants may store and for how long. */
  readonly policy: StoragePolicy;
  /** Asked by whoever acts in the name of a key. */
  readonly rights: Rights;
  /** Where records go that cannot be read and are passed over. */
  readonly unreadable: UnreadableRecords;
  readonly software: Software;
  readonly tracing: Tracing;
  readonly log: ControlLog;
  /** Called once for every run that this process ended. */
  readonly onCommitted: (manifest: Manifest) => void;
}
