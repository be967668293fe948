import { placeOf, type JobRequest } from '@parse3d/contract';
import type { Stores } from '@parse3d/storage';
import type { JobRecords } from '../records.js';
import { pinned } from './expander.js';
import { requestOfItem, type BatchStore } from './store.js';

/**
 * The first run of a batch's job: from its live record, or made again from the batch's items. Undefined when the job is
 * of no batch, or its batch was canceled and Redis knows nothing of it.
 */
export async function requestOfBatchJob(
  jobId: string,
  records: JobRecords,
  batches: BatchStore,
  stores: Stores,
): Promise<JobRequest | undefined> {
  const place = placeOf(jobId);
  if (place === undefined) return undefined;
  const record = await records.get(jobId);
  if (record?.run === 1) return record.request;
  const batch = await batches.record(place.batchId);
  if (batch === undefined || place.ordinal >= batch.total) return undefined;
  const { status } = await batches.control(place.batchId);
  if (status === 'canceled' || status === 'stopped') return undefined;
  const item = await batches.item(place.batchId, place.ordinal);
  return requestOfItem(batch, place.ordinal, await pinned(item, stores));
}
