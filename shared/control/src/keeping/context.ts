import type { OnUnreadable } from '@parse3d/storage';
import type { Ledger } from '../ledger/ledger.js';
import type { Candidates } from './candidates.js';

/** Jobs whose manifests are not read again by the next walk. */
const MOST_KNOWN = 200_000;

export interface KnownJob {
  readonly etag: string;
  readonly tenant: string;
  /** Absent for a job that was removed. */
  readonly ended?: { readonly atMs: number; readonly input: string };
}

/** What was read of jobs that have ended, by their ids. */
export class KnownJobs {
  readonly #jobs = new Map<string, KnownJob>();

  get(jobId: string, etag: string): KnownJob | undefined {
    const known = this.#jobs.get(jobId);
    return known?.etag === etag ? known : undefined;
  }

  set(jobId: string, job: KnownJob): void {
    if (this.#jobs.size >= MOST_KNOWN) this.#jobs.clear();
    this.#jobs.set(jobId, job);
  }
}

/** What the parts of a walk share. */
export interface Walk {
  readonly ledger: Ledger;
  readonly known: KnownJobs;
  readonly at: Date;
  readonly candidates: Candidates;
  readonly signal: AbortSignal;
  /** Notes a record that cannot be read. */
  readonly onUnreadable: OnUnreadable;
}
