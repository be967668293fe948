import { isEnded, placeOf, type JobRequest, type ProblemBody, type StoredEnd } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { bullJobId } from '../live/bull.js';
import type { Live } from '../live/live.js';
import type { JobRecord } from '../live/record.js';
import type { ControlDeps } from './deps.js';
import { hasOwnMarker, requestOfBatchJob } from './request.js';

/** What was found, and done about it. */
export type MendOutcome = 'in-order' | 'settled' | 'fedAgain' | 'failed';

/** How `Jobs` ends a run. */
export interface RunEnds {
  settle(manifest: StoredEnd): Promise<void>;
  endCanceled(request: JobRequest, attemptId: string): Promise<void>;
  fail(request: JobRequest, attemptId: string, problem: ProblemBody): Promise<void>;
}

/** See `Jobs.mend`. */
export async function mendRun(
  { jobId, run, known }: { jobId: string; run: number; known: JobRecord | undefined },
  jobs: RunEnds,
  deps: ControlDeps,
): Promise<MendOutcome> {
  const { ledger, live } = deps;
  const record = known ?? (await live.records.get(jobId));
  const ofRun = record?.run === run ? record : undefined;
  if (ofRun !== undefined && (await isUnderWay(ofRun, live))) return 'in-order';

  const own = hasOwnMarker(jobId, run);
  // The first run of an item may have been followed by others since the item was looked at.
  const manifest = await (own ? ledger.manifests.read(jobId, run) : ledger.manifests.newestReadable(jobId));
  if (manifest === 'unreadable') {
    // It has ended, nobody knows how: the batch goes on and ends without it.
    const place = placeOf(jobId);
    if (place !== undefined) await live.counters.settled(place, 'failed');
    return 'failed';
  }
  if (manifest !== undefined) {
    await jobs.settle(manifest);
    return 'settled';
  }
  const request = await (own ? ledger.pending.read(jobId, run) : requestOfBatchJob(jobId, deps));
  // It has ended meanwhile, or was taken back.
  if (request === undefined) return 'in-order';
  if (ofRun?.cancel !== undefined) {
    await jobs.endCanceled(request, 'reconciler');
    return 'settled';
  }
  const bullId = bullJobId(jobId, run);
  if (ofRun !== undefined && (await live.queue.getJobState(bullId)) === 'failed') {
    const problem = new Problem('worker-lost', 'every worker that started this job disappeared before it ended');
    await jobs.fail(request, 'reconciler', problem.toJSON());
    return 'failed';
  }
  // What has ended under this id in BullMQ, yet without a manifest, would make feeding a no-op. What waits or runs there stays:
  // it may have been accepted and handed over since the record was looked at.
  const state = await live.queue.getJobState(bullId);
  if (state === 'completed' || state === 'failed') await live.queue.remove(bullId);
  if (ofRun !== undefined) await live.records.drop(jobId);
  await live.records.accept(request);
  return 'fedAgain';
}

/** True when Redis still has the run where something will move it on. */
export async function isUnderWay(record: JobRecord, { waiting, queue }: Live): Promise<boolean> {
  if (isEnded(record.status)) return false;
  if ((await waiting.position(record.request)) !== undefined) return true;
  const state = await queue.getJobState(bullJobId(record.request.jobId, record.run));
  return state === 'active' || state === 'waiting' || state === 'delayed' || state === 'prioritized';
}
