import type { JobRequest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { FoundJob } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';
import { manifestOf } from './find.js';

/**
 * Runs a failed or canceled job once more, as a new run of the same job, with the pack's present version and in the name of
 * the key that asks.
 *
 * @throws Problem `state-conflict` for a job that has not ended or was completed; `quota-exceeded`, `queue-full` as for a
 * new one
 */
export async function retryJob(found: FoundJob, keyId: string, deps: ApiDeps): Promise<JobRequest> {
  const { status } = await manifestOf(found, deps);
  if (status === 'completed') {
    throw new Problem('state-conflict', `job ${found.request.jobId} is completed; submit a new job to run it again`, {
      status,
    });
  }
  await deps.control.admission.admitJob(found.request.tenant);
  const pack = deps.packs.get(found.request.pack.id);
  const request: JobRequest = {
    ...found.request,
    run: found.request.run + 1,
    keyId,
    pack: { id: pack.id, version: pack.version },
  };
  return (await deps.control.jobs.accept(request)).standing;
}
