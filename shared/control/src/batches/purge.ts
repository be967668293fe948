import { batchIdPrefix, batchJobId, batchResultsPrefix, blobKeys, isTombstone, parseBlobKeys } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { ControlDeps } from '../jobs/deps.js';
import { endShares, nothingRemoved, removeBelow } from '../jobs/remove.js';
import { requestFromManifest } from '../ledger/manifests.js';
import { digestOf } from '../ledger/reuse.js';
import { tombstoneOf, type Purging } from '../ledger/purges.js';
import type { FoundBatch } from './find.js';

/** Ids of jobs that are dropped from Redis at a time. */
const PAGE = 10_000;

/**
 * Notes that a batch is being removed, then puts its tombstone: from here on nobody sees it.
 *
 * @throws Problem `state-conflict` for a batch with work left
 */
export async function beginBatchPurge({ batch }: FoundBatch, by: string, { ledger }: ControlDeps): Promise<Purging> {
  const { batchId: id, tenant, total } = batch;
  if (await ledger.batches.isOpen(id)) {
    throw new Problem('state-conflict', `batch ${id} has work left; cancel it, and wait for its end`, {
      batchId: id,
      status: (await ledger.batches.control(id)).status,
    });
  }
  const at = new Date().toISOString();
  const begun = await ledger.purges.read({ kind: 'batch', id });
  const purging: Purging = begun ?? { kind: 'batch', id, tenant, at, by, uploads: [], reuse: [], total };
  if (begun === undefined) await ledger.purges.write(purging);
  return purging;
}

/**
 * See `Batches.purge`. Every step can be repeated.
 *
 * @param most objects that are removed now
 * @returns true when nothing is left
 */
export async function finishBatchPurge(
  purging: Purging,
  most: number,
  deps: ControlDeps,
  signal?: AbortSignal,
): Promise<boolean> {
  const { ledger, live } = deps;
  const { id, tenant, total } = purging;
  const stored = await ledger.batches.stored(id);
  if (stored === undefined || !isTombstone(stored)) await ledger.batches.bury(tombstoneOf(purging));
  const jobIds = batchIdPrefix(id);
  // Retries that were accepted at this moment; an attempt of one finds the tombstone when it commits.
  await ledger.pending.removeAll(jobIds);
  await ledger.batches.unmarkOpen(id);
  const released = await releaseUploads(purging, deps);
  const kept = new Set<string>();
  for await (const { of, by } of ledger.shares.of(jobIds)) {
    if (batchIdPrefix(by.jobId) !== jobIds) kept.add(`${of.jobId}/${of.run}`);
  }
  const shared = (key: string): boolean => {
    const result = parseBlobKeys.result(key);
    return result?.part === 'attempts' && kept.has(`${result.jobId}/${result.run}`);
  };
  const before = (key: string): Promise<void> => forgetForReuse(key, deps);
  const tombstone = blobKeys.batch(id);
  const removed = await live.usage.takeOff(tenant, 'results', id, async () => {
    const sum = nothingRemoved();
    await removeBelow(batchResultsPrefix(id), shared, deps, sum, most, { signal, before });
    await endShares(jobIds, deps, sum);
    if (sum.complete) await removeBelow(blobKeys.linksPrefix(jobIds), () => false, deps, sum, most, { signal });
    if (sum.complete) {
      await removeBelow(blobKeys.batchPrefix(id), (key) => key === tombstone, deps, sum, most, { signal });
    }
    return sum;
  });
  if (released || !removed.complete) await live.usage.wakeKeeper();
  if (!removed.complete) return false;
  for (let first = 0; first < total; first += PAGE) {
    const count = Math.min(PAGE, total - first);
    await live.records.purge(
      tenant,
      Array.from({ length: count }, (_, index) => batchJobId(id, first + index)),
    );
  }
  await live.counters.purge(id, tenant);
  await ledger.purges.remove(purging);
  return true;
}

/** Nobody is to find the result of a run again whose manifest is about to go. */
async function forgetForReuse(key: string, { ledger }: ControlDeps): Promise<void> {
  const run = parseBlobKeys.manifest(key);
  if (run === undefined) return;
  const end = await ledger.manifests.read(run.jobId, run.run).catch((error: unknown) => {
    // What cannot be read goes all the same.
    if (isProblem(error, 'record-invalid')) return undefined;
    throw error;
  });
  if (end?.status !== 'completed' || end.reusedFrom !== undefined) return;
  await ledger.reuse.forget(digestOf(requestFromManifest(end)), run.jobId);
}

/** The items go after this, so that it is repeated until it has ended once. */
async function releaseUploads({ id, tenant, total }: Purging, { ledger }: ControlDeps): Promise<boolean> {
  const uploads = new Set<string>();
  for await (const uri of ledger.batches.uris(id, total)) {
    const upload = ledger.uploads.at(uri);
    if (upload?.tenant === tenant) uploads.add(upload.uploadId);
  }
  for (const uploadId of uploads) await ledger.uploads.release({ tenant, uploadId });
  return uploads.size > 0;
}
