import { listJobs } from '../api/calls.js';
import { Await, Badge, Empty, ListTable } from '../components/parts.js';
import { ago, percent, shortId, shortUri } from '../format.js';
import { useLoaded, useTitle } from '../hooks.js';
import { Link } from '../router.js';

const EVERY_MS = 3_000;

export function JobsPage() {
  useTitle('Jobs');
  const [jobs, again] = useLoaded(() => listJobs(), [], EVERY_MS);
  return (
    <div class="page">
      <header class="page-head">
        <h1 tabIndex={-1}>Jobs</h1>
      </header>
      <Await loaded={jobs} what="the jobs" onRetry={again}>
        {({ jobs: all }) =>
          all.length === 0 ? (
            <Empty title="No jobs yet">
              <p>
                <Link to="/">Segment a volume</Link>, and it shows here while it runs and after.
              </p>
            </Empty>
          ) : (
            <ListTable label="Jobs, newest first" columns={['Job', 'Status', 'Volume', 'Targets', 'Pack', 'Submitted']}>
              {all.map((job) => (
                <tr key={job.id}>
                  <td>
                    <Link to={`/jobs/${job.id}`} class="mono">
                      {shortId(job.id)}
                    </Link>
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
          )
        }
      </Await>
    </div>
  );
}
