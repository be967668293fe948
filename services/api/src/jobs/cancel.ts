import { isEnded, type JobRequest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { FoundJob } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';

/**
 * Stops a job.
 *
 * @throws Problem `state-conflict` when the job has ended otherwise; canceling a canceled job is no error
 */
export async function cancelJob(found: FoundJob, deps: ApiDeps): Promise<void> {
  if (found.source === 'manifest') return refuseUnlessCanceled(found.manifest.status, found.request);
  const before = await deps.control.jobs.cancel(found.request);
  if (before !== undefined && isEnded(before)) refuseUnlessCanceled(before, found.request);
}

function refuseUnlessCanceled(status: string, request: JobRequest): void {
  if (status === 'canceled') return;
  throw new Problem('state-conflict', `job ${request.jobId} is ${status} and can no longer be canceled`, { status });
}
