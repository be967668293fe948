import {
  batchResultsPrefix,
  blobKeys,
  Manifest,
  isTombstone,
  parseBlobKeys,
  RESEARCH_NOTICE,
  specOf,
  StoredEnd,
  type JobRequest,
  type ProblemBody,
  type Tombstone,
} from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll, readRecord, writeJson, type BlobStore, type OnUnreadable } from '@parse3d/storage';

/** Who made a manifest: goes into it for provenance. */
export interface Software {
  readonly name: 'parse3d';
  readonly version: string;
  readonly commit?: string | undefined;
}

/** The part of a manifest that every outcome has. */
export function manifestBase(request: JobRequest, attemptId: string, software: Software) {
  const { outputs: outputOptions, ...spec } = specOf(request);
  return {
    schemaVersion: 1 as const,
    jobId: request.jobId,
    run: request.run,
    tenant: request.tenant,
    attemptId,
    createdAt: request.createdAt,
    finishedAt: new Date().toISOString(),
    input: request.input,
    ...spec,
    outputOptions,
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

/** What was asked for, as the manifest remembers it: the inverse of `manifestBase`. */
export function requestFromManifest(manifest: Manifest): JobRequest {
  const { jobId, run, tenant, createdAt, requestSha256 } = manifest;
  const { uri, etag, bytes } = manifest.input;
  const spec = specOf({ ...manifest, outputs: manifest.outputOptions });
  return { jobId, run, tenant, input: { uri, etag, bytes }, ...spec, createdAt, requestSha256 };
}

/** Bytes that the run itself has stored. */
export function ownBytes(manifest: Manifest): number {
  if (manifest.status !== 'completed' || manifest.reusedFrom !== undefined) return 0;
  return manifest.outputs.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** A manifest that was offered as the end of a run, and the one that is. */
export interface Committed {
  readonly standing: StoredEnd;
  /** True when the standing manifest is the one that was offered. */
  readonly won: boolean;
}

/**
 * The manifests of runs: each is the commit of one run, and never changes. A job that was removed has a tombstone in the
 * place of each, so that an attempt which wakes up late loses against it.
 */
export class Manifests {
  readonly #store: BlobStore;
  readonly #onUnreadable: OnUnreadable;

  constructor(store: BlobStore, onUnreadable: OnUnreadable) {
    this.#store = store;
    this.#onUnreadable = onUnreadable;
  }

  read(jobId: string, run: number): Promise<StoredEnd | undefined> {
    return readRecord(this.#store, blobKeys.manifest(jobId, run), StoredEnd);
  }

  /** The same for whoever goes through many: a damaged one is noted, and keeps none of the others from being looked at. */
  async readable(jobId: string, run: number): Promise<StoredEnd | 'unreadable' | undefined> {
    return this.#orNoted(() => this.read(jobId, run));
  }

  /** The newest run's, for whoever goes through many. */
  async newestReadable(jobId: string): Promise<StoredEnd | 'unreadable' | undefined> {
    return this.#orNoted(() => this.newest(jobId));
  }

  async #orNoted<T>(read: () => Promise<T>): Promise<T | 'unreadable'> {
    try {
      return await read();
    } catch (error) {
      if (!isProblem(error, 'record-invalid')) throw error;
      this.#onUnreadable(String(error.fields['key']), error);
      return 'unreadable';
    }
  }

  /** Takes a manifest back that was committed for a batch which was removed. */
  async remove({ jobId, run }: Manifest): Promise<void> {
    await this.#store.delete(blobKeys.manifest(jobId, run));
  }

  /** Puts a tombstone in the place of a run's manifest, whatever stood there. */
  async bury(tombstone: Tombstone, run: number): Promise<void> {
    await writeJson(this.#store, blobKeys.manifest(tombstone.id, run), tombstone);
  }

  /** The newest run's manifest of a job, or undefined when no run has ended; the tombstone of a job that was removed. */
  async newest(jobId: string): Promise<StoredEnd | undefined> {
    return (await this.all(jobId)).at(-1);
  }

  /** The manifests of all runs of a job that have ended, from the first run on. */
  async all(jobId: string): Promise<StoredEnd[]> {
    // Runs are few (one, plus one per manual retry), so counting up costs little and needs no listing.
    const all: StoredEnd[] = [];
    for (let run = 1; ; run++) {
      const end = await this.read(jobId, run);
      if (end === undefined) return all;
      all.push(end);
    }
  }

  /** Writes a manifest unless its run has one. Of two attempts exactly one wins. */
  async commit(manifest: Manifest): Promise<Committed> {
    const { jobId, run, attemptId, status } = manifest;
    try {
      const body = Buffer.from(`${JSON.stringify(Manifest.parse(manifest), null, 2)}\n`);
      const options = { ifAbsent: true, contentType: 'application/json' };
      await this.#store.write(blobKeys.manifest(jobId, run), body, options);
      return { standing: manifest, won: true };
    } catch (error) {
      if (!isProblem(error, 'blob-exists')) throw error;
      const standing = (await this.read(jobId, run)) ?? manifest;
      if (isTombstone(standing)) return { standing, won: false };
      // A write whose answer was lost and was repeated meets itself.
      return { standing, won: standing.attemptId === attemptId && standing.status === status };
    }
  }

  /**
   * Removes what attempts left in storage that were killed before they could clean up: everything that the standing
   * manifest does not refer to. An attempt that is still alive cleans up after itself when it loses.
   */
  async sweepAttempts(standing: Manifest): Promise<void> {
    const { jobId, run } = standing;
    const kept = standing.status === 'completed' ? blobKeys.attemptPrefix(jobId, run, standing.attemptId) : undefined;
    for await (const { key } of listAll(this.#store, `${blobKeys.runPrefix(jobId, run)}attempts/`)) {
      if (kept === undefined || !key.startsWith(kept)) await this.#store.delete(key);
    }
  }

  /** The newest run with a manifest of every job of a batch. Keys of one job lie together in a listing. */
  async *newestOfBatch(batchId: string): AsyncGenerator<{ jobId: string; run: number }> {
    let newest: { jobId: string; run: number } | undefined;
    for await (const { key } of listAll(this.#store, batchResultsPrefix(batchId))) {
      const found = parseBlobKeys.manifest(key);
      if (found === undefined) continue;
      if (newest !== undefined && newest.jobId !== found.jobId) yield newest;
      if (newest?.jobId !== found.jobId || found.run > newest.run) newest = found;
    }
    if (newest !== undefined) yield newest;
  }
}
