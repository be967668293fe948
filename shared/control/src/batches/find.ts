import {
  batchJobId,
  blobKeys,
  type BatchRecord,
  type ItemPage,
  type ItemStatus,
  type ListItems,
} from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { ControlDeps } from '../jobs/deps.js';
import type { BatchFinished } from '../ledger/batches.js';
import { itemStates, type BatchCounts } from '../live/batch-counters.js';

/** A batch as far as it has come. */
export interface FoundBatch {
  readonly batch: BatchRecord;
  /** Absent once Redis has forgotten it, or before it is rebuilt. */
  readonly live: BatchCounts | undefined;
  /** The first item that nobody has begun. */
  readonly firstWaiting: number | undefined;
  readonly end: BatchFinished | undefined;
}

/** Adds to the record what Redis and storage know of its progress. */
export async function followBatch(batch: BatchRecord, { live, ledger }: ControlDeps): Promise<FoundBatch> {
  const { batchId } = batch;
  // Live counters come first: a batch that ends in between is then seen as ended, never as neither.
  const counts = await live.counters.get(batchId);
  const firstWaiting = counts && (await live.counters.firstWaiting(batchId, counts));
  return { batch, live: counts, firstWaiting, end: await ledger.batches.finished(batchId) };
}

/** @throws Problem `state-conflict` in any other status than these */
export function requireStatus({ batch, live }: FoundBatch, allowed: readonly string[]): void {
  const status = live?.status ?? 'completed';
  if (allowed.includes(status)) return;
  throw new Problem('state-conflict', `batch ${batch.batchId} is ${status}`, { status });
}

/** @throws Problem `state-conflict` when the live states are gone: `results.jsonl` has them */
function requireLive({ batch, live }: FoundBatch): BatchCounts {
  if (live !== undefined) return live;
  const report = blobKeys.batchReport(batch.batchId, 'results.jsonl');
  throw new Problem('state-conflict', `the live states of batch ${batch.batchId} are gone; ${report} has them all`);
}

/** By the two bits of the bit field. */
const itemStatuses: readonly ItemStatus[] = ['open', 'completed', 'failed', 'canceled'];

/** States looked at in one step of a filtered listing: 25 KB. */
const STEP = 100_000;

/** See `Batches.items`. */
export async function listItems(found: FoundBatch, query: ListItems, { live, ledger }: ControlDeps): Promise<ItemPage> {
  const counts = requireLive(found);
  const { batchId, total } = found.batch;
  // What a batch had not entered as a job when it was canceled or stopped has no state of its own, since there may be a
  // million of it: it lies before the next item to enter, and is not among the open ones. So it stays after a retry.
  const stillOpen = counts.canceled > 0 ? new Set(await live.counters.openOrdinals(batchId)) : undefined;
  const items: ItemPage['items'] = [];
  // A page of everything needs no more states than it has items. Steps begin with a whole byte.
  const step = query.status === undefined ? 4 * Math.ceil(query.limit / 4) + 4 : STEP;
  for (let first = query.from - (query.from % 4); first < total; first += step) {
    const count = Math.min(step, total - first);
    const states = await live.counters.states(batchId, first, count);
    for (let index = Math.max(0, query.from - first); index < count; index++) {
      const ordinal = first + index;
      const entered = itemStatuses[states[index] ?? 0] ?? 'open';
      const neverRuns = ordinal < counts.next && stillOpen?.has(ordinal) === false;
      const status = entered === 'open' && neverRuns ? 'canceled' : entered;
      if (query.status !== undefined && status !== query.status) continue;
      if (items.length === query.limit) return { items, next: ordinal };
      const { uri, frame } = await ledger.batches.item(batchId, ordinal, total);
      const ofFrame = frame === undefined ? {} : { frame: frame.number };
      items.push({ ordinal, uri, ...ofFrame, jobId: batchJobId(batchId, ordinal), status });
    }
  }
  return { items };
}

/** Places of the items that have failed, in the order of the source. @throws Problem `state-conflict` */
export async function* failedOrdinals(found: FoundBatch, { live }: ControlDeps): AsyncGenerator<number> {
  requireLive(found);
  const { batchId, total } = found.batch;
  for (let first = 0; first < total; first += STEP) {
    const states = await live.counters.states(batchId, first, Math.min(STEP, total - first));
    for (let at = states.indexOf(itemStates.failed); at >= 0; at = states.indexOf(itemStates.failed, at + 1)) {
      yield first + at;
    }
  }
}
