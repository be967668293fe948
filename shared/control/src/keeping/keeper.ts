import { BY_RETENTION, type Tombstone } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { Tenants } from '@parse3d/platform/access';
import { each } from '@parse3d/async';
import { finishBatchPurge } from '../batches/purge.js';
import type { Batches } from '../batches/batches.js';
import type { ControlDeps } from '../jobs/deps.js';
import type { Jobs } from '../jobs/jobs.js';
import { finishJobPurge } from '../jobs/purge.js';
import type { Purging } from '../ledger/purges.js';
import { uploadName, type UploadId } from '../ledger/uploads.js';
import { KnownJobs } from './context.js';
import { walkStorage, type Due, type Walked } from './walk.js';

/** Jobs, batches or uploads removed at a time. */
const AT_ONCE = 4;

/** A walk that something asked for rests so many times as long as the last one took, and so long at least, in ms. */
const RESTS = 10;
const LEAST_REST_MS = 1_000;

const NOTHING = { uploads: 0, results: 0 };

/** What one walk has counted and removed. */
export interface Kept {
  readonly uploads: number;
  readonly jobs: number;
  readonly batches: number;
  /** Bytes of the uploads, jobs and batches that were removed. */
  readonly bytes: number;
  /** Uploads that the next walk removes, unless something names them then. */
  readonly marked: number;
  readonly unreadable: number;
  readonly durationMs: number;
}

export interface KeeperOptions {
  /** Time between two walks, in ms. */
  readonly everyMs: number;
  readonly onError: (error: Problem) => void;
  readonly onKept: (kept: Kept) => void;
}

/**
 * Counts what is stored and removes what has outlived its time: uploads that nothing names, jobs and batches at the end of
 * their tenant's retention, and the rest of what its owners removed. Runs in the process that leads; all that it knows is
 * in storage, so that the next leader goes on where it was.
 *
 * An upload is removed in two walks. The first marks it, and from then on nothing new may name it; one that begins after
 * that removes it when still nothing does. Whoever accepts a job writes its marker before it looks for the mark: so either
 * the job is refused or the second walk sees it.
 */
export class Keeper {
  readonly #deps: ControlDeps;
  readonly #jobs: Jobs;
  readonly #batches: Batches;
  readonly #tenants: Tenants;
  readonly #options: KeeperOptions;
  readonly #stop = new AbortController();
  readonly #known = new KnownJobs();
  #walkAt = 0;
  #restUntil = 0;
  #asked = true;
  #pass: Promise<void> | undefined;

  constructor(deps: ControlDeps, jobs: Jobs, batches: Batches, tenants: Tenants, options: KeeperOptions) {
    this.#deps = deps;
    this.#jobs = jobs;
    this.#batches = batches;
    this.#tenants = tenants;
    this.#options = options;
  }

