import type { JobPage, JobStatus } from '@parse3d/shared/contract';
import type { ApiDeps } from '../deps.js';
import { viewJob } from './view.js';

/** Jobs of one tenant that Redis still knows, newest first, a page at a time. */
export async function listJobs(
  query: { status?: JobStatus | undefined; limit: number; cursor?: string | undefined },
  tenant: string,
  deps: ApiDeps,
): Promise<JobPage> {
  const jobs: JobPage['jobs'] = [];
  let before = query.cursor === undefined ? undefined : Number(query.cursor);
  for (;;) {
    const rows = await deps.records.list(tenant, query.limit, before);
    const expired: string[] = [];
    for (const { jobId, createdMs } of rows) {
      before = createdMs;
      const record = await deps.records.get(jobId);
      if (record === undefined) {
        expired.push(jobId);
        continue;
      }
      if (query.status !== undefined && record.status !== query.status) continue;
      jobs.push(await viewJob({ source: 'record', request: record.request, record }, deps));
      if (jobs.length === query.limit) break;
    }
    await deps.records.forget(tenant, expired);
    if (jobs.length === query.limit) return { jobs, next: String(before) };
    if (rows.length < query.limit) return { jobs };
  }
}
