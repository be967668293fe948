import { blobKeys, parseBlobKeys, Timestamp, type Tombstone } from '@parse3d/contract';
import { listAll, readRecord, writeJson, type BlobStore } from '@parse3d/storage';
import { z } from 'zod';

/** What has to be removed with a job or batch, noted before the first of it goes. */
const Purging = z.object({
  kind: z.enum(['job', 'batch']),
  id: z.uuid(),
  tenant: z.string(),
  at: Timestamp,
  by: z.string(),
  /** Ids of the tenant's uploads that it names. */
  uploads: z.array(z.string()).default([]),
  /** Keys by which its results would be found for equal requests. */
  reuse: z.array(z.string()).default([]),
  /** Items of a batch. */
  total: z.int().default(0),
});
export type Purging = z.infer<typeof Purging>;

export const tombstoneOf = ({ id, tenant, at, by }: Purging): Tombstone => ({
  schemaVersion: 1,
  status: 'purged',
  id,
  tenant,
  purgedAt: at,
  purgedBy: by,
});

const keyOf = ({ kind, id }: Pick<Purging, 'kind' | 'id'>): string =>
  kind === 'job' ? blobKeys.purgingJob(id) : blobKeys.purgingBatch(id);

/** The removals that have begun and not ended. */
export class PurgeMarkers {
  readonly #store: BlobStore;

  constructor(store: BlobStore) {
    this.#store = store;
  }

  read(which: Pick<Purging, 'kind' | 'id'>): Promise<Purging | undefined> {
    return readRecord(this.#store, keyOf(which), Purging);
  }

  async write(purging: Purging): Promise<void> {
    await writeJson(this.#store, keyOf(purging), purging);
  }

  async remove(purging: Purging): Promise<void> {
    await this.#store.delete(keyOf(purging));
  }

  async *list(signal?: AbortSignal): AsyncGenerator<Pick<Purging, 'kind' | 'id'>> {
    for await (const { key } of listAll(this.#store, blobKeys.purgingPrefix, signal)) {
      const found = parseBlobKeys.purging(key);
      if (found !== undefined) yield found;
    }
  }
}