  /** Begins a pass when one is due and none is under way. */
  tend(): void {
    if (this.#stop.signal.aborted) return;
    this.#pass ??= this.#passIfDue()
      .catch((error: unknown) => {
        this.#restUntil = Date.now() + RESTS * LEAST_REST_MS;
        this.#asked = true;
        if (!this.#stop.signal.aborted) this.#options.onError(Problem.from(error, 'queue-unavailable'));
      })
      .finally(() => (this.#pass = undefined));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#pass;
  }

  async #passIfDue(): Promise<void> {
    const now = Date.now();
    if (now < this.#restUntil) return;
    if (await this.#deps.live.usage.isKeeperWoken()) this.#asked = true;
    if (!this.#asked && now < this.#walkAt) return;
    this.#asked = false;
    this.#walkAt = now + this.#options.everyMs;
    await this.#finishPurges();
    await this.#walk(now);
    this.#restUntil = Date.now() + Math.max(LEAST_REST_MS, RESTS * (Date.now() - now));
  }

  /** What was cut off, or is too much for one request. */
  async #finishPurges(): Promise<void> {
    const { ledger } = this.#deps;
    const { signal } = this.#stop;
    for await (const which of ledger.purges.list(signal)) {
      await this.#guarded(async () => {
        const purging = await ledger.purges.read(which);
        if (purging === undefined) return;
        if (purging.kind === 'job') await finishJobPurge(purging, this.#deps);
        else await finishBatchPurge(purging, Infinity, this.#deps, signal);
      });
    }
  }

  async #walk(startedMs: number): Promise<void> {
    const { ledger, live, policy } = this.#deps;
    const { signal } = this.#stop;
    const before = await this.#standing();
    const marks = {
      gone: await ledger.uploads.list('gone', signal),
      released: await ledger.uploads.list('released', signal),
    };
    const options = { ledger, tenants: this.#tenants, limits: policy.limits, known: this.#known };
    const walked = await walkStorage(options, signal);
    for (const tenant of new Set([...before.keys(), ...walked.stored.keys()])) {
      const found = walked.stored.get(tenant) ?? NOTHING;
      await live.usage.counted(tenant, found, before.get(tenant) ?? NOTHING, walked.at);
    }
    const count = { uploads: 0, jobs: 0, batches: 0, bytes: 0, marked: 0 };
    await each(walked.due, AT_ONCE, (due) => this.#guarded(() => this.#retire(due, count)));
    await each(walked.unfinished, AT_ONCE, (tombstone) => this.#guarded(() => this.#finishBatch(tombstone)));
    await this.#removeUploads(walked, marks, count);
    if (walked.more) this.#asked = true;
    const { length: unreadable } = walked.unreadable;
    this.#options.onKept({ ...count, unreadable, durationMs: Date.now() - startedMs });
  }

  /** What stands in Redis when the walk begins: what is added from now on is kept. */
  async #standing(): Promise<Map<string, { uploads: number; results: number }>> {
    const { usage } = this.#deps.live;
    const standing = new Map<string, { uploads: number; results: number }>();
    for (const tenant of await usage.tenants()) standing.set(tenant, await usage.standing(tenant));
    return standing;
  }

  async #finishBatch({ id, tenant, purgedAt: at, purgedBy: by }: Tombstone): Promise<void> {
    const purging: Purging = { kind: 'batch', id, tenant, at, by, uploads: [], reuse: [], total: 0 };
    await finishBatchPurge(purging, Infinity, this.#deps, this.#stop.signal);
  }

  async #retire({ kind, id, bytes }: Due, count: { jobs: number; batches: number; bytes: number }): Promise<void> {
    this.#stop.signal.throwIfAborted();
    if (kind === 'job') {
      const found = await this.#jobs.find(id);
      if (found === undefined || found.source === 'purged') return;
      await this.#jobs.purge(found, BY_RETENTION);
      count.jobs++;
    } else {
      const found = await this.#batches.find(id);
      if (found === undefined) return;
      await this.#batches.purge(found, BY_RETENTION, Infinity);
      count.batches++;
    }
    count.bytes += bytes;
  }

  async #removeUploads(
    { unused }: Walked,
    { gone, released }: Readonly<Record<'gone' | 'released', Map<string, UploadId>>>,
    count: { uploads: number; bytes: number; marked: number },
  ): Promise<void> {
    const { ledger, live } = this.#deps;
    const { uploads } = ledger;
    const names = new Set(unused.map(uploadName));
    await each(unused, AT_ONCE, (upload) =>
      this.#guarded(async () => {
        this.#stop.signal.throwIfAborted();
        const name = uploadName(upload);
        if (!gone.has(name)) {
          await uploads.markGone(upload);
          count.marked++;
          // Its owner has removed what named it, and should not have to wait.
          if (released.has(name)) this.#asked = true;
          return;
        }
        const { bytes } = await live.usage.takeOff(upload.tenant, 'uploads', name, () => uploads.remove(upload));
        await uploads.unrelease(upload);
        await uploads.unmarkGone(upload);
        count.uploads++;
        count.bytes += bytes;
      }),
    );
    // What was marked and is named after all, or is not there any more.
    for (const [name, upload] of gone) if (!names.has(name)) await uploads.unmarkGone(upload);
    for (const [name, upload] of released) if (!names.has(name)) await uploads.unrelease(upload);
  }

  /** One thing that cannot be removed is reported, and keeps none of the others. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#stop.signal.aborted) throw error;
      // Run again since the walk met it: it is not due any more.
      if (isProblem(error, 'state-conflict')) return;
      this.#options.onError(Problem.from(error));
    }
  }
}
