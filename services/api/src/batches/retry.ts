import { batchJobId, blobKeys, type JobRequest, type RetryFailed } from '@parse3d/contract';
import { BatchStore, itemStates, newestManifest, pinned } from '@parse3d/control';
import { isProblem } from '@parse3d/contract/problems';
import { inParallel, writeJson } from '@parse3d/storage';
import type { ApiDeps } from '../deps.js';
import { accept } from '../jobs/accept.js';
import { requestFromManifest } from '../jobs/find.js';
import { requireStatus } from './control.js';
import { requireLive, STEP, type FoundBatch } from './find.js';

/** Items that are read and accepted at a time: each is a handful of requests to the storage. */
const AT_ONCE = 32;

/**
 * Runs failed items once more, each as a new run of its job: all of them, or those that failed with one of `codes`. The
 * batch may have ended or still be at work; a paused one stays paused, while the retried items run.
 *
 * @returns how many items that are
 * @throws Problem `state-conflict` for a canceled batch, or when its states are gone
 */
export async function retryFailed(found: FoundBatch, { codes }: RetryFailed, deps: ApiDeps): Promise<number> {
  requireStatus(found, ['completed', 'stopped', 'running', 'paused']);
  const { batch } = found;
  const { primary } = deps.stores;
  const wanted = codes === undefined ? undefined : new Set(codes);
  let opening: Promise<void> | undefined;
  let retried = 0;
  await inParallel(failedOrdinals(found, deps), AT_ONCE, async (ordinal) => {
    const manifest = await newestManifest(primary, batchJobId(batch.batchId, ordinal));
    if (manifest?.status !== 'failed' || wanted?.has(manifest.problem.code) === false) return;
    await (opening ??= reopen(found, deps));
    const { id, version } = deps.packs.get(batch.pack.id);
    const request = requestFromManifest(manifest);
    const input = await inputOfNow(request.input, deps);
    await accept({ ...request, input, run: manifest.run + 1, pack: { id, version } }, deps, async () => {
      // The marker is there: an item that is open without a run to come would be mended into the failure of before.
      const reopened = await deps.records.batches.reopened(batch, ordinal);
      // Who closed the batch in the meantime took the marker away.
      if (reopened && retried++ === 0) await markOpen(batch.batchId, deps);
      return reopened;
    });
  });
  return retried;
}

/** Places of the items that have failed, in the order of the source. */
async function* failedOrdinals(found: FoundBatch, deps: ApiDeps): AsyncGenerator<number> {
  requireLive(found);
  const { batchId, total } = found.batch;
  for (let first = 0; first < total; first += STEP) {
    const states = await deps.records.batches.states(batchId, first, Math.min(STEP, total - first));
    for (let at = states.indexOf(itemStates.failed); at >= 0; at = states.indexOf(itemStates.failed, at + 1)) {
      yield first + at;
    }
  }
}

/** A volume that was missing has no version yet. By now it may be there; if not, the run says so again. */
async function inputOfNow(input: JobRequest['input'], deps: ApiDeps): Promise<JobRequest['input']> {
  try {
    return await pinned(input, deps.stores);
  } catch (error) {
    if (!isProblem(error) || error.retry === 'later') throw error;
    return input;
  }
}

/** In storage first, so that a Redis that is lost from now on is given the batch again. */
async function reopen({ batch: { batchId }, live }: FoundBatch, deps: ApiDeps): Promise<void> {
  await markOpen(batchId, deps);
  const batches = new BatchStore(deps.stores.primary);
  await batches.reopened(batchId);
  if (live?.status !== 'paused') await batches.setControl(batchId, 'running');
}

const markOpen = (batchId: string, deps: ApiDeps): Promise<unknown> =>
  writeJson(deps.stores.primary, blobKeys.openBatch(batchId), { batchId });
