import type { JobView } from '@parse3d/contract';
import { useEffect, useState } from 'preact/hooks';
import { Await, Badge, Empty, ListTable } from '../components/parts.js';
import { ago, percent, shortId, shortUri } from '../format.js';
import { useLoaded, useTitle } from '../hooks.js';
import { Link } from '../router.js';
import { clearFilter, filteredJobs, filterQuery, isFiltered, JobFilter, words } from './filter.js';

const EVERY_MS = 3_000;

export function JobsPage() {
  useTitle('Jobs');
  const query = filterQuery();
  const asked = JSON.stringify(query);
  /** Cursors of the pages up to this one. */
  const [trail, setTrail] = useState<readonly string[]>([]);
  useEffect(() => setTrail([]), [asked]);
  const cursor = trail.at(-1);
  const [jobs, again] = useLoaded(() => filteredJobs(query, cursor), [asked, cursor], EVERY_MS);
  return (
    <div class="page">
      <header class="page-head">
        <h1 tabIndex={-1}>Jobs</h1>
      </header>
      <JobFilter />
      <Await loaded={jobs} what="the jobs" onRetry={again}>
        {({ jobs: all, next }) => (
          <>
            {all.length === 0 ? <NoJobs more={next !== undefined} /> : <JobTable jobs={all} />}
            <div class="row">
              {trail.length > 0 && (
                <button type="button" onClick={() => setTrail(trail.slice(0, -1))}>
                  Newer
                </button>
              )}
              {next !== undefined && (
                <button type="button" onClick={() => setTrail([...trail, next])}>
                  Older
                </button>
              )}
            </div>
          </>
        )}
      </Await>
      <p class="hint">
        Jobs are listed until a day after their end, and those of a batch on its page. The address of a job works as
        long as its result is kept.
      </p>
    </div>
  );
}

function JobTable({ jobs }: { jobs: readonly JobView[] }) {
  return (
    <ListTable label="Jobs, newest first" columns={['Job', 'Status', 'Volume', 'Targets', 'Pack', 'Submitted']}>
      {jobs.map((job) => (
        <tr key={job.id}>
          <td class="clip">
            <Link to={`/jobs/${job.id}`} {...(job.title === undefined ? { class: 'mono' } : {})}>
              {job.title ?? shortId(job.id)}
            </Link>{' '}
            {job.tags?.map((tag) => (
              <button type="button" class="tag" key={tag} title="Search for this" onClick={() => (words.value = tag)}>
                {tag}
              </button>
            ))}
          </td>
          <td>
            <Badge status={job.status} />{' '}
            {job.status === 'running' && <span class="muted">{percent(job.progress ?? 0)}</span>}
          </td>
          <td class="clip" title={job.input.uri}>
            {shortUri(job.input.uri)}
          </td>
          <td class="clip">{job.prompts.map(({ text }) => text).join(', ')}</td>
          <td>{job.pack.id}</td>
          <td class="muted">{ago(job.createdAt)}</td>
        </tr>
      ))}
    </ListTable>
  );
}

function NoJobs({ more }: { more: boolean }) {
  if (isFiltered.value) {
    return (
      <Empty title={more ? 'None so far' : 'No job fits'}>
        <p>{more ? 'The newest jobs were looked through; older ones may fit.' : 'Fewer words find more.'}</p>
        <p>
          <button type="button" onClick={clearFilter}>
            Show all jobs
          </button>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No jobs yet">
      <p>
        <Link to="/">Segment a volume</Link>, and it shows here while it runs and after.
      </p>
    </Empty>
  );
}
