import { Tenants } from '@parse3d/platform/access';
import type { BlobStore } from '@parse3d/storage';
import { openLedger } from '../ledger/ledger.js';
import { KnownJobs } from './context.js';
import type { StorageLimits } from '../jobs/policy.js';
import { walkStorage, type Walked } from './walk.js';

/** What the keeper would find if it walked now. */
export type Survey = Walked;

/** A walk of the keeper that removes nothing, on the storage alone. */
export function surveyStorage(
  store: BlobStore,
  limits: Pick<StorageLimits, 'uploadsKeptMs' | 'retentionMs'>,
  signal: AbortSignal,
): Promise<Survey> {
  return walkStorage(
    { ledger: openLedger(store), tenants: new Tenants(store), limits, known: new KnownJobs() },
    signal,
  );
}
