import { blobKeys, parseBlobKeys, type RunId } from '@parse3d/contract';
import { listAll, writeJson, type BlobStore } from '@parse3d/storage';

/** Which runs have the outputs of another one as their result. Those outputs stay until the last of them is removed. */
export class Shares {
  readonly #store: BlobStore;

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** Both marks. The one that is found from the run that shares comes first, so that no share is without it. */
  async add(of: RunId, by: RunId): Promise<void> {
    await writeJson(this.#store, blobKeys.sharedBy(by, of), {});
    await writeJson(this.#store, blobKeys.share(of, by), {});
  }

  async remove(of: RunId, by: RunId): Promise<void> {
    await this.#store.delete(blobKeys.share(of, by));
    await this.#store.delete(blobKeys.sharedBy(by, of));
  }

  /**
   * Runs whose outputs others share.
   *
   * @param jobIds what the ids of the jobs that are meant begin with, or the id of one
   */
  async *of(jobIds: string): AsyncGenerator<{ of: RunId; by: RunId }> {
    for await (const { key } of listAll(this.#store, blobKeys.sharesPrefix(jobIds))) {
      const share = parseBlobKeys.share(key);
      if (share !== undefined) yield share;
    }
  }

  /** What the runs of these jobs share of others. */
  async *by(jobIds: string): AsyncGenerator<{ of: RunId; by: RunId }> {
    for await (const { key } of listAll(this.#store, blobKeys.sharedByPrefix(jobIds))) {
      const share = parseBlobKeys.sharedBy(key);
      if (share !== undefined) yield share;
    }
  }

  /** True while any run shares the outputs of this one. */
  async isShared({ jobId, run }: RunId): Promise<boolean> {
    const page = await this.#store.list({ prefix: blobKeys.sharesPrefix(`${jobId}/${run}/`), limit: 1 });
    return page.blobs.length > 0;
  }
}
