import { blobKeys, isTombstone, parseBlobKeys, placeOf } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll } from '@parse3d/storage';
import type { KnownJob, Walk } from './context.js';

/** A job with results in storage. */
export interface CountedJob {
  readonly jobId: string;
  readonly tenant: string;
  /** Of the outputs of runs that have ended. */
  readonly bytes: number;
  /** When it ended, in ms of Unix time; undefined for one of a batch, and one that was removed. */
  readonly endedMs: number | undefined;
}

interface Run {
  readonly run: number;
  bytes: number;
  manifest: { readonly etag: string; readonly isNew: boolean } | undefined;
}

/**
 * Every job with results in storage; uploads that single ones name are noted on the way, those of batches by their items.
 *
 * @param batches their tenants, by id
 */
export async function* walkJobs(walk: Walk, batches: ReadonlyMap<string, string>): AsyncGenerator<CountedJob> {
  let current: { jobId: string; runs: Run[] } | undefined;
  for await (const blob of listAll(walk.ledger.store, blobKeys.resultsPrefix, walk.signal)) {
    const found = parseBlobKeys.result(blob.key);
    if (found === undefined) continue;
    if (current?.jobId !== found.jobId) {
      if (current !== undefined) yield* countJob(current.jobId, current.runs, batches, walk);
      current = { jobId: found.jobId, runs: [] };
    }
    let run = current.runs.find((one) => one.run === found.run);
    if (run === undefined) {
      run = { run: found.run, bytes: 0, manifest: undefined };
      current.runs.push(run);
    }
    if (found.part === 'attempts') run.bytes += blob.bytes;
    else run.manifest = { etag: blob.etag, isNew: blob.lastModified >= walk.at };
  }
  if (current !== undefined) yield* countJob(current.jobId, current.runs, batches, walk);
}

async function* countJob(
  jobId: string,
  runs: readonly Run[],
  batches: ReadonlyMap<string, string>,
  walk: Walk,
): AsyncGenerator<CountedJob> {
  const place = placeOf(jobId);
  if (place !== undefined) {
    const tenant = batches.get(place.batchId);
    if (tenant !== undefined) yield { jobId, tenant, bytes: bytesOf(runs), endedMs: undefined };
    return;
  }
  const newest = runs.reduce<Run | undefined>(
    (last, run) => (run.manifest !== undefined && run.run > (last?.run ?? 0) ? run : last),
    undefined,
  );
  if (newest?.manifest === undefined) return;
  const job = await readJob(jobId, newest.run, newest.manifest.etag, walk);
  if (job === undefined) return;
  if (job.ended !== undefined) walk.candidates.named(job.ended.input);
  yield { jobId, tenant: job.tenant, bytes: bytesOf(runs), endedMs: job.ended?.atMs };
}

/** What an attempt has stored that has not ended is counted when it ends, and what ends now as it does. */
const bytesOf = (runs: readonly Run[]): number =>
  runs.reduce((sum, { bytes, manifest }) => (manifest === undefined || manifest.isNew ? sum : sum + bytes), 0);

async function readJob(jobId: string, run: number, etag: string, walk: Walk): Promise<KnownJob | undefined> {
  const known = walk.known.get(jobId, etag);
  if (known !== undefined) return known;
  try {
    const end = await walk.ledger.manifests.read(jobId, run);
    if (end === undefined) return undefined;
    const job: KnownJob = isTombstone(end)
      ? { etag, tenant: end.tenant }
      : { etag, tenant: end.tenant, ended: { atMs: Date.parse(end.finishedAt), input: end.input.uri } };
    walk.known.set(jobId, job);
    return job;
  } catch (error) {
    if (!isProblem(error, 'record-invalid')) throw error;
    walk.onUnreadable(blobKeys.manifest(jobId, run), error);
    return undefined;
  }
}
