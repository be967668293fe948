import type { BatchView } from '@parse3d/shared/contract';
import { batchFailures } from '../api/calls.js';
import { Await } from '../components/parts.js';
import { shortUri } from '../format.js';
import { useLoaded } from '../hooks.js';
import { Link } from '../router.js';

/** Why volumes failed: one group per code, the commonest first. */
export function Failures(props: { batch: BatchView; onRetry?: () => void; retrying: boolean }) {
  const { batch } = props;
  const [failures, again] = useLoaded(() => batchFailures(batch.id), [batch.id, batch.counts.failed]);
  return (
    <section class="card">
      <h2>
        Failures
        {props.onRetry !== undefined && (
          <button type="button" class="small" disabled={props.retrying} onClick={props.onRetry}>
            {props.retrying ? 'Asking…' : `Retry all ${batch.counts.failed}`}
          </button>
        )}
      </h2>
      <Await loaded={failures} what="the failures" onRetry={again}>
        {({ groups, examined, failed }) => (
          <>
            {groups.map((group) => (
              <details key={group.code} class="failure">
                <summary>
                  <span class="count">{group.count}</span> {group.title} <code>{group.code}</code>
                  <span class="muted">{group.retry === 'later' ? 'retrying can help' : 'will fail again'}</span>
                </summary>
                <ul>
                  {group.examples.map(({ jobId, uri, detail }) => (
                    <li key={jobId}>
                      <Link to={`/jobs/${jobId}`}>{shortUri(uri)}</Link> <span class="muted">{detail}</span>
                    </li>
                  ))}
                </ul>
              </details>
            ))}
            {examined < failed && (
              <p class="hint">
                The first {examined} of {failed} were looked at; failures.jsonl has them all.
              </p>
            )}
          </>
        )}
      </Await>
    </section>
  );
}
