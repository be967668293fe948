import { blobKeys, type JobRequest, type Manifest } from '@parse3d/contract';
import {
  BatchStore,
  isRedisError,
  newestManifest,
  readPending,
  requestOfBatchJob,
  type JobRecord,
} from '@parse3d/control';
import { Problem } from '@parse3d/contract/problems';
import type { ApiDeps } from '../deps.js';

/** A job wherever it is known: live in Redis, ended in storage, or accepted in storage while Redis has lost it. */
export type FoundJob =
  | { source: 'record'; request: JobRequest; record: JobRecord }
  | { source: 'manifest'; request: JobRequest; manifest: Manifest }
  | { source: 'pending'; request: JobRequest };

/** @throws Problem `not-found`, also for another tenant's job: ids tell nothing. */
export async function findJob(jobId: string, tenant: string, deps: ApiDeps): Promise<FoundJob> {
  const found = await lookUp(jobId, deps);
  if (found?.request.tenant !== tenant) throw new Problem('not-found', `there is no job ${jobId}`, { jobId });
  return found;
}

/** The newest request of a job, or undefined when nothing knows it. */
export async function requestOf(jobId: string, deps: ApiDeps): Promise<JobRequest | undefined> {
  return (await lookUp(jobId, deps))?.request;
}

async function lookUp(jobId: string, deps: ApiDeps): Promise<FoundJob | undefined> {
  const record = await liveRecord(jobId, deps);
  if (record !== undefined) return { source: 'record', request: record.request, record };
  const { primary } = deps.stores;
  const manifest = await newestManifest(primary, jobId);
  const pending = await readPending(primary, jobId, (manifest?.run ?? 0) + 1);
  if (pending !== undefined) return { source: 'pending', request: pending };
  if (manifest !== undefined) return { source: 'manifest', request: requestFromManifest(manifest), manifest };
  const item = await requestOfBatchJob(jobId, deps.records, new BatchStore(primary), deps.stores);
  return item && { source: 'pending', request: item };
}

/** Storage answers while Redis is away. */
async function liveRecord(jobId: string, deps: ApiDeps): Promise<JobRecord | undefined> {
  try {
    return await deps.records.get(jobId);
  } catch (error) {
    if (!isRedisError(error)) throw error;
    deps.log.warn({ err: error, jobId }, 'job looked up in storage alone');
    return undefined;
  }
}

/** The committed manifest of a job that has ended. @throws Problem `state-conflict` while it has not */
export async function manifestOf(found: FoundJob, deps: ApiDeps): Promise<Manifest> {
  if (found.source === 'manifest') return found.manifest;
  const { jobId, run } = found.request;
  const manifest = await newestManifest(deps.stores.primary, jobId);
  if (manifest?.run === run) return manifest;
  throw new Problem(
    'state-conflict',
    `job ${jobId} has not ended yet; ${blobKeys.manifest(jobId, run)} is not written`,
    {
      jobId,
    },
  );
}

/** What was asked for, as the manifest remembers it. */
export function requestFromManifest(manifest: Manifest): JobRequest {
  const { jobId, run, tenant, prompts, pack, modality, options, lane, metadata, createdAt, requestSha256 } = manifest;
  const { uri, etag, bytes } = manifest.input;
  return {
    jobId,
    run,
    tenant,
    input: { uri, etag, bytes },
    prompts,
    pack,
    modality,
    outputs: manifest.outputOptions,
    options,
    lane,
    metadata,
    createdAt,
    requestSha256,
  };
}
