import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { BatchItem, batchJobId, BatchRecord, blobKeys, ITEMS_PER_CHUNK, type JobRequest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { readAll, readRecord, writeJson, type BlobStore } from '@parse3d/storage';

/** What somebody last asked of a batch; survives Redis. */
export const BatchControl = z.strictObject({ status: z.enum(['running', 'paused', 'canceled', 'stopped']) });
export type BatchControl = z.infer<typeof BatchControl>;

/** Final counts, and that the reports are there. */
export const BatchFinished = z.strictObject({
  status: z.enum(['completed', 'canceled', 'stopped']),
  finishedAt: z.string(),
  completed: z.int(),
  failed: z.int(),
  canceled: z.int(),
  skipped: z.int(),
  /** Which time that items were run again it is the end of. */
  reopening: z.uuid().optional(),
});
export type BatchFinished = z.infer<typeof BatchFinished>;

const Reopened = z.strictObject({ reopening: z.uuid() });

/** Chunks kept as lines: the one in work and its neighbours. */
const KEPT_CHUNKS = 4;

/** What storage knows of batches: the durable side of them. */
export class BatchStore {
  readonly #store: BlobStore;
  readonly #chunks = new Map<string, Promise<readonly string[]>>();

  constructor(store: BlobStore) {
    this.#store = store;
  }

  record(batchId: string): Promise<BatchRecord | undefined> {
    return readRecord(this.#store, blobKeys.batch(batchId), BatchRecord);
  }

  finished(batchId: string): Promise<BatchFinished | undefined> {
    return readRecord(this.#store, blobKeys.batchFinished(batchId), BatchFinished);
  }

  /** Notes that items are to be run again: the next end is another one than that of before, even if it looks the same. */
  async reopened(batchId: string): Promise<void> {
    const mark: z.infer<typeof Reopened> = { reopening: randomUUID() };
    await writeJson(this.#store, blobKeys.batchReopened(batchId), mark);
  }

  /**
   * The end of a batch with its time. Whoever writes the same end again after a crash is given the time of before, so
   * that it is announced under the same id.
   */
  async endOf(batchId: string, end: Omit<BatchFinished, 'finishedAt' | 'reopening'>): Promise<BatchFinished> {
    const mark = await readRecord(this.#store, blobKeys.batchReopened(batchId), Reopened);
    const now: BatchFinished = { ...end, ...mark, finishedAt: new Date().toISOString() };
    const before = await this.finished(batchId);
    const isSame = before !== undefined && isDeepStrictEqual({ ...before, finishedAt: now.finishedAt }, now);
    return isSame ? before : now;
  }

  async control(batchId: string): Promise<BatchControl> {
    return (await readRecord(this.#store, blobKeys.batchControl(batchId), BatchControl)) ?? { status: 'running' };
  }

  async setControl(batchId: string, status: BatchControl['status']): Promise<void> {
    await writeJson(this.#store, blobKeys.batchControl(batchId), { status });
  }

  /** Items from `first`, at most `count`, fewer at the end of a chunk. */
  async items(batchId: string, first: number, count: number): Promise<readonly BatchItem[]> {
    const chunk = await this.#chunk(batchId, Math.floor(first / ITEMS_PER_CHUNK));
    const start = first % ITEMS_PER_CHUNK;
    // Of ten thousand lines a page needs a hundred.
    return chunk.slice(start, start + count).map((line) => BatchItem.parse(JSON.parse(line)));
  }

  /** @throws Problem `not-found` beyond the end */
  async item(batchId: string, ordinal: number): Promise<BatchItem> {
    const [item] = await this.items(batchId, ordinal, 1);
    if (item === undefined) throw new Problem('not-found', `batch ${batchId} has no item ${ordinal}`, { ordinal });
    return item;
  }

  #chunk(batchId: string, index: number): Promise<readonly string[]> {
    const key = blobKeys.batchItems(batchId, index);
    const known = this.#chunks.get(key);
    if (known !== undefined) return known;
    const loading = readAll(this.#store, key).then((bytes) =>
      bytes
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== ''),
    );
    // A chunk that could not be read is asked for again.
    loading.catch(() => this.#chunks.delete(key));
    this.#chunks.set(key, loading);
    for (const oldest of this.#chunks.keys()) {
      if (this.#chunks.size <= KEPT_CHUNKS) break;
      this.#chunks.delete(oldest);
    }
    return loading;
  }
}

/** The first run of an item as a job. */
export function requestOfItem(batch: BatchRecord, ordinal: number, item: BatchItem): JobRequest {
  const prompts = item.prompts ?? batch.prompts;
  if (prompts === undefined) throw new Problem('internal', `item ${ordinal} of batch ${batch.batchId} has no prompts`);
  return {
    jobId: batchJobId(batch.batchId, ordinal),
    run: 1,
    tenant: batch.tenant,
    input: { uri: item.uri, etag: item.etag, bytes: item.bytes },
    prompts,
    pack: batch.pack,
    modality: batch.modality,
    outputs: batch.outputs,
    options: batch.options,
    lane: batch.lane,
    metadata: batch.metadata,
    createdAt: batch.createdAt,
    requestSha256: batch.batchId,
    ...(batch.traceparent === undefined ? {} : { batchTraceparent: batch.traceparent }),
  };
}
