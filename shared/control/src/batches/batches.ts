import { each } from '@parse3d/async';
import {
  batchJobId,
  isTombstone,
  type BatchItem,
  type BatchRecord,
  type ItemPage,
  type JobRequest,
  type ListItems,
  type PackRef,
  type RetryFailed,
  type Tombstone,
} from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { ControlDeps } from '../jobs/deps.js';
import type { Jobs } from '../jobs/jobs.js';
import { pinned } from '../jobs/request.js';
import { requestFromManifest } from '../ledger/manifests.js';
import { tombstoneOf } from '../ledger/purges.js';
import type { BatchCounts } from '../live/batch-counters.js';
import { failedOrdinals, followBatch, listItems, requireStatus, type FoundBatch } from './find.js';
import { requireUploads } from './gone.js';
import { beginBatchPurge, finishBatchPurge } from './purge.js';
import { rebuildBatch } from './rebuild.js';
import { writeReports } from './reports.js';

/** Items that are read and accepted at a time: each is a handful of requests to the storage. */
const AT_ONCE = 32;

/**
 * The life of a batch, and the only writer of its markers: the record that makes it exist, `open-batches/<id>.json` while
 * it has work left, what was last asked of it, its end, the live counters in Redis. Every method writes to storage first
 * and to Redis second, so that whatever Redis or a process loses can be made again from storage.
 */
export class Batches {
  readonly #deps: ControlDeps;
  readonly #jobs: Jobs;

  constructor(deps: ControlDeps, jobs: Jobs) {
    this.#deps = deps;
    this.#jobs = jobs;
  }

  /** What was accepted, or undefined for an unknown batch. It never changes. */
  record(batchId: string): Promise<BatchRecord | undefined> {
    return this.#deps.ledger.batches.record(batchId);
  }

