import { createHash } from 'node:crypto';
import { z } from 'zod';
import { blobKeys, specOf, type CompletedManifest, type JobRequest } from '@parse3d/contract';
import { readRecord, writeJson, type BlobStore } from '@parse3d/storage';
import { manifestBase, type Manifests, type Software } from './manifests.js';

const Pointer = z.object({ jobId: z.string(), run: z.int() });

/** Where results are found again, by what was asked for. It only spares work: a result that is not found is computed. */
export class ReusableResults {
  readonly #store: BlobStore;
  readonly #manifests: Manifests;

  constructor(store: BlobStore, manifests: Manifests) {
    this.#store = store;
    this.#manifests = manifests;
  }

  /** Notes where an equal request will find this result. */
  async remember(request: JobRequest): Promise<void> {
    if (request.input.etag === '') return;
    const { jobId, run } = request;
    await writeJson(this.#store, blobKeys.reuse(digestOf(request)), { jobId, run });
  }

  /** A manifest for this request that shares an earlier result, or undefined when there is none. */
  async find(request: JobRequest, software: Software): Promise<CompletedManifest | undefined> {
    if (request.input.etag === '') return undefined;
    const pointer = await readRecord(this.#store, blobKeys.reuse(digestOf(request)), Pointer);
    if (pointer === undefined) return undefined;
    const earlier = await this.#manifests.read(pointer.jobId, pointer.run);
    if (earlier?.status !== 'completed' || earlier.tenant !== request.tenant) return undefined;
    return {
      ...earlier,
      ...manifestBase(request, 'reuse', software),
      input: earlier.input,
      reusedFrom: { jobId: earlier.jobId, run: earlier.run },
    };
  }
}

/** Equal for runs that must have equal results: same input version, and the same spec but for what only schedules a run. */
function digestOf(request: JobRequest): string {
  const { tenant, input } = request;
  const { lane: _lane, metadata: _metadata, options, ...spec } = specOf(request);
  // The deadline changes when a job ends, not what it finds.
  const { deadlineSeconds: _, ...result } = options;
  const parts = { tenant, uri: input.uri, etag: input.etag, ...spec, options: result };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
