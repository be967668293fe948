import { each } from '@parse3d/async';
import { isTombstone, placeOf, type BatchRecord } from '@parse3d/contract';
import type { ControlDeps } from '../jobs/deps.js';

/** Manifests read at a time. */
const AT_ONCE = 16;

/**
 * Makes the live counters of a batch again from what storage knows: how many items there are, which have a manifest, and
 * what was last asked of the batch. Items without a manifest are open and will be entered again from the first one on.
 * May be broken off and begun again, and done twice at a time: every end counts once.
 */
export async function rebuildBatch(
  batch: BatchRecord,
  { ledger, live }: Pick<ControlDeps, 'ledger' | 'live'>,
  signal?: AbortSignal,
): Promise<void> {
  const { batchId } = batch;
  // No item is entered meanwhile; ends that happen are counted.
  if (!(await live.counters.openToRebuild(batch))) return;
  await each(ledger.manifests.newestOfBatch(batchId), AT_ONCE, async ({ jobId, run }) => {
    signal?.throwIfAborted();
    const place = placeOf(jobId);
    const manifest = await ledger.manifests.readable(jobId, run);
    if (manifest === 'unreadable') {
      if (place !== undefined) await live.counters.settled(place, 'failed');
      return;
    }
    if (place === undefined || manifest === undefined || isTombstone(manifest)) return;
    await live.counters.settled(place, manifest.status, 'reusedFrom' in manifest);
  });
  // Before reading the control file: from here on, pause and cancel update the counters directly.
  await live.counters.counted(batchId);
  const { status } = await ledger.batches.control(batchId);
  if (status === 'canceled' || status === 'stopped') await live.counters.close(batchId, status);
  else await live.counters.setStatus(batchId, status);
  // Last: whoever fails or is killed before leaves a batch that the next pass rebuilds, not one that is paused forever.
  await live.counters.rebuilt(batchId);
}
