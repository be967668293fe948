import { each } from '@parse3d/async';
import { isEnded } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import type { ControlDeps } from '../jobs/deps.js';
import type { Jobs } from '../jobs/jobs.js';
import { isUnderWay } from '../jobs/mend.js';
import { isRedisError } from '../live/connection.js';

/** Runs looked at together. */
const AT_ONCE = 16;

/** What a pass found, and the runs that were not in order, by what was done about them. */
export interface Reconciliation {
  readonly markers: number;
  readonly settled: number;
  readonly fedAgain: number;
  readonly failed: number;
}

/**
 * Compares the pending markers in storage, which are the record of what was accepted, with Redis, which may have been
 * lost or restored from an older copy, and mends Redis. Safe to run at any moment and more than once.
 *
 * @param onFault called for a run that cannot be reconciled; the remaining runs still are
 * @throws Problem or an error of Redis when store or Redis do not answer
 */
export async function reconcile(
  jobs: Jobs,
  deps: ControlDeps,
  signal?: AbortSignal,
  onFault: (error: unknown) => void = rethrow,
): Promise<Reconciliation> {
  const count = { markers: 0, settled: 0, fedAgain: 0, failed: 0 };
  await each(deps.ledger.pending.list(signal), AT_ONCE, async ({ jobId, run }) => {
    count.markers++;
    try {
      const outcome = await jobs.mend(jobId, run);
      if (outcome !== 'in-order') count[outcome]++;
    } catch (error) {
      if (concernsAll(error)) throw error;
      if (isProblem(error, 'record-invalid') && 'key' in error.fields) {
        deps.unreadable.note(String(error.fields['key']), error);
      } else onFault(error);
    }
  });
  if (signal?.aborted === true) return count;
  count.settled += await reconcileRecords(jobs, deps, signal);
  return count;
}

/**
 * Looks at live records that have no marker any more: a Redis that was restored from an older copy believes that ended
 * jobs still wait or run. Whatever something still moves is left alone.
 */
async function reconcileRecords(jobs: Jobs, { ledger, live }: ControlDeps, signal?: AbortSignal): Promise<number> {
  let settled = 0;
  for await (const page of live.records.scan()) {
    for (const record of page) {
      if (signal?.aborted) return settled;
      if (isEnded(record.status) || (await isUnderWay(record, live))) continue;
      const manifest = await ledger.manifests.readable(record.request.jobId, record.run);
      if (manifest === undefined || manifest === 'unreadable') continue;
      await jobs.settle(manifest);
      settled++;
    }
  }
  return settled;
}

/** True when it is not the fault of the one run: the others would meet the same. */
const concernsAll = (error: unknown): boolean => isRedisError(error) || isProblem(error, 'storage-unavailable');

function rethrow(error: unknown): never {
  throw error;
}
