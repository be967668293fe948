import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import {
  BatchItem,
  blobKeys,
  isTombstone,
  ITEMS_PER_CHUNK,
  parseBlobKeys,
  StoredBatch,
  type BatchRecord,
  type Tombstone,
} from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import {
  formatBlobUri,
  listAll,
  parseRecord,
  readAll,
  readListed,
  readRecord,
  writeJson,
  type BlobStore,
  type OnUnreadable,
} from '@parse3d/storage';

/** What somebody last asked of a batch; survives Redis. */
const BatchControl = z.object({ status: z.enum(['running', 'paused', 'canceled', 'stopped']) });
export type BatchControl = z.infer<typeof BatchControl>;

/** Final counts, and that the reports are there. */
const BatchFinished = z.object({
  status: z.enum(['completed', 'canceled', 'stopped']),
  finishedAt: z.string(),
  completed: z.int(),
  failed: z.int(),
  canceled: z.int(),
  skipped: z.int(),
  /** Of a batch that was reopened: which reopening this is the end of. */
  reopening: z.uuid().optional(),
});
export type BatchFinished = z.infer<typeof BatchFinished>;

const Reopened = z.object({
  reopening: z.uuid(),
  /** The key that ran items again, in whose name the batch goes on. */
  keyId: z.string().optional(),
});

/** An item as it was accepted; `unreadable` in place of what it was, where its record is damaged. */
export type AcceptedItem = BatchItem & { readonly unreadable?: Problem };

/** Chunks kept as lines: those in work and their neighbours. */
const KEPT_CHUNKS = 8;

/** What storage remembers of batches. */
export class BatchLedger {
  readonly #store: BlobStore;
  readonly #chunks = new LRUCache<string, Promise<readonly string[]>>({ max: KEPT_CHUNKS });
  readonly #onUnreadable: OnUnreadable;

  constructor(store: BlobStore, onUnreadable: OnUnreadable) {
    this.#store = store;
    this.#onUnreadable = onUnreadable;
  }

