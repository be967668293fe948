import type { JobRequest, JobStatus } from '@parse3d/contract';
import type { BlobStore } from '@parse3d/storage';
import { bullJobId, type SegmentQueue } from './bull.js';
import { canceledManifest, commit, type Software } from './commit.js';
import type { JobRecords } from './records.js';

export interface CancelDeps {
  readonly queue: SegmentQueue;
  readonly records: JobRecords;
  readonly store: BlobStore;
  readonly software: Software;
}

/**
 * Stops a run. The flag comes first, so that a worker which takes the job at this moment sees it; then a job that no
 * worker has yet is ended here, and a running one by its worker within seconds.
 *
 * @returns the live status before, or undefined when Redis has no record of the job
 */
export async function cancelRun(request: JobRequest, deps: CancelDeps): Promise<JobStatus | undefined> {
  const before = await deps.records.requestCancel(request);
  if (before === undefined || (before === 'waiting' && (await takeFromQueue(request, deps.queue)))) {
    await commit(deps.store, deps.records, canceledManifest(request, 'api', deps.software));
  }
  return before;
}

/** False when a worker holds the job: it will see the flag. */
async function takeFromQueue(request: JobRequest, queue: SegmentQueue): Promise<boolean> {
  const job = await queue.getJob(bullJobId(request.jobId, request.run));
  if (job === undefined) return true;
  try {
    await job.remove();
    return true;
  } catch {
    return false;
  }
}
