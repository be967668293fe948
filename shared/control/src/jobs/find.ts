import { isTombstone, placeOf, type JobRequest, type Manifest, type Tombstone } from '@parse3d/contract';
import { requestFromManifest } from '../ledger/manifests.js';
import { isRedisError } from '../live/connection.js';
import type { JobRecord } from '../live/record.js';
import type { ControlDeps } from './deps.js';
import { requestOfBatchJob } from './request.js';

/** A job wherever it is known: live in Redis, ended in storage, or accepted in storage while Redis has lost it. */
export type FoundJob =
  | { source: 'record'; request: JobRequest; record: JobRecord }
  | { source: 'manifest'; request: JobRequest; manifest: Manifest }
  | { source: 'pending'; request: JobRequest };

/** A job that was removed. */
export interface PurgedJob {
  readonly source: 'purged';
  readonly tombstone: Tombstone;
}

/** Redis first, which knows most; then what storage remembers, newest first. Undefined when nothing knows the job. */
export async function findJob(jobId: string, deps: ControlDeps): Promise<FoundJob | PurgedJob | undefined> {
  const record = await liveRecord(jobId, deps);
  if (record !== undefined) return { source: 'record', request: record.request, record };
  const { manifests, pending, batches } = deps.ledger;
  const place = placeOf(jobId);
  const batch = place && (await batches.stored(place.batchId));
  if (batch !== undefined && isTombstone(batch)) return { source: 'purged', tombstone: batch };
  const manifest = await manifests.newest(jobId);
  if (manifest !== undefined && isTombstone(manifest)) return { source: 'purged', tombstone: manifest };
  const request = await pending.read(jobId, (manifest?.run ?? 0) + 1);
  if (request !== undefined) return { source: 'pending', request };
  if (manifest !== undefined) return { source: 'manifest', request: requestFromManifest(manifest), manifest };
  const ofBatch = await requestOfBatchJob(jobId, deps);
  return ofBatch && { source: 'pending', request: ofBatch };
}

/** Storage answers while Redis is away. */
async function liveRecord(jobId: string, { live, log }: ControlDeps): Promise<JobRecord | undefined> {
  try {
    return await live.records.get(jobId);
  } catch (error) {
    if (!isRedisError(error)) throw error;
    log.warn({ err: error, jobId }, 'job looked up in storage alone');
    return undefined;
  }
}
