import type { Redis } from 'ioredis';
import { batchJobId, blobKeys, type BatchRecord } from '../../contract/index.js';
import type { Stores } from '../../storage/index.js';
import { writeJson } from '../../storage/index.js';
import type { SegmentQueue } from '../bull.js';
import { cancelRun } from '../cancel.js';
import { readPending, type Software } from '../commit.js';
import type { RedisKeys } from '../keys.js';
import type { JobRecords } from '../records.js';
import type { BatchCounts } from './counters.js';
import { expandBatch } from './expander.js';
import { rebuildBatch } from './rebuild.js';
import { requestOfBatchJob } from './request.js';
import { reconcileRun, type Mended } from '../reconciler.js';
import { writeReports } from './reports.js';
import { BatchStore, type BatchFinished } from './store.js';
import { announceBatch } from '../webhooks/outbox.js';

export interface OverseerDeps {
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly queue: SegmentQueue;
  readonly records: JobRecords;
  readonly stores: Stores;
  readonly software: Software;
}

/**
 * Moves batches on: enters their items as jobs, follows pause, cancel and error threshold, and writes the reports at the
 * end. Runs in the process that leads; everything it does can be repeated by the next leader.
 */
export class BatchOverseer {
  readonly #deps: OverseerDeps;
  readonly #batches: BatchStore;
  /** Batch records do not change. */
  readonly #known = new Map<string, BatchRecord>();
  readonly #finishing = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();
  readonly #onError: (error: unknown) => void;

  constructor(deps: OverseerDeps, onError: (error: unknown) => void) {
    this.#deps = deps;
    this.#batches = new BatchStore(deps.stores.primary);
    this.#onError = onError;
  }

  /** One look at every batch with work left. */
  async tend(signal: AbortSignal): Promise<void> {
    for (const batchId of await this.#deps.records.batches.listOpen()) {
      if (signal.aborted) return;
      const batch = await this.#record(batchId);
      if (batch !== undefined) await this.#tendOne(batch, signal);
    }
  }

