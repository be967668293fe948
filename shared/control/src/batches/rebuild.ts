import { batchResultsPrefix, placeOf, type BatchRecord } from '@parse3d/contract';
import { inParallel, listAll, type BlobStore } from '@parse3d/storage';
import { readManifest } from '../commit.js';
import type { JobRecords } from '../records.js';
import type { BatchStore } from './store.js';

/** Manifests read at a time. */
const AT_ONCE = 16;

/**
 * Makes the live counters of a batch again from what storage knows: how many items there are, which have a manifest, and
 * what was last asked of the batch. Items without a manifest are open and will be entered again from the first one on.
 * May be broken off and begun anew, and done twice at a time: every end counts once.
 */
export async function rebuildBatch(
  batch: BatchRecord,
  batches: BatchStore,
  records: JobRecords,
  store: BlobStore,
  signal?: AbortSignal,
): Promise<void> {
  // Nothing of it is entered meanwhile; ends that happen are counted.
  if (!(await records.batches.openToRebuild(batch))) return;
  await inParallel(newestRuns(batch.batchId, store), AT_ONCE, async ({ jobId, run }) => {
    signal?.throwIfAborted();
    const place = placeOf(jobId);
    const manifest = await readManifest(store, jobId, run);
    if (place === undefined || manifest === undefined) return;
    await records.batches.settled(place, manifest.status, 'reusedFrom' in manifest);
  });
  // Before it is read what was asked: what is asked from now on changes the counters itself.
  await records.batches.rebuilt(batch.batchId);
  const { status } = await batches.control(batch.batchId);
  if (status === 'canceled' || status === 'stopped') await records.batches.close(batch.batchId, status);
  else await records.batches.setStatus(batch.batchId, status);
}

/** The newest run with a manifest of every job of a batch. Keys of one job lie together in a listing. */
async function* newestRuns(batchId: string, store: BlobStore): AsyncGenerator<{ jobId: string; run: number }> {
  let newest: { jobId: string; run: number } | undefined;
  for await (const { key } of listAll(store, batchResultsPrefix(batchId))) {
    const match = /^results\/([0-9a-f-]{36})\/(\d+)\/manifest\.json$/.exec(key);
    if (match?.[1] === undefined) continue;
    const found = { jobId: match[1], run: Number(match[2]) };
    if (newest !== undefined && newest.jobId !== found.jobId) yield newest;
    if (newest?.jobId !== found.jobId || found.run > newest.run) newest = found;
  }
  if (newest !== undefined) yield newest;
}
