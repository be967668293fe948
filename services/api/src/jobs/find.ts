import { blobKeys, type Manifest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { purgedProblem, type FoundJob, type PurgedJob } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';

/** @throws Problem `not-found`, also for another tenant's job: ids tell nothing; `purged` */
export async function findJob(jobId: string, tenant: string, deps: ApiDeps): Promise<FoundJob> {
  const found = await findJobOrGrave(jobId, tenant, deps);
  if (found.source === 'purged') throw purgedProblem(found.tombstone);
  return found;
}

/** The same, with what is left of a job that was removed. @throws Problem `not-found` */
export async function findJobOrGrave(
  jobId: string,
  tenant: string,
  { control }: ApiDeps,
): Promise<FoundJob | PurgedJob> {
  const found = await control.jobs.find(jobId);
  const owner = found?.source === 'purged' ? found.tombstone.tenant : found?.request.tenant;
  if (found === undefined || owner !== tenant) throw new Problem('not-found', `there is no job ${jobId}`, { jobId });
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
