import {
  batchJobId,
  blobKeys,
  type BatchRecord,
  type BatchView,
  type ItemPage,
  type ItemStatus,
  type ListItems,
} from '@parse3d/contract';
import { BatchStore, reportNames, type BatchCounts, type BatchFinished } from '@parse3d/control';
import { Problem } from '@parse3d/contract/problems';
import type { ApiDeps } from '../deps.js';
import { publicUrl } from '../http/public-url.js';

/** A batch as far as it has come. */
export interface FoundBatch {
  readonly batch: BatchRecord;
  /** Absent once Redis has forgotten it, or before it is rebuilt. */
  readonly live: BatchCounts | undefined;
  /** The first item that nobody has begun. */
  readonly firstWaiting: number | undefined;
  readonly end: BatchFinished | undefined;
}

/** @throws Problem `not-found`, also for another tenant's batch */
export async function findBatch(batchId: string, tenant: string, deps: ApiDeps): Promise<FoundBatch> {
  const batch = await new BatchStore(deps.stores.primary).record(batchId);
  if (batch?.tenant !== tenant) throw new Problem('not-found', `there is no batch ${batchId}`, { batchId });
  return followBatch(batch, deps);
}

/** A tenant's newest batches. */
export async function latestBatches(tenant: string, limit: number, deps: ApiDeps): Promise<FoundBatch[]> {
  const batches = new BatchStore(deps.stores.primary);
  const ids = await deps.redis.zrevrange(deps.keys.batches(tenant), 0, limit - 1);
  const records = await Promise.all(ids.map((id) => batches.record(id)));
  return Promise.all(records.filter((batch) => batch !== undefined).map((batch) => followBatch(batch, deps)));
}

async function followBatch(batch: BatchRecord, deps: ApiDeps): Promise<FoundBatch> {
  const { batchId } = batch;
  // Live counters come first: a batch that ends in between is then seen as ended, never as neither.
  const live = await deps.records.batches.get(batchId);
  const firstWaiting = live && (await deps.records.batches.firstWaiting(batchId, live));
  return { batch, live, firstWaiting, end: await new BatchStore(deps.stores.primary).finished(batchId) };
}

export function viewBatch({ batch, live, firstWaiting, end }: FoundBatch, deps: ApiDeps): BatchView {
  // While a finished batch is retried its old end stays in storage; the live counters are the truth then.
  const ended = end !== undefined && (live === undefined || live.status === end.status) ? end : undefined;
  const counts = ended ?? live ?? { completed: 0, failed: 0, canceled: 0, skipped: 0 };
  const running = ended === undefined ? (live?.running ?? 0) : 0;
  const { completed, failed, canceled, skipped } = counts;
  const done = completed + failed;
  const minutes = (Date.now() - Date.parse(batch.createdAt)) / 60_000;
  const waiting = batch.total - completed - failed - canceled - running;
  const perMinute = ended === undefined && done > 0 && minutes > 0 ? done / minutes : undefined;
  return {
    id: batch.batchId,
    ...(batch.name === undefined ? {} : { name: batch.name }),
    status: ended?.status ?? live?.status ?? 'running',
    createdAt: batch.createdAt,
    ...(ended === undefined ? {} : { finishedAt: ended.finishedAt }),
    total: batch.total,
    bytes: batch.bytes,
    counts: { waiting, running, completed, failed, canceled },
    skipped,
    ...(ended !== undefined || firstWaiting === undefined
      ? {}
      : {
          oldestWaiting: {
            ordinal: firstWaiting,
            jobId: batchJobId(batch.batchId, firstWaiting),
            since: batch.createdAt,
          },
        }),
    ...(perMinute === undefined
      ? {}
      : {
          itemsPerMinute: Number(perMinute.toFixed(2)),
          etaSeconds: Math.ceil(((waiting + running) / perMinute) * 60),
        }),
    metadata: batch.metadata,
    ...(ended === undefined
      ? {}
      : {
          reports: reportNames.map((name) => ({ name, url: batchUrl(batch, `reports/${name}`, deps) })),
          ...(batch.source.kind === 'bids' ? { derivative: { url: batchUrl(batch, 'derivative', deps) } } : {}),
        }),
  };
}

/** URL of something below a batch. */
export function batchUrl(batch: BatchRecord, path: string, deps: ApiDeps): string {
  return publicUrl(`/v1/batches/${batch.batchId}/${path}`, deps.config);
}

/** By the two bits of the bit field. */
const itemStatuses: readonly ItemStatus[] = ['open', 'completed', 'failed', 'canceled'];

/** States looked at in one step of a filtered listing: 25 KB. */
export const STEP = 100_000;

/** @throws Problem `state-conflict` when the live states are gone: `results.jsonl` has them */
export function requireLive({ batch, live }: FoundBatch): BatchCounts {
  if (live !== undefined) return live;
  const report = blobKeys.batchReport(batch.batchId, 'results.jsonl');
  throw new Problem('state-conflict', `the live states of batch ${batch.batchId} are gone; ${report} has them all`);
}

/**
 * Items in order, from `from` on, at most `limit`, only those of one status where that is asked.
 *
 * @throws Problem `state-conflict` when the live states are gone: `results.jsonl` has them
 */
export async function listItems(found: FoundBatch, query: ListItems, deps: ApiDeps): Promise<ItemPage> {
  const live = requireLive(found);
  const { batchId, total } = found.batch;
  const batches = new BatchStore(deps.stores.primary);
  // What a batch had not entered as a job when it was canceled or stopped has no state of its own, since there may be a
  // million of it: it lies before the next item to enter, and is not among the open ones. So it stays after a retry.
  const stillOpen = live.canceled > 0 ? new Set(await deps.records.batches.openOrdinals(batchId)) : undefined;
  const items: ItemPage['items'] = [];
  // A page of everything needs no more states than it has items. Steps begin with a whole byte.
  const step = query.status === undefined ? 4 * Math.ceil(query.limit / 4) + 4 : STEP;
  for (let first = query.from - (query.from % 4); first < total; first += step) {
    const count = Math.min(step, total - first);
    const states = await deps.records.batches.states(batchId, first, count);
    for (let index = Math.max(0, query.from - first); index < count; index++) {
      const ordinal = first + index;
      const entered = itemStatuses[states[index] ?? 0] ?? 'open';
      const neverRuns = ordinal < live.next && stillOpen?.has(ordinal) === false;
      const status = entered === 'open' && neverRuns ? 'canceled' : entered;
      if (query.status !== undefined && status !== query.status) continue;
      if (items.length === query.limit) return { items, next: ordinal };
      const { uri } = await batches.item(batchId, ordinal);
      items.push({ ordinal, uri, jobId: batchJobId(batchId, ordinal), status });
    }
  }
  return { items };
}
