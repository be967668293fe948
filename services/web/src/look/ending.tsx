import type { JobView } from '@parse3d/contract';
import { AgainButton } from '../segment/again-button.js';
import { Badge, ProblemBox } from '../components/parts.js';
import { RemoveJob } from '../components/remove.js';
import { ago, shortId, shortUri } from '../format.js';
import { Link } from '../router.js';
import { isGuest } from '../session.js';

/** A job that ended without a result. */
export function Ending(props: { job: JobView; onRetry: () => void; problem: unknown }) {
  const { job } = props;
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1 tabIndex={-1}>
            {job.title ?? `Job ${shortId(job.id)}`} <Badge status={job.status} />
          </h1>
          <p class="muted">
            {shortUri(job.input.uri)} · {job.pack.id} · {ago(job.createdAt)}
          </p>
        </div>
        {!isGuest.value && (
          <div class="row">
            {job.problem?.retry !== 'never' && (
              <button type="button" onClick={props.onRetry}>
                Run it again
              </button>
            )}
            <AgainButton job={job} />
            <RemoveJob id={job.id} />
          </div>
        )}
      </header>
      {props.problem !== undefined && <ProblemBox error={props.problem} />}
      {job.problem === undefined ? (
        <p>It was canceled before it wrote anything.</p>
      ) : (
        <div class="problem">
          <p class="problem-title">{job.problem.code}</p>
          <p>{job.problem.detail}</p>
          <p class="muted">
            {job.problem.retry === 'never' ? 'The same request will fail again.' : 'Running it again can help.'}
          </p>
        </div>
      )}
      <p class="muted">{job.prompts.map(({ text }) => text).join(', ')}</p>
      {!isGuest.value && (
        <p>
          <Link to="/">Segment another volume</Link>
        </p>
      )}
    </div>
  );
}
