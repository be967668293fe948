import type { BlobStore, OnUnreadable } from '@parse3d/storage';
import { BatchLedger } from './batches.js';
import { Manifests } from './manifests.js';
import { PendingMarkers } from './pending.js';
import { PurgeMarkers } from './purges.js';
import { ReusableResults } from './reuse.js';
import { Shares } from './shares.js';
import { UploadMarks } from './uploads.js';
import { WebhookLedger } from './webhooks.js';

/** What storage remembers. It is the record: everything else can be made from it. */
export interface Ledger {
  /** The service's own bucket. */
  readonly store: BlobStore;
  readonly manifests: Manifests;
  readonly pending: PendingMarkers;
  readonly batches: BatchLedger;
  readonly webhooks: WebhookLedger;
  readonly reuse: ReusableResults;
  readonly shares: Shares;
  readonly purges: PurgeMarkers;
  readonly uploads: UploadMarks;
}

/** @param onUnreadable called with records of lists that cannot be read and are passed over */
export function openLedger(store: BlobStore, onUnreadable: OnUnreadable = () => undefined): Ledger {
  const manifests = new Manifests(store, onUnreadable);
  const shares = new Shares(store);
  const batches = new BatchLedger(store, onUnreadable);
  return {
    store,
    manifests,
    pending: new PendingMarkers(store),
    batches,
    webhooks: new WebhookLedger(store, onUnreadable),
    reuse: new ReusableResults(store, { manifests, shares, batches }, onUnreadable),
    shares,
    purges: new PurgeMarkers(store),
    uploads: new UploadMarks(store),
  };
}