  /** A batch as far as it has come; undefined for an unknown one, and one that was removed. */
  async find(batchId: string): Promise<FoundBatch | undefined> {
    const batch = await this.record(batchId);
    return batch && followBatch(batch, this.#deps);
  }

  /** What is left of a batch that was removed. */
  async tombstone(batchId: string): Promise<Tombstone | undefined> {
    const stored = await this.#deps.ledger.batches.stored(batchId);
    return stored !== undefined && isTombstone(stored) ? stored : undefined;
  }

  /** How many batches have work left. */
  countOpen(): Promise<number> {
    return this.#deps.live.counters.countOpen();
  }

  /** A tenant's newest batches. */
  async latest(tenant: string, limit: number): Promise<FoundBatch[]> {
    const ids = await this.#deps.live.counters.latest(tenant, limit);
    const records = await Promise.all(ids.map((id) => this.#deps.ledger.batches.readable(id)));
    return Promise.all(records.filter((batch) => batch !== undefined).map((batch) => followBatch(batch, this.#deps)));
  }

  /**
   * Items in order, from `from` on, at most `limit`, only those of one status where that is asked.
   *
   * @throws Problem `state-conflict` when the live states are gone: `results.jsonl` has them
   */
  items(found: FoundBatch, query: ListItems): Promise<ItemPage> {
    return listItems(found, query, this.#deps);
  }

  /** The items as they were accepted, at most a chunk of them. */
  acceptedItems({ batchId, total }: BatchRecord, first: number, count: number): Promise<readonly BatchItem[]> {
    return this.#deps.ledger.batches.items(batchId, first, count, total);
  }

  /** Storage alone: the items of a batch that is about to be created. Until then they count for nothing. */
  writeItems(
    batchId: string,
    items: AsyncIterable<BatchItem> | Iterable<BatchItem>,
  ): Promise<{ total: number; bytes: number }> {
    return this.#deps.ledger.batches.writeItems(batchId, items);
  }

  /** Storage alone: removes the items of a batch that will not be created. */
  dropItems(batchId: string, total: number): Promise<void> {
    return this.#deps.ledger.batches.dropItems(batchId, total);
  }

  /**
   * Creates a batch whose items are written: storage (record, then marker), then Redis (counters). Killed before the
   * marker, nothing runs and the request can be repeated; killed after it, the overseer enters the batch from storage.
   * When Redis refuses, the marker is taken back and the error goes to the client. A batch that has ended stays so.
   */
  async create(batch: BatchRecord): Promise<void> {
    const { ledger, live } = this.#deps;
    if ((await ledger.batches.finished(batch.batchId)) !== undefined) return;
    await ledger.batches.write(batch);
    await requireUploads(batch, this.#deps);
    await this.#enter(batch, () => live.counters.open(batch, 'running'));
  }

  /**
   * Enters a batch once more whose creation may have been cut off, or which Redis has lost: storage (marker), then Redis
   * (counters, rebuilt as far as the batch had come). One that is live or has ended is left alone.
   */
  async reenter(batch: BatchRecord): Promise<void> {
    const { ledger, live } = this.#deps;
    const { batchId } = batch;
    if ((await live.counters.get(batchId)) !== undefined || (await ledger.batches.finished(batchId)) !== undefined)
      return;
    await this.#enter(batch, () => rebuildBatch(batch, this.#deps));
    // It may have ended in between, which leaves nothing to look after.
    if ((await ledger.batches.finished(batchId)) !== undefined) await ledger.batches.unmarkOpen(batchId);
  }

  async #enter({ batchId }: BatchRecord, count: () => Promise<unknown>): Promise<void> {
    const { ledger } = this.#deps;
    const isNew = await ledger.batches.markOpen(batchId);
    try {
      await count();
    } catch (error) {
      // A marker that was there before belongs to a batch that was accepted: it stays.
      if (isNew) await ledger.batches.unmarkOpen(batchId);
      throw error;
    }
  }

  /** Nothing more of it is fed until it is resumed; what runs goes on. See `#ask`. @throws Problem `state-conflict` */
  async pause(found: FoundBatch): Promise<void> {
    await this.#ask(found, 'paused');
  }

  /** See `#ask`. @throws Problem `state-conflict` */
  async resume(found: FoundBatch): Promise<void> {
    await this.#ask(found, 'running');
  }

  /** Storage (what was asked), then Redis (status): a Redis that is lost in between is rebuilt as it was asked. */
  async #ask(found: FoundBatch, status: 'running' | 'paused'): Promise<void> {
    requireStatus(found, ['running', 'paused']);
    const { ledger, live } = this.#deps;
    await ledger.batches.setControl(found.batch.batchId, status);
    await live.counters.setStatus(found.batch.batchId, status);
  }

  /**
   * Ends what has not begun at once, and what runs within seconds: storage (what was asked), then Redis (counters). Killed
   * in between, the overseer finds the batch running, and the request can be repeated.
   *
   * @throws Problem `state-conflict`
   */
  async cancel(found: FoundBatch): Promise<void> {
    requireStatus(found, ['running', 'paused', 'stopped', 'canceled']);
    await this.#cancel(found.batch);
  }

  /** Whether the key was revoked in whose name the batch runs: that which made it, or last ran items of it again. */
  async isRevoked(batch: BatchRecord): Promise<boolean> {
    const { rights, ledger } = this.#deps;
    if (!(await rights.areRevoked(batch))) return false;
    const keyId = await ledger.batches.reopenedBy(batch.batchId);
    return keyId === undefined || rights.areRevoked({ ...batch, keyId });
  }

  /** Cancels a batch whose key was revoked. See `cancel`. */
  async withdraw(batch: BatchRecord): Promise<void> {
    await this.#cancel(batch);
    const { batchId, tenant, keyId } = batch;
    this.#deps.log.info({ batchId, tenant, keyId }, 'batch of a revoked key was canceled');
  }

  async #cancel({ batchId }: BatchRecord): Promise<void> {
    const { ledger, live } = this.#deps;
    await ledger.batches.setControl(batchId, 'canceled');
    await live.counters.close(batchId, 'canceled');
  }

  /**
   * Runs failed items once more, each as a new run of its job: all of them, or those that failed with one of `codes`. The
   * batch may have ended or still be at work; a paused one stays paused, while the retried items run.
   *
   * Storage (marker of the batch, then for each item the pending marker of its run), then Redis (the item is open, then
   * its job waits). An open item without a pending run would be reconciled back to its old failure; a batch whose first
   * item is open without a marker would be lost with Redis.
   *
   * @param keyId in whose name they run, and the batch goes on
   * @param packNow the pack's present version; called once there is something to run
   * @returns how many items are run again
   * @throws Problem `state-conflict` for a canceled batch, or when its states are gone
   */
  async retryFailed(found: FoundBatch, { codes }: RetryFailed, keyId: string, packNow: () => PackRef): Promise<number> {
    requireStatus(found, ['completed', 'stopped', 'running', 'paused']);
    const { ledger, live } = this.#deps;
    const { batch } = found;
    const wanted = codes === undefined ? undefined : new Set(codes);
    let reopening: Promise<void> | undefined;
    let retried = 0;
    await each(failedOrdinals(found, this.#deps), AT_ONCE, async (ordinal) => {
      const manifest = await ledger.manifests.newestReadable(batchJobId(batch.batchId, ordinal));
      // Nothing tells what it was to do: it stays as it is, and is named by status and doctor.
      if (manifest === 'unreadable' || manifest?.status !== 'failed' || wanted?.has(manifest.problem.code) === false)
        return;
      await (reopening ??= this.#reopen(found, keyId));
      const request = requestFromManifest(manifest);
      const input = await this.#inputNow(request.input);
      await this.#jobs.accept({ ...request, keyId, input, run: manifest.run + 1, pack: packNow() }, async () => {
        const reopened = await live.counters.reopened(batch, ordinal);
        // Whoever closed the batch in the meantime took the marker away.
        if (reopened && retried++ === 0) await ledger.batches.markOpen(batch.batchId);
        return reopened;
      });
    });
    return retried;
  }

  /** Storage alone, before the first item is open, so that a Redis that is lost from now on gets the batch again. */
  async #reopen({ batch: { batchId }, live }: FoundBatch, keyId: string): Promise<void> {
    const { batches } = this.#deps.ledger;
    await batches.markOpen(batchId);
    await batches.reopened(batchId, keyId);
    if (live?.status !== 'paused') await batches.setControl(batchId, 'running');
  }

  /** A volume that was missing has no version yet. By now it may be there; if not, the run says so again. */
  async #inputNow(input: JobRequest['input']): Promise<JobRequest['input']> {
    try {
      return await pinned(input, this.#deps.stores);
    } catch (error) {
      if (!isProblem(error) || error.retry === 'later') throw error;
      return input;
    }
  }

  /**
   * Removes a batch that has ended: storage (a note of it, a tombstone in the place of its record, leave for the keeper to
   * remove its uploads, results that no other batch shares, items and reports), then Redis (records, counters), then
   * storage again (the note goes). Killed anywhere in between, whoever repeats it, or the keeper by the note, does the
   * rest. A batch with work left is refused, for the reason that `Jobs.purge` gives.
   *
   * @param by id of the key, or `retention`
   * @param most objects that are removed now; the keeper removes the others
   * @returns whether all of it is gone
   * @throws Problem `state-conflict`
   */
  async purge(
    found: FoundBatch | Tombstone,
    by: string,
    most: number,
  ): Promise<{ tombstone: Tombstone; complete: boolean }> {
    const begun = isTombstone(found)
      ? await this.#deps.ledger.purges.read({ kind: 'batch', id: found.id })
      : await beginBatchPurge(found, by, this.#deps);
    if (begun === undefined && isTombstone(found)) return { tombstone: found, complete: true };
    if (begun === undefined) throw new Problem('internal', 'a removal that was begun has no note');
    return { tombstone: tombstoneOf(begun), complete: await finishBatchPurge(begun, most, this.#deps) };
  }

  /**
   * Ends a batch whose items have all ended: storage (reports, end, webhooks become due, marker goes), then Redis (counters
   * are closed). Killed anywhere before the marker goes, the next leader repeats all of it with the same end; killed after
   * it, the counters still list the batch as open and are closed by the next leader. The marker goes before the counters
   * are closed, since `retryFailed` writes it before it reopens the first item: whichever comes second sees the other.
   *
   * @returns false when an item was reopened meanwhile: the batch has work left, and its marker again
   * @throws Problem `queue-unavailable` when Redis lost the states meanwhile
   */
  async close(batch: BatchRecord, counts: BatchCounts, signal: AbortSignal): Promise<boolean> {
    const { ledger, live, outbox, software } = this.#deps;
    const { batchId } = batch;
    await writeReports(batch, counts, { ledger, counters: live.counters, software }, signal);
    const { completed, failed, canceled, skipped } = counts;
    const status = counts.status === 'canceled' || counts.status === 'stopped' ? counts.status : 'completed';
    const end = await ledger.batches.finish(batchId, { status, completed, failed, canceled, skipped });
    await outbox.announceBatch(batch, end);
    await ledger.batches.unmarkOpen(batchId);
    if (await live.counters.finished(batchId, end)) return true;
    await ledger.batches.markOpen(batchId);
    return false;
  }
}
