import { each } from '@parse3d/async';
import { batchWindowMs, blobKeys, parseBlobKeys, type RuleRecord } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { listAll } from '@parse3d/storage';
import type { ApiDeps } from '../../deps.js';
import { withRights } from '../rule-store.js';
import { closeCollectWindow } from './close.js';

/** Without any rule that has a window, what is left of earlier ones is looked for so often, in ms. */
const IDLE_EVERY_MS = 60_000;

/** Objects removed at a time, and of one rule before the windows of others are looked at again. */
const AT_ONCE = 16;
const REMOVED_PER_LOOK = 5_000;

/** A window that could not be closed, for the tenant's quota or for storage, is tried again after this time, in ms. */
const AGAIN_MS = 5_000;

/**
 * Closes the batch windows of rules: what waits for a rule becomes a batch once the oldest of it has waited as long as
 * the rule says. Clears away what is left of rules that were removed. Runs in the process that leads. It knows nothing
 * that is not in storage, so that the next leader goes on where it was.
 */
export class CollectKeeper {
  readonly #deps: ApiDeps;
  readonly #stop = new AbortController();
  /** Since when the oldest object of a rule waits, in ms of Unix time, until the window is closed. */
  readonly #oldest = new Map<string, number>();
  /** Rules whose window could not be closed, and when to try again. */
  readonly #again = new Map<string, number>();
  #lookedAt = -Infinity;
  #earliest = Infinity;
  #pass: Promise<void> | undefined;

  constructor(deps: ApiDeps) {
    this.#deps = deps;
  }

