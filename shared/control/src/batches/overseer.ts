import { each } from '@parse3d/async';
import { batchJobId, isEnded, type BatchRecord } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import type { ControlDeps } from '../jobs/deps.js';
import type { Jobs } from '../jobs/jobs.js';
import type { MendOutcome } from '../jobs/mend.js';
import type { BatchCounts } from '../live/batch-counters.js';
import { isRedisError } from '../live/connection.js';
import type { JobRecord } from '../live/record.js';
import { BackoffByName } from './backoff.js';
import type { Batches } from './batches.js';
import { expandBatch } from './expand.js';
import { rebuildBatch } from './rebuild.js';

/** Jobs of a batch looked at together, and batches rebuilt together: a large one keeps no small one waiting. */
const AT_ONCE = 16;
const BATCHES_AT_ONCE = 4;

/** Records of open items read in one round trip: what they say is looked at before it is old. */
const PAGE = 64;

/**
 * Moves batches on: enters their items as jobs, follows pause, cancel and error threshold, and closes them at the end. Runs
 * in the process that leads; everything it does can be repeated by the next leader.
 */
export class BatchOverseer {
  readonly #deps: ControlDeps;
  readonly #jobs: Jobs;
  readonly #batches: Batches;
  /** Batch records do not change. */
  readonly #known = new Map<string, BatchRecord>();
  /** A batch that cannot be moved on waits, for longer each time, and holds up no other one. */
  readonly #backoff = new BackoffByName();
  readonly #closing = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();
  readonly #onError: (error: unknown) => void;

  constructor(deps: ControlDeps, jobs: Jobs, batches: Batches, onError: (error: unknown) => void) {
    this.#deps = deps;
    this.#jobs = jobs;
    this.#batches = batches;
    this.#onError = onError;
  }

  /**
   * One look at every batch with work left.
   *
   * @returns true when there may be more to do at once
   * @throws an error of Redis
   */
  async tend(signal: AbortSignal): Promise<boolean> {
    let more = false;
    for (const batchId of await this.#deps.live.counters.listOpen()) {
      if (signal.aborted) return false;
      if (this.#backoff.isPausing(batchId) || this.#closing.has(batchId)) continue;
      await this.#guarded(batchId, async () => {
        const batch = await this.#record(batchId);
        if (batch !== undefined && (await this.#tendOne(batch))) more = true;
        // Starting the reports is not success: clear the backoff only once they are written.
        if (!this.#closing.has(batchId)) this.#backoff.succeeded(batchId);
      });
    }
    return more;
  }

  /** Rebuilds batches that Redis has lost, or whose counters are incomplete, from their markers in storage. */
  async recover(signal: AbortSignal): Promise<void> {
    const { ledger, live } = this.#deps;
    await each(ledger.batches.listOpen(signal), BATCHES_AT_ONCE, async (batchId) => {
      await this.#guarded(batchId, async () => {
        const batch = await this.#record(batchId);
        const counts = await live.counters.get(batchId);
        if (batch === undefined || (counts !== undefined && counts.rebuilding === undefined)) return;
        await rebuildBatch(batch, this.#deps, signal);
      });
    });
  }

  /** Mends jobs that were entered and that Redis or BullMQ has lost since. */
  async mend(signal: AbortSignal): Promise<Record<Exclude<MendOutcome, 'in-order'>, number>> {
    const count = { settled: 0, fedAgain: 0, failed: 0 };
    for (const batchId of await this.#deps.live.counters.listOpen()) {
      await this.#guarded(batchId, async () => {
        if ((await this.#record(batchId)) === undefined) return;
        for await (const page of this.#openItems(batchId)) {
          if (signal.aborted) return;
          await each(page, AT_ONCE, async ({ jobId, record }) => {
            const outcome = await this.#mendOne(jobId, record);
            if (outcome !== 'in-order') count[outcome]++;
          });
        }
      });
    }
    return count;
  }

  async #mendOne(jobId: string, record: JobRecord | undefined): Promise<MendOutcome> {
    const run = record?.run ?? 1;
    // A later run has a pending marker, which the reconciler looks after; it is there before the run's record.
    if (run > 1) return 'in-order';
    const hasNext = record === undefined || isEnded(record.status);
    if (hasNext && (await this.#deps.ledger.pending.read(jobId, run + 1)) !== undefined) return 'in-order';
    return this.#jobs.mend(jobId, run, record);
  }

  /** Gives up reports in the making: the next leader makes them again. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.allSettled(this.#closing.values());
  }

  /** A failing batch is reported and never affects the others. */
  async #guarded(batchId: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (isRedisError(error) || this.#stopped.signal.aborted) throw error;
      this.#backoff.failed(batchId);
      if (isProblem(error, 'record-invalid') && 'key' in error.fields) {
        this.#deps.unreadable.note(String(error.fields['key']), error);
      } else this.#onError(error);
    }
  }

