import { blobKeys, type Manifest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { FoundJob } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';

/** @throws Problem `not-found`, also for another tenant's job: ids tell nothing. */
export async function findJob(jobId: string, tenant: string, { control }: ApiDeps): Promise<FoundJob> {
  const found = await control.jobs.find(jobId);
  if (found?.request.tenant !== tenant) throw new Problem('not-found', `there is no job ${jobId}`, { jobId });
  return found;
}

/** The committed manifest of a job that has ended. @throws Problem `state-conflict` while it has not */
export async function manifestOf(found: FoundJob, { control }: ApiDeps): Promise<Manifest> {
  if (found.source === 'manifest') return found.manifest;
  const { jobId, run } = found.request;
  const manifest = await control.jobs.manifest(jobId);
  if (manifest?.run === run) return manifest;
  throw new Problem(
    'state-conflict',
    `job ${jobId} has not ended yet; ${blobKeys.manifest(jobId, run)} is not written`,
    {
      jobId,
    },
  );
}