  /** Begins a look at what waits when one is due and none is under way. */
  tend(): void {
    if (this.#stop.signal.aborted) return;
    this.#pass ??= this.#lookIfDue()
      .catch((error: unknown) => this.#report(error))
      .finally(() => (this.#pass = undefined));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#pass;
  }

  /** What did not wait at the last look cannot be due before the shortest window has passed since. */
  async #lookIfDue(): Promise<void> {
    const now = Date.now();
    const windows = (await this.#deps.rules.all()).map(({ batchWindow }) => batchWindowMs(batchWindow));
    const shortest = Math.min(IDLE_EVERY_MS, ...windows.filter((ms) => ms > 0));
    if (now < Math.min(this.#lookedAt + shortest, this.#earliest)) return;
    this.#earliest = Infinity;
    this.#lookedAt = now;
    for await (const { tenant, ruleId } of this.#waitingRules()) {
      await this.#look(tenant, ruleId).catch((error: unknown) => {
        this.#again.set(ruleId, Date.now() + AGAIN_MS);
        this.#dueAt(Date.now() + AGAIN_MS);
        this.#report(error, ruleId, tenant);
      });
    }
    await this.#clear();
  }

  async #look(tenant: string, ruleId: string): Promise<void> {
    const again = this.#again.get(ruleId) ?? 0;
    if (again > Date.now()) {
      this.#dueAt(again);
      return;
    }
    const rule = await this.#rule(tenant, ruleId);
    if (rule === undefined) {
      await this.#drop(tenant, ruleId);
      return;
    }
    const windowMs = batchWindowMs(rule.batchWindow);
    const known = this.#oldest.get(ruleId);
    const oldest = known !== undefined && known + windowMs > Date.now() ? known : await this.#oldestOf(rule);
    if (oldest === undefined) return;
    this.#oldest.set(ruleId, oldest);
    if (oldest + windowMs > Date.now()) {
      this.#dueAt(oldest + windowMs);
      return;
    }
    // Without its key nothing of it becomes a batch; what waits, waits for a key that takes the rule over.
    const acting = await withRights(rule, this.#deps.control.rights);
    if (acting === undefined) {
      this.#again.set(ruleId, Date.now() + AGAIN_MS);
      this.#dueAt(Date.now() + AGAIN_MS);
      return;
    }
    await closeCollectWindow(acting, this.#deps, this.#stop.signal);
    this.#oldest.delete(ruleId);
    this.#again.delete(ruleId);
  }

  #dueAt(ms: number): void {
    this.#earliest = Math.min(this.#earliest, ms);
  }

  /** As it stands in storage: what is in memory may lack a rule that was just made. */
  async #rule(tenant: string, ruleId: string): Promise<RuleRecord | undefined> {
    try {
      return await this.#deps.rules.get(tenant, ruleId);
    } catch (error) {
      if (isProblem(error, 'not-found')) return undefined;
      throw error;
    }
  }

  /** Every rule for which something waits, by one listing of one key each. */
  async *#waitingRules(): AsyncGenerator<{ tenant: string; ruleId: string }> {
    const { primary } = this.#deps.stores;
    let startAfter: string | undefined;
    while (!this.#stop.signal.aborted) {
      const { blobs } = await primary.list({ prefix: blobKeys.allRulesWaitingPrefix, startAfter, limit: 1 });
      const [blob] = blobs;
      if (blob === undefined) return;
      const rule = parseBlobKeys.ruleWaiting(blob.key);
      if (rule === undefined) {
        startAfter = blob.key;
        continue;
      }
      yield rule;
      // Names are hexadecimal: this is beyond them all.
      startAfter = `${blobKeys.ruleWaitingPrefix(rule.tenant, rule.ruleId)}g`;
    }
  }

  async #oldestOf(rule: RuleRecord): Promise<number | undefined> {
    const prefix = blobKeys.ruleWaitingPrefix(rule.tenant, rule.id);
    let oldest: number | undefined;
    for await (const { lastModified } of listAll(this.#deps.stores.primary, prefix, this.#stop.signal)) {
      // A store's clock may be ahead of ours.
      oldest = Math.min(oldest ?? Date.now(), lastModified.getTime());
    }
    return this.#stop.signal.aborted ? undefined : oldest;
  }

  /** Rules that were removed and of which something is left. */
  async #clear(): Promise<void> {
    for await (const { key } of listAll(this.#deps.stores.primary, blobKeys.rulesGonePrefix, this.#stop.signal)) {
      const rule = parseBlobKeys.ruleGone(key);
      if (rule === undefined) continue;
      const { tenant, ruleId } = rule;
      await this.#drop(tenant, ruleId).catch((error: unknown) => this.#report(error, ruleId, tenant));
    }
  }

  /** All that was noted for a rule that was removed goes with it, by and by; what says so goes last. */
  async #drop(tenant: string, ruleId: string): Promise<void> {
    const { primary } = this.#deps.stores;
    const left = [
      blobKeys.ruleWaitingPrefix(tenant, ruleId),
      blobKeys.ruleTakenPrefix(ruleId),
      blobKeys.ruleBatchesPrefix(ruleId),
      blobKeys.ruleSeenPrefix(ruleId),
    ];
    let room = REMOVED_PER_LOOK;
    for (const prefix of left) {
      const page = await primary.list({ prefix, limit: room + 1 });
      await each(page.blobs.slice(0, room), AT_ONCE, async ({ key }) => {
        this.#stop.signal.throwIfAborted();
        await primary.delete(key);
      });
      if (page.blobs.length > room) {
        this.#dueAt(Date.now());
        return;
      }
      room -= page.blobs.length;
    }
    // Of a removal that was cut off the rule itself is left.
    await primary.delete(blobKeys.rule(tenant, ruleId));
    await primary.delete(blobKeys.ruleGone(tenant, ruleId));
    this.#oldest.delete(ruleId);
    this.#again.delete(ruleId);
  }

  #report(error: unknown, ruleId?: string, tenant?: string): void {
    if (this.#stop.signal.aborted) return;
    const problem = Problem.from(error);
    const err = problem.code === 'internal' ? problem : undefined;
    this.#deps.log.warn({ code: problem.code, err, ruleId, tenant }, 'batch window of a rule');
  }
}