  /** True when there may be more to do at once. */
  async #tendOne(batch: BatchRecord): Promise<boolean> {
    const { counters } = this.#deps.live;
    const counts = await counters.get(batch.batchId);
    if (counts === undefined || counts.status === 'completed' || counts.rebuilding !== undefined) return false;
    if (counts.completed + counts.failed + counts.canceled === counts.total && counts.open === 0) {
      this.#close(batch, counts);
      return false;
    }
    const isOn = counts.status === 'running' || counts.status === 'paused';
    if (isOn && (await this.#batches.isRevoked(batch))) {
      await this.#batches.withdraw(batch);
      return true;
    }
    switch (counts.status) {
      case 'running':
        return expandBatch(batch, counts, this.#jobs, this.#deps);
      case 'paused':
        await this.#withdraw(batch);
        return false;
      case 'canceled':
      case 'stopped':
        await this.#withdraw(batch);
        await counters.close(batch.batchId, counts.status);
        await this.#cancelOpen(batch);
        return false;
      default:
        counts.status satisfies never;
        return false;
    }
  }

  /** Takes back jobs that nobody has fed: the batch will enter them again when it goes on. */
  async #withdraw(batch: BatchRecord): Promise<void> {
    const { counters } = this.#deps.live;
    await counters.withdraw(batch, await counters.openOrdinals(batch.batchId));
  }

  async #cancelOpen({ batchId }: BatchRecord): Promise<void> {
    for await (const page of this.#openItems(batchId)) {
      for (const { ordinal, record } of page) {
        if (record === undefined) await this.#deps.live.counters.settled({ batchId, ordinal }, 'canceled');
        else if (record.cancel === undefined) await this.#jobs.cancel(record.request);
      }
    }
  }

  /** Items that are jobs and have not ended, with their live records. */
  async *#openItems(
    batchId: string,
  ): AsyncGenerator<{ ordinal: number; jobId: string; record: JobRecord | undefined }[]> {
    const { counters, records } = this.#deps.live;
    const ordinals = await counters.openOrdinals(batchId);
    for (let first = 0; first < ordinals.length; first += PAGE) {
      const items = ordinals
        .slice(first, first + PAGE)
        .map((ordinal) => ({ ordinal, jobId: batchJobId(batchId, ordinal) }));
      const found = await records.getAll(items.map(({ jobId }) => jobId));
      yield items.map((item, index) => ({ ...item, record: found[index] }));
    }
  }

  #close(batch: BatchRecord, counts: BatchCounts): void {
    const { batchId } = batch;
    const closing = this.#guarded(batchId, async () => {
      if (!(await this.#batches.close(batch, counts, this.#stopped.signal))) return;
      this.#known.delete(batchId);
      this.#backoff.succeeded(batchId);
    })
      .catch((error: unknown) => {
        if (!this.#stopped.signal.aborted) this.#onError(error);
      })
      .finally(() => this.#closing.delete(batchId));
    this.#closing.set(batchId, closing);
  }

  async #record(batchId: string): Promise<BatchRecord | undefined> {
    const known = this.#known.get(batchId) ?? (await this.#batches.record(batchId));
    if (known !== undefined) this.#known.set(batchId, known);
    return known;
  }
}
