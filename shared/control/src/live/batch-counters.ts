import type { Redis } from 'ioredis';
import { z } from 'zod';
import { batchJobId, BatchStatus, Lane, type BatchRecord, type JobEnd } from '@parse3d/contract';
import type { RedisKeys } from './keys.js';
import { Script } from './script.js';

/** An item of a batch. */
export interface Place {
  readonly batchId: string;
  readonly ordinal: number;
}

/** How an item ended, as its two bits in the bit field. */
export const itemStates = { completed: 1, failed: 2, canceled: 3 } as const satisfies Record<JobEnd, number>;

const StoredBatch = z.object({
  status: BatchStatus,
  total: z.coerce.number().int(),
  tenant: z.string(),
  lane: Lane,
  next: z.coerce.number().int(),
  completed: z.coerce.number().int(),
  failed: z.coerce.number().int(),
  canceled: z.coerce.number().int(),
  skipped: z.coerce.number().int(),
  /**
   * Present while the counters are rebuilt from storage, which another process may take over: `1` while ends are counted,
   * `counted` while what was asked of the batch is still to be applied.
   */
  rebuilding: z.string().optional(),
});
/** Live counters; the sets' sizes were read in the same transaction. */
export type BatchCounts = z.infer<typeof StoredBatch> & { readonly open: number; readonly running: number };

/** What the reports of a batch say. */
export type FinalCounts = Pick<BatchCounts, 'status' | 'completed' | 'failed' | 'canceled'>;

/** How long the counters of a finished batch stay, in ms; its reports outlive them. */
const FINISHED_TTL_MS = 7 * 24 * 3_600_000;

/** Open items that are looked through for the first one that waits. */
const MANY_OPEN = 10_000;

