import { each } from '@parse3d/async';
import type { RuleRecord } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { listAll, nameOfListed, openFolder, type BlobInfo } from '@parse3d/storage';
import type { ApiDeps } from '../deps.js';
import { isNoInput, matches, watched } from './match.js';
import { markOf, MarkList, SeenVersions } from './seen.js';
import { startFor } from './start.js';

/** A folder raises no events, so that it is listed at least this often, in ms. */
const FOLDER_EVERY_MS = 5_000;

/** A file in a folder that changed this lately may still be written to. Unit: ms. */
const FOLDER_SETTLE_MS = 2_000;

/** A rule rests after a listing for so many times as long as that took: a very large folder is not listed without end. */
const RESTS = 10;

/** Objects started together. */
const AT_ONCE = 8;

/**
 * Lists what the rules watch and starts the jobs for what no event reported. Runs in the process that leads; whatever it
 * does can be repeated by the next one.
 */
export class RuleSweeper {
  readonly #deps: ApiDeps;
  readonly #stop = new AbortController();
  /** When a rule is due, by its id and the moment since which it holds; a changed rule is due at once. */
  readonly #due = new Map<string, number>();
  #pass: Promise<void> | undefined;

  constructor(deps: ApiDeps) {
    this.#deps = deps;
  }

  /** Begins a pass over the rules that are due, unless one is under way. */
  tend(): void {
    if (this.#stop.signal.aborted) return;
    this.#pass ??= this.#sweepDue()
      .catch((error: unknown) => this.#report(error))
      .finally(() => (this.#pass = undefined));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#pass;
  }

  async #sweepDue(): Promise<void> {
    const rules = await this.#deps.rules.active(this.#deps.control.rights);
    const names = new Set(rules.map(nameOf));
    for (const name of this.#due.keys()) if (!names.has(name)) this.#due.delete(name);
    for (const rule of rules) {
      if (this.#stop.signal.aborted) return;
      if ((this.#due.get(nameOf(rule)) ?? 0) > Date.now()) continue;
      const began = Date.now();
      await this.#sweep(rule).catch((error: unknown) => this.#report(error, rule));
      const { PARSE3D_RULES_SWEEP_EVERY: every } = this.#deps.config;
      const pause = isFolder(rule) ? Math.min(every, FOLDER_EVERY_MS) : every;
      this.#due.set(nameOf(rule), Date.now() + Math.max(pause, RESTS * (Date.now() - began)));
    }
  }

  async #sweep(rule: RuleRecord): Promise<void> {
    const { primary } = this.#deps.stores;
    const seen = await SeenVersions.read(primary, rule);
    const before = seen ?? SeenVersions.of(new MarkList());
    // Of the first listing, what was there before the rule is not new.
    const news = (blob: BlobInfo): boolean => seen !== undefined || blob.lastModified.getTime() >= beginningOf(rule);
    const dealtWith = new MarkList();
    let complete = true;
    let blocked = false;
    await each(this.#listed(rule), AT_ONCE, async ({ uri, blob }) => {
      const mark = markOf(blob.key, blob.etag);
      if (!before.has(mark) && news(blob)) {
        // Once one has to wait, for the tenant's quota or for Redis, the others would too. A file that is still being
        // written keeps no other one waiting.
        const unsettled = isUnsettled(rule, blob);
        if (!unsettled && !blocked) blocked = !(await this.#start(rule, uri));
        if (unsettled || blocked) {
          complete = false;
          return;
        }
      }
      dealtWith.push(mark);
    });
    // Only a listing to its end tells which objects are gone.
    const after = complete && !this.#stop.signal.aborted ? SeenVersions.of(dealtWith) : before.with(dealtWith);
    if (seen === undefined || !after.equals(before)) await after.write(primary, rule);
  }

  async #start(rule: RuleRecord, uri: string): Promise<boolean> {
    try {
      const outcome = await startFor(rule, uri, this.#deps);
      this.#deps.metrics.storageEvents.inc({ format: 'listing', outcome });
      return true;
    } catch (error) {
      this.#deps.metrics.storageEvents.inc({ format: 'listing', outcome: 'deferred' });
      this.#report(error, rule);
      return false;
    }
  }

  async *#listed(rule: RuleRecord): AsyncGenerator<{ uri: string; blob: BlobInfo }> {
    const { store, prefix } = openFolder(this.#deps.stores, watched(rule));
    for await (const blob of listAll(store, prefix, this.#stop.signal)) {
      if (isNoInput(store.bucket, blob.key, this.#deps.stores.primary)) continue;
      const uri = nameOfListed({ scheme: store.scheme, bucket: store.bucket, key: blob.key });
      if (matches(rule, uri)) yield { uri, blob };
    }
  }

  #report(error: unknown, rule?: RuleRecord): void {
    const problem = Problem.from(error);
    // Messages can hold names of files, and these can name patients; what nobody expected has to be seen all the same.
    const err = problem.code === 'internal' ? problem : undefined;
    this.#deps.log.warn({ code: problem.code, err, ruleId: rule?.id, tenant: rule?.tenant }, 'listing for a rule');
  }
}

const nameOf = (rule: RuleRecord): string => `${rule.id} ${rule.since}`;

const isFolder = (rule: RuleRecord): boolean => rule.bucket.startsWith('local:');

/** Stores other than a folder tell dates in whole seconds. */
function beginningOf(rule: RuleRecord): number {
  const since = Date.parse(rule.since);
  return isFolder(rule) ? since : Math.floor(since / 1_000) * 1_000;
}

const isUnsettled = (rule: RuleRecord, blob: BlobInfo): boolean =>
  isFolder(rule) && Math.abs(Date.now() - blob.lastModified.getTime()) < FOLDER_SETTLE_MS;
