import type { JobRequest } from '@parse3d/contract';
import { cancelRun } from '@parse3d/control';
import { Problem } from '@parse3d/contract/problems';
import type { ApiDeps } from '../deps.js';
import type { FoundJob } from './find.js';

/**
 * Stops a job.
 *
 * @throws Problem `state-conflict` when the job has ended otherwise; canceling a canceled job is no error
 */
export async function cancelJob(found: FoundJob, deps: ApiDeps): Promise<void> {
  if (found.source === 'manifest') return refuseUnlessCanceled(found.manifest.status, found.request);
  const before = await cancelRun(found.request, { ...deps, store: deps.stores.primary });
  if (before === 'completed' || before === 'failed' || before === 'canceled')
    refuseUnlessCanceled(before, found.request);
}

function refuseUnlessCanceled(status: string, request: JobRequest): void {
  if (status === 'canceled') return;
  throw new Problem('state-conflict', `job ${request.jobId} is ${status} and can no longer be canceled`, { status });
}
