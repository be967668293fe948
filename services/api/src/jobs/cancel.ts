import type { JobRequest } from '@parse3d/shared/contract';
import { bullJobId, canceledManifest, commit } from '@parse3d/shared/queue';
import { Problem } from '@parse3d/shared/problems';
import type { ApiDeps } from '../deps.js';
import type { FoundJob } from './find.js';

/**
 * Stops a job. The flag comes first, so that a worker which takes it at this moment sees it; then a job that no worker
 * has yet is ended here, and a running one by its worker within seconds.
 *
 * @throws Problem `state-conflict` when the job has ended otherwise; canceling a canceled job is no error
 */
export async function cancelJob(found: FoundJob, deps: ApiDeps): Promise<void> {
  const { request } = found;
  if (found.source === 'manifest') return refuseUnlessCanceled(found.manifest.status, request);
  if (found.source === 'pending') return endHere(request, deps);

  const before = await deps.records.requestCancel(request);
  if (before === 'running') return;
  if (before === 'completed' || before === 'failed' || before === 'canceled')
    return refuseUnlessCanceled(before, request);
  if (await takeFromQueue(request, deps)) await endHere(request, deps);
}

function refuseUnlessCanceled(status: string, request: JobRequest): void {
  if (status === 'canceled') return;
  throw new Problem('state-conflict', `job ${request.jobId} is ${status} and can no longer be canceled`, { status });
}

/** False when a worker holds the job: it will see the flag. */
async function takeFromQueue(request: JobRequest, deps: ApiDeps): Promise<boolean> {
  const job = await deps.queue.getJob(bullJobId(request.jobId, request.run));
  if (job === undefined) return true;
  try {
    await job.remove();
    return true;
  } catch {
    return false;
  }
}

async function endHere(request: JobRequest, deps: ApiDeps): Promise<void> {
  await commit(deps.stores.primary, deps.records, canceledManifest(request, 'api', deps.software));
}
