import { batchResultsPrefix, placeOf, type BatchRecord } from '../../contract/index.js';
import type { BlobStore } from '../../storage/index.js';
import { readManifest } from '../commit.js';
import type { JobRecords } from '../records.js';
import type { BatchStore } from './store.js';

/**
 * Makes the live counters of a batch again from what storage knows: how many items there are, which have a manifest, and
 * what was last asked of the batch. Items without a manifest are open and will be entered again from the first one on.
 */
export async function rebuildBatch(
  batch: BatchRecord,
  batches: BatchStore,
  records: JobRecords,
  store: BlobStore,
): Promise<void> {
  // Paused while the counters are made: nothing is entered yet, and ends that happen meanwhile are counted once.
  if (!(await records.batches.open(batch, 'paused'))) return;
  for await (const { jobId, run } of newestRuns(batch.batchId, store)) {
    const place = placeOf(jobId);
    const manifest = await readManifest(store, jobId, run);
    if (place === undefined || manifest === undefined) continue;
    await records.batches.settled(place, manifest.status, 'reusedFrom' in manifest);
  }
  const { status } = await batches.control(batch.batchId);
  if (status === 'canceled' || status === 'stopped') await records.batches.close(batch.batchId, status);
  else await records.batches.setStatus(batch.batchId, status);
}

/** The newest run with a manifest of every job of a batch. Keys of one job lie together in a listing. */
async function* newestRuns(batchId: string, store: BlobStore): AsyncGenerator<{ jobId: string; run: number }> {
  let newest: { jobId: string; run: number } | undefined;
  let startAfter: string | undefined;
  do {
    const page = await store.list({ prefix: batchResultsPrefix(batchId), startAfter });
    for (const { key } of page.blobs) {
      const match = /^results\/([0-9a-f-]{36})\/(\d+)\/manifest\.json$/.exec(key);
      if (match?.[1] === undefined) continue;
      const found = { jobId: match[1], run: Number(match[2]) };
      if (newest !== undefined && newest.jobId !== found.jobId) yield newest;
      if (newest?.jobId !== found.jobId || found.run > newest.run) newest = found;
    }
    startAfter = page.next;
  } while (startAfter !== undefined);
  if (newest !== undefined) yield newest;
}
