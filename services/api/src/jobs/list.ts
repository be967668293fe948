import type { JobPage, ListJobs } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { ListedJob } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';
import { passes } from './search.js';
import { viewJob } from './view.js';

/** Jobs looked at for one answer: of a filter that hardly any passes, the client asks for the next page. */
const MAX_LOOKS = 2_000;

/** Records read at a time where a filter may leave out most of them. */
const LOOKS_AT_ONCE = 200;

/** Jobs of one tenant that Redis still knows, newest first, a page at a time. */
export async function listJobs(query: ListJobs, tenant: string, deps: ApiDeps): Promise<JobPage> {
  const jobs: JobPage['jobs'] = [];
  // Forgotten at the end: a list is gone through by the places of its jobs.
  const expired: string[] = [];
  const { since, before, limit } = query;
  const sinceMs = since === undefined ? -Infinity : Date.parse(since);
  const atOnce = isFiltered(query) ? Math.max(limit, LOOKS_AT_ONCE) : limit;
  let last = startOf(query);
  let isLast = false;
  for (let looks = 0; looks < MAX_LOOKS && jobs.length < limit && !isLast; looks += atOnce) {
    const rows = await deps.control.jobs.list(tenant, atOnce, last);
    isLast = rows.length < atOnce;
    for (const { record, ...row } of rows) {
      if (row.createdMs < sinceMs) {
        isLast = true;
        break;
      }
      last = row;
      // One that this version cannot read is left out, and not forgotten.
      if (record instanceof Problem) continue;
      if (record === undefined) expired.push(row.jobId);
      else if (
        (before === undefined || row.createdMs < Date.parse(before)) &&
        passes(record.request, record.status, query)
      ) {
        jobs.push(await viewJob({ source: 'record', request: record.request, record }, deps));
        if (jobs.length === limit) break;
      }
    }
  }
  await deps.control.jobs.forget(tenant, expired);
  const more = jobs.length === limit || !isLast;
  return { jobs, ...(more && last !== undefined ? { next: formatCursor(last) } : {}) };
}

const isFiltered = ({ status, q, pack, tag, input }: ListJobs): boolean =>
  [status, q, pack, tag, input].some((part) => part !== undefined);

/** Where to begin: behind the page before, or at the newest job that is early enough. */
function startOf({ cursor, before }: ListJobs): ListedJob | undefined {
  if (cursor !== undefined) return parseCursor(cursor);
  return before === undefined ? undefined : { createdMs: Date.parse(before), jobId: '' };
}

const formatCursor = ({ createdMs, jobId }: ListedJob): string => `${createdMs}-${jobId}`;

/** @param cursor in the form that the contract checks */
function parseCursor(cursor: string): ListedJob {
  const dash = cursor.indexOf('-');
  return { createdMs: Number(cursor.slice(0, dash)), jobId: cursor.slice(dash + 1) };
}
