import {
  batchJobId,
  blobKeys,
  placeOf,
  specOf,
  type BatchItem,
  type BatchRecord,
  type JobRequest,
} from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { isFolderUri, listBlobFolder, type Stores } from '@parse3d/storage';
import type { ControlDeps } from './deps.js';

/** True for runs that have a pending marker of their own. The first runs of a batch's jobs share that of the batch. */
export function hasOwnMarker(jobId: string, run: number): boolean {
  return run > 1 || placeOf(jobId) === undefined;
}

/** The options of the batch, with the frame that the item stands for. */
const frameOf = ({ options }: BatchRecord, { frame }: BatchItem): Pick<BatchRecord, 'options'> =>
  frame === undefined ? { options } : { options: { ...options, frame: frame.number } };

/** The first run of an item as a job. */
export function requestOfItem(batch: BatchRecord, ordinal: number, item: BatchItem): JobRequest {
  const prompts = item.prompts ?? batch.prompts;
  if (prompts === undefined) throw new Problem('internal', `item ${ordinal} of batch ${batch.batchId} has no prompts`);
  return {
    jobId: batchJobId(batch.batchId, ordinal),
    run: 1,
    tenant: batch.tenant,
    input: { uri: item.uri, etag: item.etag, bytes: item.bytes },
    ...specOf({ ...batch, prompts, ...frameOf(batch, item) }),
    createdAt: batch.createdAt,
    requestSha256: batch.batchId,
    ...(batch.keyId === undefined ? {} : { keyId: batch.keyId }),
    ...(batch.traceparent === undefined ? {} : { batchTraceparent: batch.traceparent }),
  };
}

/**
 * The first run of a batch's job: from its live record, or made again from the batch's items. Undefined for a job of no
 * batch, and when its batch was canceled and Redis knows nothing of it.
 */
export async function requestOfBatchJob(
  jobId: string,
  { ledger, live, stores }: Pick<ControlDeps, 'ledger' | 'live' | 'stores'>,
): Promise<JobRequest | undefined> {
  const place = placeOf(jobId);
  if (place === undefined) return undefined;
  const record = await live.records.get(jobId);
  if (record?.run === 1) return record.request;
  const batch = await ledger.batches.record(place.batchId);
  if (batch === undefined || place.ordinal >= batch.total) return undefined;
  const { status } = await ledger.batches.control(place.batchId);
  if (status === 'canceled' || status === 'stopped') return undefined;
  const item = await ledger.batches.item(place.batchId, place.ordinal, batch.total);
  if (item.unreadable !== undefined) throw item.unreadable;
  return requestOfItem(batch, place.ordinal, await pinned(item, stores));
}

/** The request of a run that waits. Of a damaged marker Redis has it still; the end of the run removes the marker. */
export async function requestOfMarker(
  jobId: string,
  run: number,
  { ledger, live, unreadable }: Pick<ControlDeps, 'ledger' | 'live' | 'unreadable'>,
): Promise<JobRequest | undefined> {
  try {
    return await ledger.pending.read(jobId, run);
  } catch (error) {
    if (!isProblem(error, 'record-invalid')) throw error;
    unreadable.note(blobKeys.pending(jobId, run), error);
    const record = await live.records.get(jobId);
    if (record?.run !== run) throw error;
    return record.request;
  }
}

/** The item with the version that its volume has now, where the source named none. */
export async function pinned<Item extends Pick<BatchItem, 'uri' | 'etag' | 'bytes'>>(
  item: Item,
  stores: Stores,
): Promise<Item> {
  if (item.etag !== '') return item;
  try {
    const { etag, bytes } = await versionOf(item.uri, stores);
    return { ...item, etag, bytes };
  } catch (error) {
    if (!isProblem(error, 'blob-missing')) throw error;
    throw new Problem('volume-missing', `there is no object at ${item.uri}`, { uri: item.uri });
  }
}

/** Of a folder, as of an object, the version changes when anything in it does. */
async function versionOf(uri: string, stores: Stores): Promise<{ etag: string; bytes: number }> {
  // Which size is too large is for the worker to say.
  if (isFolderUri(uri)) return listBlobFolder(stores, uri, Infinity);
  const { store, key } = stores.open(uri);
  return store.head(key);
}

/** What is done for the job from now on hangs below this span, not below that of an earlier run. */
export function stamped(request: JobRequest, traceparent: string | undefined): JobRequest {
  const { traceparent: _earlier, batchTraceparent: _batch, ...rest } = request;
  return traceparent === undefined ? rest : { ...rest, traceparent };
}
