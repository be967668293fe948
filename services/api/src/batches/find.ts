import {
  batchJobId,
  isTombstone,
  viewLeftOut,
  type BatchRecord,
  type BatchView,
  type Tombstone,
} from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { purgedProblem, reportNames, type FoundBatch } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';
import { publicUrl } from '../http/public-url.js';

/** @throws Problem `not-found`, also for another tenant's batch; `purged` */
export async function findBatch(batchId: string, tenant: string, deps: ApiDeps): Promise<FoundBatch> {
  const found = await findBatchOrGrave(batchId, tenant, deps);
  if (isTombstone(found)) throw purgedProblem(found);
  return found;
}

/** The same, with what is left of a batch that was removed. @throws Problem `not-found` */
export async function findBatchOrGrave(
  batchId: string,
  tenant: string,
  { control }: ApiDeps,
): Promise<FoundBatch | Tombstone> {
  const found = (await control.batches.find(batchId)) ?? (await control.batches.tombstone(batchId));
  const owner = found !== undefined && isTombstone(found) ? found.tenant : found?.batch.tenant;
  if (found === undefined || owner !== tenant)
    throw new Problem('not-found', `there is no batch ${batchId}`, { batchId });
  return found;
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
    ...viewLeftOut(batch.leftOut),
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
