import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  blobKeys,
  isTombstone,
  placeOf,
  specOf,
  type CompletedManifest,
  type JobRequest,
  type RunId,
} from '@parse3d/contract';
import { readListed, readRecord, writeJson, type BlobStore, type OnUnreadable } from '@parse3d/storage';
import type { BatchLedger } from './batches.js';
import { manifestBase, type Manifests, type Software } from './manifests.js';
import type { Shares } from './shares.js';

interface Results {
  readonly manifests: Manifests;
  readonly shares: Shares;
  readonly batches: BatchLedger;
}

const Pointer = z.object({ jobId: z.string(), run: z.int() });

/** Where results are found again, by what was asked for. It only spares work: a result that is not found is computed. */
export class ReusableResults {
  readonly #store: BlobStore;
  readonly #results: Results;
  readonly #onUnreadable: OnUnreadable;

  constructor(store: BlobStore, results: Results, onUnreadable: OnUnreadable) {
    this.#store = store;
    this.#onUnreadable = onUnreadable;
    this.#results = results;
  }

  /** Notes where an equal request will find this result. */
  async remember(request: JobRequest): Promise<void> {
    if (request.input.etag === '') return;
    const { jobId, run } = request;
    await writeJson(this.#store, blobKeys.reuse(digestOf(request)), { jobId, run });
  }

  /** Takes the note back, where it leads to one of these runs. */
  async forget(digest: string, jobId: string): Promise<void> {
    const pointer = await readRecord(this.#store, blobKeys.reuse(digest), Pointer);
    if (pointer?.jobId === jobId) await this.#store.delete(blobKeys.reuse(digest));
  }

  /**
   * A manifest for this request that shares an earlier result, or undefined when there is none. That it is shared is noted
   * before it is looked whether the earlier one still stands; its removal is noted before it is looked whether it is
   * shared: of the two one sees the other.
   */
  async find(request: JobRequest, software: Software): Promise<CompletedManifest | undefined> {
    if (request.input.etag === '') return undefined;
    // What cannot be read is computed again.
    const pointer = await readListed(this.#store, blobKeys.reuse(digestOf(request)), Pointer, this.#onUnreadable);
    if (pointer === undefined) return undefined;
    const earlier = await this.#results.manifests.readable(pointer.jobId, pointer.run);
    if (earlier === 'unreadable' || earlier?.status !== 'completed' || earlier.tenant !== request.tenant)
      return undefined;
    // What it shares itself is what is shared: its own end keeps nobody's outputs.
    const of = earlier.reusedFrom ?? { jobId: earlier.jobId, run: earlier.run };
    const by = { jobId: request.jobId, run: request.run };
    await this.#results.shares.add(of, by);
    if (await this.#isGone(of)) {
      await this.#results.shares.remove(of, by);
      return undefined;
    }
    // How the other job is called is not part of its result.
    const { title: _title, tags: _tags, ...result } = earlier;
    return {
      ...result,
      ...manifestBase(request, 'reuse', software),
      input: earlier.input,
      reusedFrom: of,
    };
  }

  async #isGone({ jobId, run }: RunId): Promise<boolean> {
    const place = placeOf(jobId);
    const stored = await (place === undefined
      ? this.#results.manifests.read(jobId, run)
      : this.#results.batches.stored(place.batchId));
    return stored === undefined || isTombstone(stored);
  }
}

/**
 * Equal for runs that must have equal results: same input version, and the same spec but for what only schedules or
 * names a run.
 */
export function digestOf(request: JobRequest): string {
  const { tenant, input } = request;
  const { lane: _lane, metadata: _metadata, title: _title, tags: _tags, options, ...spec } = specOf(request);
  // The deadline changes when a job ends, not what it finds.
  const { deadlineSeconds: _, ...result } = options;
  const parts = { tenant, uri: input.uri, etag: input.etag, ...spec, options: result };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
