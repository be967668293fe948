import type { CompletedManifest, JobView } from '@parse3d/contract';
import { useEffect, useState } from 'preact/hooks';
import { getJob, getManifest, retryJob } from '../api/calls.js';
import { ProblemBox, Skeleton } from '../components/parts.js';
import { shortId } from '../format.js';
import { useTitle } from '../hooks.js';
import { Link } from '../router.js';
import { isGuest } from '../session.js';
import { Bench } from './bench.js';
import { Ending } from './ending.js';

/** One job by its permalink: live while it runs, then its result or its reason. */
export function LookPage({ id }: { id: string }) {
  useTitle(`Job ${shortId(id)}`);
  const [job, setJob] = useState<JobView>();
  const [manifest, setManifest] = useState<CompletedManifest>();
  const [problem, setProblem] = useState<unknown>();
  const [round, setRound] = useState(0);

  useEffect(() => {
    let current = true;
    setProblem(undefined);
    const load = async (): Promise<void> => {
      const found = await getJob(id);
      const end = found.status === 'completed' ? await getManifest(id) : undefined;
      if (!current) return;
      setManifest(end?.status === 'completed' ? end : undefined);
      setJob(found);
    };
    load().catch((error: unknown) => current && setProblem(error));
    return () => {
      current = false;
    };
  }, [id, round]);

  const again = (): void => setRound((count) => count + 1);
  if (problem !== undefined && job === undefined) {
    return (
      <div class="page">
        <h1 tabIndex={-1}>Job {shortId(id)}</h1>
        <ProblemBox error={problem} onRetry={again} />
        {!isGuest.value && (
          <p>
            <Link to="/jobs">All jobs</Link>
          </p>
        )}
      </div>
    );
  }
  if (job === undefined) {
    return (
      <div class="page">
        <h1 tabIndex={-1}>Job {shortId(id)}</h1>
        <Skeleton what="the job" />
      </div>
    );
  }
  const runAgain = (): void => {
    retryJob(id)
      .then((next) => {
        setManifest(undefined);
        setJob(next);
      })
      .catch(setProblem);
  };
  switch (job.status) {
    case 'waiting':
    case 'running':
    case 'completed':
      // Of a job that has ended the manifest comes first.
      return <Bench job={job} manifest={job.status === 'completed' ? manifest : undefined} onEnd={again} />;
    case 'failed':
    case 'canceled':
      return <Ending job={job} onRetry={runAgain} problem={problem} />;
    default:
      return job.status satisfies never;
  }
}