/** Live counters of batches in Redis: exact at every moment, rebuilt from storage when they are lost. */
export class BatchCounters {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #scripts = {
    open: new Script('batch-open'),
    settle: new Script('batch-settle'),
    reopen: new Script('batch-reopen'),
    finish: new Script('batch-finish'),
    close: new Script('batch-close'),
    withdraw: new Script('batch-withdraw'),
    set: new Script('batch-set'),
  };

  constructor(redis: Redis, keys: RedisKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Enters a batch with everything open. False when its counters exist already; it is listed as open in any case. */
  async open(batch: BatchRecord, status: BatchStatus): Promise<boolean> {
    return this.#enter(batch, status, false);
  }

  /**
   * Enters a batch whose counters are to be rebuilt, as paused. False when they exist and are whole; true also when
   * another process began before, and may have died over it.
   */
  async openToRebuild(batch: BatchRecord): Promise<boolean> {
    if (await this.#enter(batch, 'paused', true)) return true;
    return (await this.#redis.hexists(this.#keys.batch(batch.batchId), 'rebuilding')) === 1;
  }

  /** Every end is counted: from here on, pause and cancel update the counters directly. Nothing is entered yet. */
  async counted(batchId: string): Promise<void> {
    await this.#set(batchId, 'rebuilding', 'counted');
  }

  /** The counters are whole and say what was asked of the batch. */
  async rebuilt(batchId: string): Promise<void> {
    await this.#redis.hdel(this.#keys.batch(batchId), 'rebuilding');
  }

  async #enter(batch: BatchRecord, status: BatchStatus, rebuilding: boolean): Promise<boolean> {
    const { batchId, tenant, lane, total, errorThreshold } = batch;
    const reply = await this.#scripts.open.run(this.#redis, {
      batch: this.#keys.batch(batchId),
      openBatches: this.#keys.openBatches,
      batches: this.#keys.batches(tenant),
      batchId,
      createdMs: Date.parse(batch.createdAt),
      status,
      total,
      lane,
      tenant,
      maxFailed: errorThreshold?.count ?? '',
      maxShare: errorThreshold?.share ?? '',
      rebuilding: rebuilding ? 1 : 0,
    });
    return reply === 1;
  }

  async get(batchId: string): Promise<BatchCounts | undefined> {
    const replies = await this.#redis
      .multi()
      .hgetall(this.#keys.batch(batchId))
      .scard(this.#keys.batchOpen(batchId))
      .scard(this.#keys.batchRunning(batchId))
      .exec();
    const [hash, open, running] = (replies ?? []).map(([, value]) => value);
    const parsed = StoredBatch.safeParse(hash);
    return parsed.success ? { ...parsed.data, open: Number(open), running: Number(running) } : undefined;
  }

  /** Batches with work left, oldest first. */
  async listOpen(): Promise<string[]> {
    return this.#redis.zrange(this.#keys.openBatches, '0', '-1');
  }

  /** How many batches have work left. */
  async countOpen(): Promise<number> {
    return this.#redis.zcard(this.#keys.openBatches);
  }

  /** How many batches of a tenant have work left. */
  async countOpenOf(tenant: string): Promise<number> {
    const open = await this.listOpen();
    const own = open.length === 0 ? [] : await this.#redis.zmscore(this.#keys.batches(tenant), ...open);
    return own.filter((score) => score !== null).length;
  }

  /** A tenant's newest batches. */
  async latest(tenant: string, limit: number): Promise<string[]> {
    return this.#redis.zrevrange(this.#keys.batches(tenant), 0, limit - 1);
  }

  /** Drops all that is counted of a batch which was removed. */
  async purge(batchId: string, tenant: string): Promise<void> {
    const { batch, states, open, running } = this.#itemKeys(batchId);
    await this.#redis
      .multi()
      .unlink(batch, states, open, running)
      .zrem(this.#keys.openBatches, batchId)
      .zrem(this.#keys.batches(tenant), batchId)
      .exec();
  }

  async entered(batchId: string, ordinals: readonly number[]): Promise<void> {
    if (ordinals.length > 0) await this.#redis.sadd(this.#keys.batchOpen(batchId), ...ordinals.map(String));
  }

  async started({ batchId, ordinal }: Place): Promise<void> {
    await this.#redis.sadd(this.#keys.batchRunning(batchId), String(ordinal));
  }

  async released({ batchId, ordinal }: Place): Promise<void> {
    await this.#redis.srem(this.#keys.batchRunning(batchId), String(ordinal));
  }

  /** Counts an end, once. Returns how many items have not ended, or undefined for an unknown batch. */
  async settled({ batchId, ordinal }: Place, end: JobEnd, skipped = false): Promise<number | undefined> {
    const reply = await this.#scripts.settle.run(this.#redis, {
      ...this.#itemKeys(batchId),
      ordinal,
      state: itemStates[end],
      skipped: skipped ? 1 : 0,
    });
    return reply === null ? undefined : Number(reply);
  }

  /**
   * Takes a failure back: the item will be run again, and its batch has work left. False for an item that is not failed
   * any more, or whose batch was canceled.
   */
  async reopened({ batchId, createdAt }: BatchRecord, ordinal: number): Promise<boolean> {
    const { batch, states, open } = this.#itemKeys(batchId);
    const reply = await this.#scripts.reopen.run(this.#redis, {
      batch,
      states,
      open,
      openBatches: this.#keys.openBatches,
      ordinal,
      batchId,
      createdMs: Date.parse(createdAt),
    });
    return reply === 1;
  }

  /** Takes back those of the items that are jobs and that nobody has fed; the batch enters them again when it goes on. */
  async withdraw({ batchId, lane, tenant }: BatchRecord, ordinals: readonly number[]): Promise<void> {
    const { batch, open } = this.#itemKeys(batchId);
    const calls = ordinals.map((ordinal) => {
      const jobId = batchJobId(batchId, ordinal);
      const [job, events] = [this.#keys.job(jobId), this.#keys.events(jobId)];
      return { job, events, pending: this.#keys.pending(lane, tenant), batch, open, jobId, ordinal };
    });
    await this.#scripts.withdraw.runAll(this.#redis, calls);
  }

  /** Advances to the next item that is to be entered. */
  async advance(batchId: string, next: number): Promise<void> {
    await this.#set(batchId, 'next', next);
  }

  async setStatus(batchId: string, status: BatchStatus): Promise<void> {
    await this.#set(batchId, 'status', status);
  }

  async #set(batchId: string, field: 'next' | 'status' | 'rebuilding', value: string | number): Promise<void> {
    await this.#scripts.set.run(this.#redis, { batch: this.#keys.batch(batchId), field, value });
  }

  /** Cancels or stops: what was not entered yet counts as canceled from now on. */
  async close(batchId: string, status: 'canceled' | 'stopped'): Promise<void> {
    const { batch, open } = this.#itemKeys(batchId);
    await this.#scripts.close.run(this.#redis, { batch, open, status });
  }

  /** Ordinals that are jobs and have not ended. */
  async openOrdinals(batchId: string): Promise<number[]> {
    return (await this.#redis.smembers(this.#keys.batchOpen(batchId))).map(Number);
  }

  /**
   * The first item that has not begun, or undefined when none waits or too many are open to look through, as after the
   * retry of a very large batch.
   */
  async firstWaiting(batchId: string, counts: BatchCounts): Promise<number | undefined> {
    const { completed, failed, canceled, running, total, next, open } = counts;
    if (total - completed - failed - canceled - running <= 0 || open > MANY_OPEN) return undefined;
    const waiting = await this.#redis.sdiff(this.#keys.batchOpen(batchId), this.#keys.batchRunning(batchId));
    const first = waiting.reduce((least, ordinal) => Math.min(least, Number(ordinal)), next);
    return first < total ? first : undefined;
  }

  /** The two-bit states of `count` items from `first`, a multiple of 4. */
  async states(batchId: string, first: number, count: number): Promise<Uint8Array> {
    const bytes = await this.#redis.getrangeBuffer(
      this.#keys.batchStates(batchId),
      first / 4,
      Math.ceil((first + count) / 4) - 1,
    );
    const states = new Uint8Array(count);
    for (let item = 0; item < count; item++) states[item] = ((bytes[item >> 2] ?? 0) >> (6 - 2 * (item & 3))) & 3;
    return states;
  }

  /** The reports are written: the batch has no work left. False when an item was reopened meanwhile. */
  async finished(batchId: string, { status, completed, failed, canceled }: FinalCounts): Promise<boolean> {
    const reply = await this.#scripts.finish.run(this.#redis, {
      ...this.#itemKeys(batchId),
      openBatches: this.#keys.openBatches,
      batchId,
      status,
      completed,
      failed,
      canceled,
      ttlMs: FINISHED_TTL_MS,
    });
    return reply === 1;
  }

  #itemKeys(batchId: string): { batch: string; states: string; open: string; running: string } {
    const keys = this.#keys;
    return {
      batch: keys.batch(batchId),
      states: keys.batchStates(batchId),
      open: keys.batchOpen(batchId),
      running: keys.batchRunning(batchId),
    };
  }
}
