import { blobKeys, JobRequest, Manifest, placeOf, RESEARCH_NOTICE, type ProblemBody } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll, readRecord, type BlobStore } from '@parse3d/storage';
import type { JobRecords } from './records.js';
import { announceJob } from './webhooks/outbox.js';

/** Who made a manifest: goes into it for provenance. */
export interface Software {
  readonly name: 'parse3d';
  readonly version: string;
  readonly commit?: string | undefined;
}

/** The part of a manifest that every outcome has. */
export function manifestBase(request: JobRequest, attemptId: string, software: Software) {
  return {
    schemaVersion: 1 as const,
    jobId: request.jobId,
    run: request.run,
    tenant: request.tenant,
    attemptId,
    createdAt: request.createdAt,
    finishedAt: new Date().toISOString(),
    input: request.input,
    prompts: request.prompts,
    pack: request.pack,
    modality: request.modality,
    outputOptions: request.outputs,
    options: request.options,
    lane: request.lane,
    metadata: request.metadata,
    requestSha256: request.requestSha256,
    software,
    notice: RESEARCH_NOTICE,
  };
}

export function failedManifest(
  request: JobRequest,
  attemptId: string,
  software: Software,
  problem: ProblemBody,
): Manifest {
  return { ...manifestBase(request, attemptId, software), status: 'failed', problem };
}

export function canceledManifest(request: JobRequest, attemptId: string, software: Software): Manifest {
  return { ...manifestBase(request, attemptId, software), status: 'canceled' };
}

export function readManifest(store: BlobStore, jobId: string, run: number): Promise<Manifest | undefined> {
  return readRecord(store, blobKeys.manifest(jobId, run), Manifest);
}

/**
 * Ends a run: writes the manifest if nobody has, then makes the record follow, then drops the pending marker. Of two
 * attempts exactly one wins; the loser gets the winner's manifest and everything after the write is repeated for it,
 * since the winner may have died in between.
 *
 * @returns the manifest that stands, and whether it is the one given
 */
export async function commit(
  store: BlobStore,
  records: JobRecords,
  manifest: Manifest,
): Promise<{ standing: Manifest; won: boolean }> {
  const key = blobKeys.manifest(manifest.jobId, manifest.run);
  let standing = manifest;
  let won = true;
  try {
    const body = Buffer.from(`${JSON.stringify(Manifest.parse(manifest), null, 2)}\n`);
    await store.write(key, body, { ifAbsent: true, contentType: 'application/json' });
  } catch (error) {
    if (!isProblem(error, 'blob-exists')) throw error;
    standing = (await readManifest(store, manifest.jobId, manifest.run)) ?? manifest;
    // A write whose answer was lost and was repeated meets itself.
    won = standing.attemptId === manifest.attemptId && standing.status === manifest.status;
  }
  if (won) records.onCommitted(standing);
  await settle(store, records, standing);
  if (won) await records.pace.note(standing);
  return { standing, won };
}

/**
 * What follows from a committed manifest: webhooks become due, leftovers of other attempts go, the record and the
 * counters of its batch end, then the pending marker goes. Marker and counters come last, so that the reconciler repeats
 * all of it for a process that was killed in between, or that the store failed.
 */
export async function settle(store: BlobStore, records: JobRecords, manifest: Manifest): Promise<void> {
  await Promise.all([announceJob(store, records, manifest), sweepAttempts(store, manifest)]);
  await records.finish(manifest);
  // The first run of a batch's job has no marker: the batch stands for all of them.
  if (manifest.run > 1 || placeOf(manifest.jobId) === undefined) {
    await store.delete(blobKeys.pending(manifest.jobId, manifest.run));
  }
}

/**
 * Removes what attempts left in storage that were killed before they could clean up: everything that the standing
 * manifest does not refer to. An attempt that is still alive cleans up after itself when it loses.
 */
async function sweepAttempts(store: BlobStore, standing: Manifest): Promise<void> {
  const { jobId, run } = standing;
  const kept = standing.status === 'completed' ? blobKeys.attemptPrefix(jobId, run, standing.attemptId) : undefined;
  for await (const { key } of listAll(store, `${blobKeys.runPrefix(jobId, run)}attempts/`)) {
    if (kept === undefined || !key.startsWith(kept)) await store.delete(key);
  }
}

/** The durable request of a run that has not ended, or undefined. */
export function readPending(store: BlobStore, jobId: string, run: number): Promise<JobRequest | undefined> {
  return readRecord(store, blobKeys.pending(jobId, run), JobRequest);
}

/** The newest run's manifest of a job, found in storage alone, or undefined when no run has ended. */
export async function newestManifest(store: BlobStore, jobId: string): Promise<Manifest | undefined> {
  // Runs are few (one, plus one per manual retry), so counting up costs little and needs no listing.
  let newest: Manifest | undefined;
  for (let run = 1; ; run++) {
    const manifest = await readManifest(store, jobId, run);
    if (manifest === undefined) return newest;
    newest = manifest;
  }
}
