import { blobKeys, JobRequest, parseBlobKeys } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll, readRecord, writeJson, type BlobStore } from '@parse3d/storage';

/** The pending markers: one for every run that was accepted and has not ended, with the whole request. */
export class PendingMarkers {
  readonly #store: BlobStore;

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** The durable request of a run that has not ended, or undefined. */
  read(jobId: string, run: number): Promise<JobRequest | undefined> {
    return readRecord(this.#store, blobKeys.pending(jobId, run), JobRequest);
  }

  /** False when the run has a marker already, which stays as it is. */
  async write(request: JobRequest): Promise<boolean> {
    try {
      await writeJson(this.#store, blobKeys.pending(request.jobId, request.run), request, { ifAbsent: true });
      return true;
    } catch (error) {
      if (!isProblem(error, 'blob-exists')) throw error;
      return false;
    }
  }

  async remove(jobId: string, run: number): Promise<void> {
    await this.#store.delete(blobKeys.pending(jobId, run));
  }

  /** Removes the markers of all runs of a job, or of all jobs whose ids begin so. */
  async removeAll(jobIds: string): Promise<void> {
    for await (const { key } of listAll(this.#store, blobKeys.pendingPrefix + jobIds)) await this.#store.delete(key);
  }

  /** Every run that has a marker. */
  async *list(signal?: AbortSignal): AsyncGenerator<{ jobId: string; run: number }> {
    for await (const { key } of listAll(this.#store, blobKeys.pendingPrefix, signal)) {
      const marker = parseBlobKeys.pending(key);
      if (marker !== undefined) yield marker;
    }
  }
}
