import {
  blobKeys,
  isEnded,
  isTombstone,
  parseBlobKeys,
  placeOf,
  type JobStatus,
  type Tombstone,
} from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { endShares, nothingRemoved, removeBelow } from './remove.js';
import { requestFromManifest } from '../ledger/manifests.js';
import { tombstoneOf, type Purging } from '../ledger/purges.js';
import { digestOf } from '../ledger/reuse.js';
import type { ControlDeps } from './deps.js';
import type { FoundJob } from './find.js';

/**
 * Notes that a job is being removed, and all that has to go with it: once its manifests are gone nothing else says it.
 *
 * @throws Problem `state-conflict` for a job that has not ended, or is one of a batch
 */
export async function beginJobPurge(found: FoundJob, by: string, { ledger }: ControlDeps): Promise<Purging> {
  const { jobId, tenant } = found.request;
  const place = placeOf(jobId);
  if (place !== undefined) {
    // Reports and derivatives of the batch hold what was found too.
    throw new Problem('state-conflict', `job ${jobId} is one of batch ${place.batchId}; remove the batch`, place);
  }
  const status = statusOf(found);
  if (!isEnded(status)) {
    throw new Problem('state-conflict', `job ${jobId} is ${status}; cancel it first`, { status });
  }
  const begun = await ledger.purges.read({ kind: 'job', id: jobId });
  if (begun !== undefined) return begun;
  const uploads = new Set<string>();
  const reuse: string[] = [];
  for (const end of await ledger.manifests.all(jobId)) {
    if (isTombstone(end)) continue;
    const upload = ledger.uploads.at(end.input.uri);
    if (upload?.tenant === tenant) uploads.add(upload.uploadId);
    if (end.status === 'completed') reuse.push(digestOf(requestFromManifest(end)));
  }
  const at = new Date().toISOString();
  const purging: Purging = { kind: 'job', id: jobId, tenant, at, by, uploads: [...uploads], reuse, total: 0 };
  await ledger.purges.write(purging);
  return purging;
}

function statusOf(found: FoundJob): JobStatus {
  switch (found.source) {
    case 'record':
      return found.record.status;
    case 'manifest':
      return found.manifest.status;
    case 'pending':
      return 'waiting';
  }
}

/** See `Jobs.purge`. Every step can be repeated. */
export async function finishJobPurge(purging: Purging, deps: ControlDeps): Promise<Tombstone> {
  const { ledger, live } = deps;
  const { id: jobId, tenant } = purging;
  const tombstone = await buryRuns(purging, deps);
  await ledger.pending.removeAll(jobId);
  const shared = new Set<number>();
  for await (const { of } of ledger.shares.of(`${jobId}/`)) shared.add(of.run);
  const keeps = (key: string): boolean => {
    const result = parseBlobKeys.result(key);
    return result === undefined || result.part === 'manifest' || shared.has(result.run);
  };
  await live.usage.takeOff(tenant, 'results', jobId, async () => {
    const removed = nothingRemoved();
    await removeBelow(blobKeys.jobPrefix(jobId), keeps, deps, removed, Infinity);
    await endShares(`${jobId}/`, deps, removed);
    return removed;
  });
  await removeBelow(blobKeys.linksPrefix(`${jobId}/`), () => false, deps, nothingRemoved(), Infinity);
  for (const digest of purging.reuse) await ledger.reuse.forget(digest, jobId);
  for (const uploadId of purging.uploads) await ledger.uploads.release({ tenant, uploadId });
  await live.records.purge(tenant, [jobId]);
  if (purging.uploads.length > 0) await live.usage.wakeKeeper();
  await ledger.purges.remove(purging);
  return tombstone;
}

/** A run that was accepted at this moment gets its tombstone too: its attempt then loses against it. */
async function buryRuns(purging: Purging, { ledger }: ControlDeps): Promise<Tombstone> {
  const tombstone = tombstoneOf(purging);
  for (;;) {
    const runs: number[] = [];
    for (let run = 1; ; run++) {
      const end = await ledger.manifests.read(purging.id, run);
      if (end === undefined && (await ledger.pending.read(purging.id, run)) === undefined) break;
      if (end === undefined || !isTombstone(end)) runs.push(run);
    }
    if (runs.length === 0) return tombstone;
    // The newest first, which is what is asked for.
    for (const run of runs.reverse()) await ledger.manifests.bury(tombstone, run);
  }
}
