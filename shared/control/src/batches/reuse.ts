import { createHash } from 'node:crypto';
import { z } from 'zod';
import { blobKeys, type CompletedManifest, type JobRequest } from '@parse3d/contract';
import { readRecord, writeJson, type BlobStore } from '@parse3d/storage';
import { manifestBase, readManifest, type Software } from '../commit.js';

const Pointer = z.strictObject({ jobId: z.string(), run: z.int() });

/** Equal for runs that must have equal results: same input version, prompts, pack, modality, outputs and options. */
function reuseDigest(request: JobRequest): string {
  const { tenant, input, prompts, pack, modality, outputs, options } = request;
  // The deadline changes when a job ends, not what it finds.
  const { deadlineSeconds: _, ...result } = options;
  const parts = { tenant, uri: input.uri, etag: input.etag, prompts, pack, modality, outputs, options: result };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Notes where an equal request will find this result. */
export async function rememberResult(store: BlobStore, request: JobRequest): Promise<void> {
  if (request.input.etag === '') return;
  await writeJson(store, blobKeys.reuse(reuseDigest(request)), { jobId: request.jobId, run: request.run });
}

/** A manifest for this request that shares an earlier result, or undefined when there is none. */
export async function reuseResult(
  store: BlobStore,
  request: JobRequest,
  software: Software,
): Promise<CompletedManifest | undefined> {
  if (request.input.etag === '') return undefined;
  const pointer = await readRecord(store, blobKeys.reuse(reuseDigest(request)), Pointer);
  if (pointer === undefined) return undefined;
  const earlier = await readManifest(store, pointer.jobId, pointer.run);
  if (earlier?.status !== 'completed' || earlier.tenant !== request.tenant) return undefined;
  return {
    ...earlier,
    ...manifestBase(request, 'reuse', software),
    input: earlier.input,
    reusedFrom: { jobId: earlier.jobId, run: earlier.run },
  };
}
