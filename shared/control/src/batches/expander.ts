import type { Redis } from 'ioredis';
import type { BatchItem, BatchRecord, JobRequest, Manifest } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { inParallel, isFolderUri, listBlobFolder, type Stores } from '@parse3d/storage';
import { commit, failedManifest, type Software } from '../commit.js';
import type { RedisKeys } from '../keys.js';
import type { JobRecords } from '../records.js';
import type { BatchCounts } from './counters.js';
import { reuseResult } from './reuse.js';
import { requestOfItem, type BatchStore } from './store.js';

export interface ExpanderDeps {
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly records: JobRecords;
  readonly stores: Stores;
  readonly batches: BatchStore;
  readonly software: Software;
}

/** Jobs of batches that wait in one tenant's lane: enough for the feeder, little for Redis. */
const WAITING_PER_LANE = 400;

/** Items looked at in one turn of one batch, so that no batch holds the others up, and how many of them at a time. */
const TURN = 100;
const AT_ONCE = 16;

/**
 * Turns the next items of a batch into jobs while the tenant's pending list is short. Can be repeated: entering a job
 * twice enters it once, and an item that has ended is passed over.
 *
 * @returns true when there may be more to do at once
 */
export async function expandBatch(batch: BatchRecord, counts: BatchCounts, deps: ExpanderDeps): Promise<boolean> {
  const { records } = deps;
  const waiting = await deps.redis.llen(deps.keys.pending(batch.lane, batch.tenant));
  const room = Math.min(TURN, WAITING_PER_LANE - waiting, batch.total - counts.next);
  if (room <= 0) return false;
  // Bits are read from a whole byte on.
  const first = counts.next - (counts.next % 4);
  const states = await records.batches.states(batch.batchId, first, counts.next - first + room);
  const items = await deps.batches.items(batch.batchId, counts.next, room);
  const open = items.flatMap((item, index) => {
    const ordinal = counts.next + index;
    return states[ordinal - first] === 0 ? [{ ordinal, item }] : [];
  });
  await records.batches.entered(
    batch,
    open.map(({ ordinal }) => ordinal),
  );
  const found = new Map<number, JobRequest | Manifest>();
  const looked = inParallel(open, AT_ONCE, async ({ ordinal, item }) => {
    const work = await jobOrEnd(batch, ordinal, item, deps);
    if ('status' in work) await commit(deps.stores.primary, records, work);
    found.set(ordinal, work);
  });
  await Promise.allSettled([looked]);
  // In the order of the items, which is that in which they are run, up to the first that could not be looked at.
  let next = counts.next + items.length;
  for (const { ordinal } of open) {
    const work = found.get(ordinal);
    if (work === undefined) {
      next = ordinal;
      break;
    }
    if (!('status' in work)) await records.accept(work);
  }
  await records.batches.advance(batch.batchId, next);
  await looked;
  return items.length > 0;
}

/** What is to be run for an item, or how it ends without: by an earlier result, or by its volume's own fault. */
async function jobOrEnd(
  batch: BatchRecord,
  ordinal: number,
  item: BatchItem,
  { stores, software }: ExpanderDeps,
): Promise<JobRequest | Manifest> {
  try {
    const request = requestOfItem(batch, ordinal, await pinned(item, stores));
    return (batch.skipCompleted ? await reuseResult(stores.primary, request, software) : undefined) ?? request;
  } catch (error) {
    // Anything that may pass is met again at the next turn.
    if (!isProblem(error) || error.retry === 'later') throw error;
    return failedManifest(requestOfItem(batch, ordinal, item), 'expander', software, error.toJSON());
  }
}

/** An item of a manifest names no version: the one of now is taken. */
export async function pinned(item: BatchItem, stores: Stores): Promise<BatchItem> {
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
