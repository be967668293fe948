import { blobKeys, isEnded, type JobRequest } from '@parse3d/contract';
import type { Begun } from '@parse3d/platform/access';
import { listAll, readListed } from '@parse3d/storage';
import { z } from 'zod';
import type { ControlDeps } from '../jobs/deps.js';
import type { Jobs } from '../jobs/jobs.js';

/** What was revoked: one key, or everything of a tenant that names no key. */
const Withdrawal = z.object({ tenant: z.string(), keyId: z.string().optional() });

/** Time between two looks, in ms. */
const LOOK_EVERY_MS = 2_000;

/** Jobs of a tenant's list looked at together. */
const PAGE = 500;

/**
 * Cancels the jobs of keys that were revoked, waiting and running ones. Batches are canceled by the overseer, and a job that
 * this pass does not meet by the worker that takes it: whoever acts asks. Runs in the process that leads; can be repeated.
 */
export class Withdrawals {
  readonly #deps: ControlDeps;
  readonly #jobs: Jobs;
  readonly #onError: (error: unknown) => void;
  #lookAt = 0;
  #pass: Promise<void> | undefined;
  readonly #stop = new AbortController();

  constructor(deps: ControlDeps, jobs: Jobs, onError: (error: unknown) => void) {
    this.#deps = deps;
    this.#jobs = jobs;
    this.#onError = onError;
  }

  /** Begins a pass when one is due and none is under way. */
  tend(): void {
    if (this.#stop.signal.aborted || Date.now() < this.#lookAt) return;
    this.#pass ??= this.#look()
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#onError(error);
      })
      .finally(() => {
        this.#lookAt = Date.now() + LOOK_EVERY_MS;
        this.#pass = undefined;
      });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#pass;
  }

  async #look(): Promise<void> {
    const { ledger, unreadable, log } = this.#deps;
    for await (const { key } of listAll(ledger.store, blobKeys.withdrawalsPrefix, this.#stop.signal)) {
      const revoked = await readListed(ledger.store, key, Withdrawal, unreadable.note);
      if (revoked === undefined) continue;
      // Its revocation is still under way, or was cut off and can be repeated.
      if (!(await this.#deps.rights.wasRevoked(revoked))) continue;
      const canceled = await this.#cancelJobs(revoked.tenant);
      if (this.#stop.signal.aborted) return;
      // Last: whoever is killed before does it again.
      await ledger.store.delete(key);
      log.info({ ...revoked, canceled }, 'what a revoked key had begun was withdrawn');
    }
  }

  async #cancelJobs(tenant: string): Promise<number> {
    let canceled = 0;
    for await (const request of this.#openJobs(tenant)) {
      if (!(await this.#deps.rights.areRevoked(request))) continue;
      await this.#jobs.cancel(request);
      canceled++;
    }
    return canceled;
  }

  /** Jobs of a tenant that wait or run, as Redis has them. Those that it has lost are asked for when a worker takes them. */
  async *#openJobs(tenant: string): AsyncGenerator<JobRequest & Begun> {
    const { records } = this.#deps.live;
    let after: { jobId: string; createdMs: number } | undefined;
    for (;;) {
      const rows = await records.list(tenant, PAGE, after);
      if (rows.length === 0 || this.#stop.signal.aborted) return;
      for (const record of await records.read(rows.map(({ jobId }) => jobId))) {
        if (record !== undefined && 'status' in record && 'request' in record && !isEnded(record.status)) {
          yield record.request;
        }
      }
      after = rows.at(-1);
    }
  }
}
