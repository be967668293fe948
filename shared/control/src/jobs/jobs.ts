import {
  isTombstone,
  placeOf,
  type CompletedManifest,
  type JobRequest,
  type JobStatus,
  type Manifest,
  type ProblemBody,
  type StoredEnd,
  type Tombstone,
} from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { jobAttributes } from '@parse3d/platform/telemetry';
import { canceledManifest, failedManifest, manifestBase, ownBytes } from '../ledger/manifests.js';
import type { Committed } from '../ledger/manifests.js';
import { bullJobId } from '../live/bull.js';
import type { JobRecord } from '../live/record.js';
import type { Attempt, JobRow, ListedJob, Progress } from '../live/records.js';
import { acceptJob, requestOf, type Accepted } from './accept.js';
import type { ControlDeps } from './deps.js';
import { findJob, type FoundJob, type PurgedJob } from './find.js';
import { mendRun, type MendOutcome } from './mend.js';
import { beginJobPurge, finishJobPurge } from './purge.js';
import { purgedProblem } from './purged.js';
import { hasOwnMarker, requestOfBatchJob, requestOfMarker, stamped } from './request.js';

/** What a claim found: a run to execute, one to end as canceled, or nothing left to do. */
export type Claimed = { outcome: 'ok' | 'canceled'; request: JobRequest } | { outcome: 'ended' };

/** What an attempt computed and stored. */
export type JobResult = Omit<
  CompletedManifest,
  Exclude<keyof ReturnType<typeof manifestBase>, 'input'> | 'status' | 'reusedFrom'
>;

/**
 * The life of a job, and the only writer of its markers: `pending/…` in storage from acceptance to its end, the manifest
 * that is its end, the live record in Redis. Every method writes to storage first and to Redis second, so that whatever
 * Redis or a process loses can be made again from storage.
 */
export class Jobs {
  readonly #deps: ControlDeps;

  constructor(deps: ControlDeps) {
    this.#deps = deps;
  }

