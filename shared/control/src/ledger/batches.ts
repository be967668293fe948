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
import { listAll, parseRecord, readAll, readRecord, writeJson, type BlobStore } from '@parse3d/storage';

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

const Reopened = z.object({ reopening: z.uuid() });

/** Chunks kept as lines: those in work and their neighbours. */
const KEPT_CHUNKS = 8;

/** What storage remembers of batches. */
export class BatchLedger {
  readonly #store: BlobStore;
  readonly #chunks = new LRUCache<string, Promise<readonly string[]>>({ max: KEPT_CHUNKS });

  constructor(store: BlobStore) {
    this.#store = store;
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
  async reopened(batchId: string): Promise<void> {
    const mark: z.infer<typeof Reopened> = { reopening: randomUUID() };
    await writeJson(this.#store, blobKeys.batchReopened(batchId), mark);
  }

  /**
   * Writes the end of a batch with its time. Whoever writes the same end again after a crash gets the time of the first
   * writing, so that it is announced under the same id.
   */
  async finish(batchId: string, end: Omit<BatchFinished, 'finishedAt' | 'reopening'>): Promise<BatchFinished> {
    const mark = await readRecord(this.#store, blobKeys.batchReopened(batchId), Reopened);
    const now: BatchFinished = { ...end, ...mark, finishedAt: new Date().toISOString() };
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

  /** The volumes of all items, in their order, as far as their chunks are there. */
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

  /** Items from `first`, at most `count`, fewer at the end of a chunk. */
  async items(batchId: string, first: number, count: number): Promise<readonly BatchItem[]> {
    const key = blobKeys.batchItems(batchId, Math.floor(first / ITEMS_PER_CHUNK));
    const chunk = await this.#chunk(key);
    const start = first % ITEMS_PER_CHUNK;
    // Of ten thousand lines a page needs a hundred.
    return chunk.slice(start, start + count).map((line) => parseRecord(key, line, BatchItem));
  }

  /** @throws Problem `not-found` beyond the end */
  async item(batchId: string, ordinal: number): Promise<BatchItem> {
    const [item] = await this.items(batchId, ordinal, 1);
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
    return text.split('\n').filter((line) => line !== '');
  }
}