  /** The record of a batch, the tombstone of one that was removed, or undefined for an unknown one. */
  stored(batchId: string): Promise<StoredBatch | undefined> {
    return readRecord(this.#store, blobKeys.batch(batchId), StoredBatch);
  }

  /** The record of a batch that is there. */
  async record(batchId: string): Promise<BatchRecord | undefined> {
    const stored = await this.stored(batchId);
    return stored === undefined || isTombstone(stored) ? undefined : stored;
  }

  /** The same for whoever goes through many: a damaged one is noted and passed over. */
  async readable(batchId: string): Promise<BatchRecord | undefined> {
    const stored = await readListed(this.#store, blobKeys.batch(batchId), StoredBatch, this.#onUnreadable);
    return stored === undefined || isTombstone(stored) ? undefined : stored;
  }

  /** Puts a tombstone in the place of the record. */
  async bury(tombstone: Tombstone): Promise<void> {
    await writeJson(this.#store, blobKeys.batch(tombstone.id), tombstone);
  }

  async write(batch: BatchRecord): Promise<void> {
    await writeJson(this.#store, blobKeys.batch(batch.batchId), batch);
  }

  /** Sets the marker "this batch has work left". False when it was there before. */
  async markOpen(batchId: string): Promise<boolean> {
    try {
      await writeJson(this.#store, blobKeys.openBatch(batchId), { batchId }, { ifAbsent: true });
      return true;
    } catch (error) {
      if (!isProblem(error, 'blob-exists')) throw error;
      return false;
    }
  }

  /** True while the batch has the marker. */
  async isOpen(batchId: string): Promise<boolean> {
    try {
      await this.#store.head(blobKeys.openBatch(batchId));
      return true;
    } catch (error) {
      if (isProblem(error, 'blob-missing')) return false;
      throw error;
    }
  }

  async unmarkOpen(batchId: string): Promise<void> {
    await this.#store.delete(blobKeys.openBatch(batchId));
  }

  /** Every batch that has the marker. */
  async *listOpen(signal?: AbortSignal): AsyncGenerator<string> {
    for await (const { key } of listAll(this.#store, blobKeys.openBatchPrefix, signal)) {
      const batchId = parseBlobKeys.openBatch(key);
      if (batchId !== undefined) yield batchId;
    }
  }

  finished(batchId: string): Promise<BatchFinished | undefined> {
    return readRecord(this.#store, blobKeys.batchFinished(batchId), BatchFinished);
  }

  /** Marks the batch as reopened, so its next end is announced as new even if the counts are identical. */
  async reopened(batchId: string, keyId: string): Promise<void> {
    const mark: z.infer<typeof Reopened> = { reopening: randomUUID(), keyId };
    await writeJson(this.#store, blobKeys.batchReopened(batchId), mark);
  }

  /** The key that last ran items again, and when that was not, undefined. */
  async reopenedBy(batchId: string): Promise<string | undefined> {
    return (await readRecord(this.#store, blobKeys.batchReopened(batchId), Reopened))?.keyId;
  }

  /**
   * Writes the end of a batch with its time. Whoever writes the same end again after a crash gets the time of the first
   * writing, so that it is announced under the same id.
   */
  async finish(batchId: string, end: Omit<BatchFinished, 'finishedAt' | 'reopening'>): Promise<BatchFinished> {
    const mark = await readRecord(this.#store, blobKeys.batchReopened(batchId), Reopened);
    const now: BatchFinished = {
      ...end,
      ...(mark && { reopening: mark.reopening }),
      finishedAt: new Date().toISOString(),
    };
    const earlier = await this.finished(batchId);
    const isSame = earlier !== undefined && isDeepStrictEqual({ ...earlier, finishedAt: now.finishedAt }, now);
    const standing = isSame ? earlier : now;
    await writeJson(this.#store, blobKeys.batchFinished(batchId), standing);
    return standing;
  }

  async control(batchId: string): Promise<BatchControl> {
    return (await readRecord(this.#store, blobKeys.batchControl(batchId), BatchControl)) ?? { status: 'running' };
  }

  async setControl(batchId: string, status: BatchControl['status']): Promise<void> {
    await writeJson(this.#store, blobKeys.batchControl(batchId), { status });
  }

  /** Writes the items in chunks, in their order, and holds one chunk in memory. Returns how many, and their bytes. */
  async writeItems(
    batchId: string,
    items: AsyncIterable<BatchItem> | Iterable<BatchItem>,
  ): Promise<{ total: number; bytes: number }> {
    let lines: string[] = [];
    let total = 0;
    let bytes = 0;
    const flush = async (): Promise<void> => {
      const key = blobKeys.batchItems(batchId, Math.floor((total - 1) / ITEMS_PER_CHUNK));
      await this.#store.write(key, Buffer.from(lines.join('')), { contentType: 'application/x-ndjson' });
      lines = [];
    };
    for await (const item of items) {
      lines.push(`${JSON.stringify(item)}\n`);
      total++;
      bytes += item.bytes;
      if (lines.length === ITEMS_PER_CHUNK) await flush();
    }
    if (lines.length > 0) await flush();
    return { total, bytes };
  }

  /** Removes the items of a batch that was never created. */
  async dropItems(batchId: string, total: number): Promise<void> {
    for (let chunk = 0; chunk * ITEMS_PER_CHUNK < total; chunk++) {
      await this.#store.delete(blobKeys.batchItems(batchId, chunk));
    }
  }

  /**
   * The volumes of all items, in their order, as far as their chunks are there.
   *
   * @throws Problem `record-invalid`: whoever removes what nothing names must not go on
   */
  async *uris(batchId: string, total: number): AsyncGenerator<string> {
    for (let chunk = 0; chunk * ITEMS_PER_CHUNK < total; chunk++) {
      const key = blobKeys.batchItems(batchId, chunk);
      const lines = await this.#load(key).catch((error: unknown) => {
        if (isProblem(error, 'blob-missing')) return [];
        throw error;
      });
      for (const line of lines) yield parseRecord(key, line, BatchItem).uri;
    }
  }

  /** Takes the record of a batch back that was not accepted after all. */
  async remove(batchId: string): Promise<void> {
    await this.#store.delete(blobKeys.batch(batchId));
  }

  /**
   * Items from `first`, at most `count`, fewer at the end of a chunk. One that cannot be read is there all the same, so that
   * the batch goes on and ends: it says why, and its URI names the part of the batch that is damaged.
   *
   * @param total of the batch; what lies beyond is not expected
   */
  async items(batchId: string, first: number, count: number, total: number): Promise<readonly AcceptedItem[]> {
    const key = blobKeys.batchItems(batchId, Math.floor(first / ITEMS_PER_CHUNK));
    const start = first % ITEMS_PER_CHUNK;
    const length = Math.max(0, Math.min(count, ITEMS_PER_CHUNK - start, total - first));
    const chunk = await this.#chunkOrMissing(key);
    // Of ten thousand lines a page needs a hundred.
    return Array.from({ length }, (_, index) => this.#itemOf(key, chunk, start + index));
  }

  #itemOf(key: string, chunk: readonly string[] | Problem, index: number): AcceptedItem {
    try {
      if (chunk instanceof Problem) throw chunk;
      return parseRecord(key, chunk[index] ?? '', BatchItem);
    } catch (error) {
      const why = Problem.from(error);
      const unreadable =
        why.code === 'record-invalid'
          ? why
          : new Problem('record-invalid', `${key} is not there: ${why.message}`, { key });
      this.#onUnreadable(key, unreadable);
      const { scheme, bucket } = this.#store;
      return { uri: formatBlobUri({ scheme, bucket, key }), etag: '', bytes: 0, unreadable };
    }
  }

  async #chunkOrMissing(key: string): Promise<readonly string[] | Problem> {
    try {
      return await this.#chunk(key);
    } catch (error) {
      if (isProblem(error, 'blob-missing')) return error;
      throw error;
    }
  }

  /** @throws Problem `not-found` beyond the end */
  async item(batchId: string, ordinal: number, total: number): Promise<AcceptedItem> {
    const [item] = await this.items(batchId, ordinal, 1, total);
    if (item === undefined) throw new Problem('not-found', `batch ${batchId} has no item ${ordinal}`, { ordinal });
    return item;
  }

  #chunk(key: string): Promise<readonly string[]> {
    const known = this.#chunks.get(key);
    if (known !== undefined) return known;
    const loading = this.#load(key);
    // A chunk that could not be read is asked for again.
    loading.catch(() => this.#chunks.delete(key));
    this.#chunks.set(key, loading);
    return loading;
  }

  async #load(key: string): Promise<readonly string[]> {
    const text = (await readAll(this.#store, key)).toString('utf8');
    const lines = text.split('\n');
    // The last one ends as all do.
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  }
}