  /** Finds batches that Redis has lost, from their markers in storage. */
  async recover(signal?: AbortSignal): Promise<number> {
    const { stores, records } = this.#deps;
    let recovered = 0;
    let startAfter: string | undefined;
    do {
      const page = await stores.primary.list({ prefix: blobKeys.openBatchPrefix, startAfter });
      for (const { key } of page.blobs) {
        if (signal?.aborted) return recovered;
        const batchId = /^open-batches\/([0-9a-f-]{36})\.json$/.exec(key)?.[1];
        const batch = batchId === undefined ? undefined : await this.#record(batchId);
        if (batch === undefined || (await records.batches.get(batch.batchId)) !== undefined) continue;
        await rebuildBatch(batch, this.#batches, records, stores.primary);
        recovered++;
      }
      startAfter = page.next;
    } while (startAfter !== undefined);
    return recovered;
  }

  /** Looks after jobs that were entered and that Redis or BullMQ has lost since, and tells what it mended. */
  async mend(signal: AbortSignal): Promise<Mended> {
    const count = { settled: 0, fedAgain: 0, failed: 0 };
    const { records, stores } = this.#deps;
    const deps = { ...this.#deps, store: stores.primary };
    for (const batchId of await records.batches.listOpen()) {
      const batch = await this.#record(batchId);
      if (batch === undefined) continue;
      for (const ordinal of await records.batches.openOrdinals(batchId)) {
        if (signal.aborted) return count;
        const jobId = batchJobId(batchId, ordinal);
        const record = await records.get(jobId);
        const run = record?.run ?? 1;
        // A later run has a pending marker, which the reconciler looks after; it is there before the run's record.
        if (run > 1) continue;
        const ended = record === undefined || (record.status !== 'waiting' && record.status !== 'running');
        if (ended && (await readPending(stores.primary, jobId, run + 1)) !== undefined) continue;
        const outcome = await reconcileRun(deps, jobId, run, () =>
          requestOfBatchJob(jobId, records, this.#batches, stores),
        );
        if (outcome !== 'in-order') count[outcome]++;
      }
    }
    return count;
  }

  /** Gives up reports in the making: the next leader makes them anew. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.allSettled(this.#finishing.values());
  }

  async #tendOne(batch: BatchRecord, signal: AbortSignal): Promise<void> {
    const { records } = this.#deps;
    const counts = await records.batches.get(batch.batchId);
    if (counts === undefined || counts.status === 'completed') return;
    if (counts.completed + counts.failed + counts.canceled === counts.total && counts.open === 0) {
      this.#finish(batch, counts);
      return;
    }
    switch (counts.status) {
      case 'running':
        return this.#expand(batch, signal);
      case 'paused':
        await this.#withdraw(batch, counts);
        return;
      case 'canceled':
      case 'stopped':
        await this.#withdraw(batch, counts);
        await records.batches.close(batch.batchId, counts.status);
        return this.#cancelOpen(batch);
      default:
        counts.status satisfies never;
    }
  }

  async #expand(batch: BatchRecord, signal: AbortSignal): Promise<void> {
    const deps = { ...this.#deps, batches: this.#batches };
    while (!signal.aborted) {
      const counts = await this.#deps.records.batches.get(batch.batchId);
      if (counts?.status !== 'running' || !(await expandBatch(batch, counts, deps))) return;
    }
  }

  /** Takes back jobs that nobody has fed: the batch will enter them again when it goes on. */
  async #withdraw(batch: BatchRecord, counts: BatchCounts): Promise<void> {
    if (counts.open === 0) return;
    const { records, redis, keys } = this.#deps;
    let first = counts.next;
    for (const ordinal of await records.batches.openOrdinals(batch.batchId)) {
      const jobId = batchJobId(batch.batchId, ordinal);
      const record = await records.get(jobId);
      // A later run has a pending marker of its own and stays.
      if (record === undefined || record.run > 1 || record.status !== 'waiting' || record.fed !== undefined) continue;
      await redis
        .multi()
        .lrem(keys.pending(batch.lane, batch.tenant), 0, jobId)
        .del(keys.job(jobId), keys.events(jobId))
        .srem(keys.batchOpen(batch.batchId), String(ordinal))
        .exec();
      first = Math.min(first, ordinal);
    }
    if (first < counts.next) await records.batches.advance(batch.batchId, first);
  }

  async #cancelOpen(batch: BatchRecord): Promise<void> {
    const { records, stores } = this.#deps;
    for (const ordinal of await records.batches.openOrdinals(batch.batchId)) {
      const record = await records.get(batchJobId(batch.batchId, ordinal));
      if (record === undefined) await records.batches.settled({ batchId: batch.batchId, ordinal }, 'canceled');
      else if (record.cancel === undefined) await cancelRun(record.request, { ...this.#deps, store: stores.primary });
    }
  }

  #finish(batch: BatchRecord, counts: BatchCounts): void {
    if (this.#finishing.has(batch.batchId)) return;
    const finishing = this.#writeEnd(batch, counts)
      .catch((error: unknown) => {
        if (!this.#stopped.signal.aborted) this.#onError(error);
      })
      .finally(() => this.#finishing.delete(batch.batchId));
    this.#finishing.set(batch.batchId, finishing);
  }

  async #writeEnd(batch: BatchRecord, counts: BatchCounts): Promise<void> {
    const { stores, records, software } = this.#deps;
    const { primary } = stores;
    const sources = { batches: this.#batches, counters: records.batches, store: primary, software };
    await writeReports(batch, counts, sources, this.#stopped.signal);
    const { completed, failed, canceled, skipped } = counts;
    const status = counts.status === 'canceled' || counts.status === 'stopped' ? counts.status : 'completed';
    const end: BatchFinished = { status, finishedAt: new Date().toISOString(), completed, failed, canceled, skipped };
    await writeJson(primary, blobKeys.batchFinished(batch.batchId), end);
    await announceBatch(primary, records, batch, end);
    // The marker goes first: a retry writes it before it takes the first item back, so that it is not lost here.
    await primary.delete(blobKeys.openBatch(batch.batchId));
    if (await records.batches.finished(batch.batchId, end)) return;
    await writeJson(primary, blobKeys.openBatch(batch.batchId), { batchId: batch.batchId });
  }

  async #record(batchId: string): Promise<BatchRecord | undefined> {
    const known = this.#known.get(batchId) ?? (await this.#batches.record(batchId));
    if (known !== undefined) this.#known.set(batchId, known);
    return known;
  }
}