  /** A job wherever it is known; undefined when nothing knows it. Answers from storage while Redis is away. */
  find(jobId: string): Promise<FoundJob | PurgedJob | undefined> {
    return findJob(jobId, this.#deps);
  }

  /** The newest request of a job. @throws Problem `purged` */
  requestOf(jobId: string): Promise<JobRequest | undefined> {
    return requestOf(jobId, this.#deps);
  }

  /** The manifest of the newest run that has ended. @throws Problem `purged` */
  async manifest(jobId: string): Promise<Manifest | undefined> {
    const end = await this.#deps.ledger.manifests.newest(jobId);
    if (end !== undefined && isTombstone(end)) throw purgedProblem(end);
    return end;
  }

  /** The live record, or undefined where Redis has none. */
  record(jobId: string): Promise<JobRecord | undefined> {
    return this.#deps.live.records.get(jobId);
  }

  /** A tenant's jobs that Redis knows, newest first, those behind `after`; without a record where that has expired. */
  list(tenant: string, limit: number, after?: ListedJob): Promise<JobRow[]> {
    return this.#deps.live.records.listWithRecords(tenant, limit, after);
  }

  /** Drops jobs from the tenant's list whose records have expired. */
  forget(tenant: string, jobIds: readonly string[]): Promise<void> {
    return this.#deps.live.records.forget(tenant, jobIds);
  }

  /** How many jobs wait ahead of this one in its tenant's lane, or undefined when it no longer waits there. */
  position(request: JobRequest): Promise<number | undefined> {
    return this.#deps.live.waiting.position(request);
  }

  /**
   * Makes a job durable, then visible: storage (pending marker), then Redis (record, list). Killed in between, the
   * reconciler enters the job from its marker. When Redis refuses, the marker is taken back and the error goes to the
   * client; should even that fail, the reconciler runs the job. A worker that meets a job without its marker drops it, so
   * that a lost answer of Redis does no harm.
   *
   * @param admit asked when the job is durable and before it is visible; with false it is taken back
   */
  accept(request: JobRequest, admit: () => Promise<boolean> = () => Promise.resolve(true)): Promise<Accepted> {
    return this.#deps.tracing.span('accept', { attributes: jobAttributes(request) }, ({ traceparent }) =>
      acceptJob(stamped(request, traceparent), admit, this.#deps),
    );
  }

  /**
   * Enters the first runs of a batch's items, in their order. Redis alone: the marker of the batch stands for theirs, and
   * the overseer enters again what Redis loses.
   */
  enterItems(requests: readonly JobRequest[]): Promise<void> {
    return this.#deps.live.records.acceptAll(requests);
  }

  /**
   * Gives a run to an attempt: storage (is there still something to run?), then Redis (who runs it). Without a marker, or
   * an open batch, the run has ended or its acceptance was taken back. A run that Redis has lost is entered again. An
   * attempt that is killed afterwards is replaced by another, whose claim makes this one stale. A run whose tenant has
   * used up its quota of stored bytes meanwhile ends here.
   */
  async claim(attempt: Attempt, worker: string): Promise<Claimed> {
    const request = await this.#requestToRun(attempt.jobId, attempt.run);
    if (request === undefined) return { outcome: 'ended' };
    // A job whose key was revoked after it was accepted, wherever it waited since.
    if (await this.#deps.rights.areRevoked(request)) {
      await this.endCanceled(request, 'revoked');
      return { outcome: 'ended' };
    }
    const refusal = await this.#deps.policy.refusal(request.tenant);
    if (refusal !== undefined) {
      await this.fail(request, 'quota', refusal.toJSON());
      return { outcome: 'ended' };
    }
    const { records, counters } = this.#deps.live;
    let outcome = await records.claim(attempt, worker);
    if (outcome === 'missing') {
      await records.accept(request);
      outcome = await records.claim(attempt, worker);
    }
    if (outcome === 'missing' || outcome === 'ended') return { outcome: 'ended' };
    const place = placeOf(attempt.jobId);
    if (outcome === 'ok' && place !== undefined) await counters.started(place);
    return { outcome, request };
  }

  async #requestToRun(jobId: string, run: number): Promise<JobRequest | undefined> {
    const { manifests } = this.#deps.ledger;
    const [request, manifest] = await Promise.all([
      hasOwnMarker(jobId, run) ? requestOfMarker(jobId, run, this.#deps) : requestOfBatchJob(jobId, this.#deps),
      manifests.read(jobId, run),
    ]);
    if (manifest === undefined) return request;
    await this.settle(manifest);
    return undefined;
  }

  /** Redis alone: `stop` when somebody asked to cancel, `stale` when another attempt owns the job. */
  report(progress: Progress): Promise<'ok' | 'stale' | 'stop'> {
    return this.#deps.live.records.report(progress);
  }

  /** Redis alone: the attempt ended without a result and another will follow. Lost, the next claim says the same. */
  async release(attempt: Omit<Attempt, 'attempt'>, problem?: ProblemBody): Promise<void> {
    const { records, counters } = this.#deps.live;
    await records.release(attempt, problem);
    const place = placeOf(attempt.jobId);
    if (place !== undefined) await counters.released(place);
  }

  /** Ends a run with its result. False when another attempt had ended it before. See `commit`. */
  async complete(request: JobRequest, attemptId: string, result: JobResult): Promise<boolean> {
    const { ledger, software, log } = this.#deps;
    const base = manifestBase(request, attemptId, software);
    const { won } = await this.commit({ ...base, ...result, status: 'completed' });
    if (won) {
      // Only spares work later: a result that is not found again is computed again.
      await ledger.reuse.remember(request).catch((error: unknown) => {
        log.warn({ err: error }, 'result not noted for reuse');
      });
    }
    return won;
  }

  /** Ends a run that failed for good. See `commit`. */
  async fail(request: JobRequest, attemptId: string, problem: ProblemBody): Promise<void> {
    await this.commit(failedManifest(request, attemptId, this.#deps.software, problem));
  }

  /** Ends a run that was canceled. See `commit`. */
  async endCanceled(request: JobRequest, attemptId: string): Promise<void> {
    await this.commit(canceledManifest(request, attemptId, this.#deps.software));
  }

  /** Ends a run that BullMQ gave up without asking its worker: it stalled or was started too often. See `commit`. */
  async giveUp(jobId: string, run: number, reason: string): Promise<void> {
    const request = await this.#requestToRun(jobId, run);
    if (request === undefined) return;
    const problem = new Problem('worker-lost', `the job was given up after several workers disappeared: ${reason}`);
    await this.fail(request, 'lost', problem.toJSON());
  }

  /**
   * Ends a run: storage (the manifest, if there is none), then what `settle` does. Of two attempts exactly one wins. The
   * loser settles the winner's manifest, since the winner may have been killed in between.
   *
   * @returns the manifest that stands, and whether it is the one given
   */
  async commit(manifest: Manifest): Promise<Committed> {
    const { ledger, live, onCommitted } = this.#deps;
    const { standing, won } = await ledger.manifests.commit(manifest);
    if (!won) {
      await this.settle(standing);
      return { standing, won };
    }
    // Of a batch that was removed no place is held: its run must not come back.
    const place = placeOf(manifest.jobId);
    const batch = place && (await ledger.batches.stored(place.batchId));
    if (batch !== undefined && isTombstone(batch)) {
      await ledger.manifests.remove(manifest);
      return { standing: batch, won: false };
    }
    onCommitted(manifest);
    // Before anybody can see the end, and remove the job: its bytes would be taken off before they were added.
    await live.usage.add(manifest.tenant, 'results', ownBytes(manifest));
    await this.settle(manifest);
    await live.pace.note(manifest);
    return { standing, won };
  }

  /**
   * What follows from a committed manifest: storage (webhooks become due, leftovers of other attempts go), then Redis
   * (record, counters of the batch), then storage again (the pending marker goes). Counters and marker come last: killed
   * anywhere before, the reconciler finds the run unfinished and repeats all of it, which does no harm. Of a job that was
   * removed only the marker of a run that came too late is left.
   */
  async settle(manifest: StoredEnd): Promise<void> {
    const { ledger, live, outbox } = this.#deps;
    if (isTombstone(manifest)) return ledger.pending.removeAll(manifest.id);
    const { jobId, run } = manifest;
    await Promise.all([outbox.announceJob(manifest), ledger.manifests.sweepAttempts(manifest)]);
    const record = await live.records.finish(manifest);
    const place = placeOf(jobId);
    // An item counts as its latest run says: an earlier one that is settled once more changes nothing.
    if (place !== undefined && record !== 'superseded') {
      await live.counters.settled(place, manifest.status, 'reusedFrom' in manifest);
    }
    if (hasOwnMarker(jobId, run)) await ledger.pending.remove(jobId, run);
  }

  /**
   * Stops a run. Redis (the flag) comes first here, so that a worker which takes the job at this moment sees it; then a
   * job that no worker has yet is ended by `commit`, and a running one by its worker within seconds. Killed in between,
   * the reconciler finds the flag and ends the run.
   *
   * @returns the live status before, or undefined when Redis has no record of the job
   */
  async cancel(request: JobRequest): Promise<JobStatus | undefined> {
    const before = await this.#deps.live.records.requestCancel(request);
    if (before === undefined || (before === 'waiting' && (await this.#unqueue(request)))) {
      await this.endCanceled(request, 'api');
    }
    return before;
  }

  /**
   * Removes a job that has ended: storage (a note of what goes with it, tombstones in the place of its manifests, outputs
   * that no other job shares, leave for the keeper to remove its upload), then Redis (record, events, list), then storage
   * again (the note goes). Killed anywhere in between, whoever repeats it, or the keeper by the note, does the rest. A job
   * that has not ended is refused rather than canceled: its worker writes on until it sees the flag, and that nothing is
   * left would be said before it is true.
   *
   * @param by id of the key, or `retention`
   * @throws Problem `state-conflict`
   */
  async purge(found: FoundJob | PurgedJob, by: string): Promise<Tombstone> {
    if (found.source === 'purged') {
      const begun = await this.#deps.ledger.purges.read({ kind: 'job', id: found.tombstone.id });
      return begun === undefined ? found.tombstone : finishJobPurge(begun, this.#deps);
    }
    return finishJobPurge(await beginJobPurge(found, by, this.#deps), this.#deps);
  }

  /** False when a worker holds the job: it will see the flag. */
  async #unqueue({ jobId, run }: JobRequest): Promise<boolean> {
    const job = await this.#deps.live.queue.getJob(bullJobId(jobId, run));
    if (job === undefined) return true;
    try {
      await job.remove();
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Looks at one run that should be under way and mends Redis, or the end of the run, from storage. Can be repeated.
   *
   * @param known the live record, where it was read before
   */
  mend(jobId: string, run: number, known?: JobRecord): Promise<MendOutcome> {
    return mendRun({ jobId, run, known }, this, this.#deps);
  }
}
