import { blobKeys, type BatchRecord, type ItemPage } from '@parse3d/shared/contract';
import { BatchStore, newestManifest } from '@parse3d/shared/queue';
import { Problem } from '@parse3d/shared/problems';
import { writeJson } from '@parse3d/shared/storage';
import type { ApiDeps } from '../deps.js';
import { accept } from '../jobs/accept.js';
import { requestFromManifest } from '../jobs/find.js';
import { listItems, type FoundBatch } from './find.js';

/** Nothing more of it is fed until it is resumed; what runs goes on. @throws Problem `state-conflict` */
export async function pauseBatch(found: FoundBatch, deps: ApiDeps): Promise<void> {
  await move(found, 'paused', ['running', 'paused'], deps);
}

/** @throws Problem `state-conflict` */
export async function resumeBatch(found: FoundBatch, deps: ApiDeps): Promise<void> {
  await move(found, 'running', ['running', 'paused'], deps);
}

/** Ends what has not begun at once, and what runs within seconds. @throws Problem `state-conflict` */
export async function cancelBatch(found: FoundBatch, deps: ApiDeps): Promise<void> {
  requireStatus(found, ['running', 'paused', 'stopped', 'canceled']);
  await new BatchStore(deps.stores.primary).setControl(found.batch.batchId, 'canceled');
  await deps.records.batches.close(found.batch.batchId, 'canceled');
}

/** Storage first: what was asked survives Redis. */
async function move(
  found: FoundBatch,
  to: 'running' | 'paused',
  from: readonly string[],
  deps: ApiDeps,
): Promise<void> {
  requireStatus(found, from);
  await new BatchStore(deps.stores.primary).setControl(found.batch.batchId, to);
  await deps.records.batches.setStatus(found.batch.batchId, to);
}

function requireStatus({ batch, live }: FoundBatch, allowed: readonly string[]): void {
  const status = live?.status ?? 'completed';
  if (allowed.includes(status)) return;
  throw new Problem('state-conflict', `batch ${batch.batchId} is ${status}`, { status });
}

/** Failed items of one page. */
const PAGE = 200;

/**
 * Runs every failed item once more, as a new run of its job.
 *
 * @returns how many items that are
 * @throws Problem `state-conflict` while the batch has not ended, or when its states are gone
 */
export async function retryFailed(found: FoundBatch, deps: ApiDeps): Promise<number> {
  const { batch } = found;
  requireStatus(found, ['completed', 'stopped', 'running', 'paused']);
  let retried = 0;
  let from: number | undefined = 0;
  while (from !== undefined) {
    const page: ItemPage = await listItems(found, { status: 'failed', from, limit: PAGE }, deps);
    for (const { jobId, ordinal } of page.items) {
      const manifest = await newestManifest(deps.stores.primary, jobId);
      if (manifest?.status !== 'failed') continue;
      if (retried === 0) await reopen(batch, deps);
      await deps.records.batches.reopened({ batchId: batch.batchId, ordinal });
      const { id, version } = deps.packs.get(batch.pack.id);
      await accept({ ...requestFromManifest(manifest), run: manifest.run + 1, pack: { id, version } }, deps);
      retried++;
    }
    from = page.next;
  }
  return retried;
}

async function reopen(batch: BatchRecord, deps: ApiDeps): Promise<void> {
  await writeJson(deps.stores.primary, blobKeys.openBatch(batch.batchId), { batchId: batch.batchId });
  await new BatchStore(deps.stores.primary).setControl(batch.batchId, 'running');
  await deps.records.batches.open(batch, 'running');
  await deps.records.batches.setStatus(batch.batchId, 'running');
}
