import { each } from '@parse3d/async';
import type { BatchRecord, JobRequest, Manifest } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import type { ControlDeps } from '../jobs/deps.js';
import type { Jobs } from '../jobs/jobs.js';
import { pinned, requestOfItem } from '../jobs/request.js';
import type { AcceptedItem } from '../ledger/batches.js';
import { failedManifest } from '../ledger/manifests.js';
import { unreadableItem } from './unreadable.js';
import type { BatchCounts } from '../live/batch-counters.js';

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
export async function expandBatch(
  batch: BatchRecord,
  counts: BatchCounts,
  jobs: Jobs,
  deps: ControlDeps,
): Promise<boolean> {
  const { waiting, counters } = deps.live;
  const before = await waiting.count(batch.lane, batch.tenant);
  const room = Math.min(TURN, WAITING_PER_LANE - before, batch.total - counts.next);
  if (room <= 0) return false;
  // Bits are read from a whole byte on.
  const first = counts.next - (counts.next % 4);
  const states = await counters.states(batch.batchId, first, counts.next - first + room);
  const items = await deps.ledger.batches.items(batch.batchId, counts.next, room, batch.total);
  const open = items.flatMap((item, index) => {
    const ordinal = counts.next + index;
    return states[ordinal - first] === 0 ? [{ ordinal, item }] : [];
  });
  await counters.entered(
    batch.batchId,
    open.map(({ ordinal }) => ordinal),
  );
  const found = new Map<number, JobRequest | Manifest>();
  const looked = each(open, AT_ONCE, async ({ ordinal, item }) => {
    const work = await jobOrEnd(batch, ordinal, item, deps);
    if ('status' in work) await jobs.commit(work);
    found.set(ordinal, work);
  });
  await Promise.allSettled([looked]);
  // In the order of the items, which is that in which they are run, up to the first that could not be looked at.
  const missing = open.find(({ ordinal }) => !found.has(ordinal));
  const next = missing?.ordinal ?? counts.next + items.length;
  const requests = open.flatMap(({ ordinal }) => {
    const work = found.get(ordinal);
    return work !== undefined && ordinal < next && !('status' in work) ? [work] : [];
  });
  await jobs.enterItems(requests);
  await counters.advance(batch.batchId, next);
  await looked;
  return items.length > 0;
}

/** What is to be run for an item, or how it ends without: by an earlier result, or by its volume's own fault. */
async function jobOrEnd(
  batch: BatchRecord,
  ordinal: number,
  item: AcceptedItem,
  { stores, ledger, software }: ControlDeps,
): Promise<JobRequest | Manifest> {
  try {
    if (item.unreadable !== undefined) return unreadableItem(batch, ordinal, item, item.unreadable, software);
    const request = requestOfItem(batch, ordinal, await pinned(item, stores));
    return (batch.skipCompleted ? await ledger.reuse.find(request, software) : undefined) ?? request;
  } catch (error) {
    // Anything that may pass is met again at the next turn.
    if (!isProblem(error) || error.retry === 'later') throw error;
    return failedManifest(requestOfItem(batch, ordinal, item), 'expander', software, error.toJSON());
  }
}
