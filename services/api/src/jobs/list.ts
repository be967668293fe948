import type { JobPage, JobStatus } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { ListedJob } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';
import { viewJob } from './view.js';

/** Jobs looked at for one answer: of a filter that hardly any passes, the client asks for the next page. */
const MAX_LOOKS = 2_000;

/** Jobs of one tenant that Redis still knows, newest first, a page at a time. */
export async function listJobs(
  query: { status?: JobStatus | undefined; limit: number; cursor?: string | undefined },
  tenant: string,
  deps: ApiDeps,
): Promise<JobPage> {
  const jobs: JobPage['jobs'] = [];
  // Forgotten at the end: a list is gone through by the places of its jobs.
  const expired: string[] = [];
  let last = query.cursor === undefined ? undefined : parseCursor(query.cursor);
  let isLast = false;
  for (let looks = 0; looks < MAX_LOOKS && jobs.length < query.limit && !isLast; looks += query.limit) {
    const rows = await deps.control.jobs.list(tenant, query.limit, last);
    isLast = rows.length < query.limit;
    for (const { record, ...row } of rows) {
      last = row;
      // One that this version cannot read is left out, and not forgotten.
      if (record instanceof Problem) continue;
      if (record === undefined) expired.push(row.jobId);
      else if (query.status === undefined || record.status === query.status) {
        jobs.push(await viewJob({ source: 'record', request: record.request, record }, deps));
        if (jobs.length === query.limit) break;
      }
    }
  }
  await deps.control.jobs.forget(tenant, expired);
  const more = jobs.length === query.limit || !isLast;
  return { jobs, ...(more && last !== undefined ? { next: formatCursor(last) } : {}) };
}

const formatCursor = ({ createdMs, jobId }: ListedJob): string => `${createdMs}-${jobId}`;

/** @param cursor in the form that the contract checks */
function parseCursor(cursor: string): ListedJob {
  const dash = cursor.indexOf('-');
  return { createdMs: Number(cursor.slice(0, dash)), jobId: cursor.slice(dash + 1) };
}
