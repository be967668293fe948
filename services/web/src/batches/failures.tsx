import type { BatchFailures, BatchView } from '@parse3d/contract';
import { batchFailures } from '../api/calls.js';
import { Await } from '../components/parts.js';
import { shortUri } from '../format.js';
import { useLoaded } from '../hooks.js';
import { Link } from '../router.js';
import { rememberedName } from './sent-names.js';

type Group = BatchFailures['groups'][number];
/** One code, or undefined for everything that failed. */
export type Retried = Group['code'] | undefined;

/**
 * Why volumes failed: one group per code, the commonest first.
 *
 * @param onRetry left out where the batch can retry nothing now
 * @param retrying what is being asked for
 */
export function Failures(props: {
  batch: BatchView;
  onRetry: ((code: Retried) => void) | undefined;
  retrying: { code: Retried } | undefined;
}) {
  const { batch, onRetry, retrying } = props;
  const [failures, again] = useLoaded(() => batchFailures(batch.id), [batch.id, batch.counts.failed]);
  return (
    <section class="card">
      <h2>
        Failures
        {onRetry !== undefined && (
          <button type="button" class="small" disabled={retrying !== undefined} onClick={() => onRetry(undefined)}>
            {retrying !== undefined && retrying.code === undefined ? 'Asking…' : `Retry all ${batch.counts.failed}`}
          </button>
        )}
      </h2>
      <Await loaded={failures} what="the failures" onRetry={again}>
        {({ groups, examined, failed }) => (
          <>
            {groups.map((group) => (
              <FailureGroup
                key={group.code}
                group={group}
                sampled={examined < failed}
                onRetry={onRetry && (() => onRetry(group.code))}
                retrying={retrying}
              />
            ))}
            {examined < failed && (
              <p class="hint">
                The first {examined} of {failed} were looked at; failures.jsonl has them all. A retry runs every failure
                with that code.
              </p>
            )}
          </>
        )}
      </Await>
    </section>
  );
}

function FailureGroup(props: {
  group: Group;
  /** Whether there may be more of them than were counted. */
  sampled: boolean;
  onRetry: (() => void) | undefined;
  retrying: { code: Retried } | undefined;
}) {
  const { group, sampled, onRetry, retrying } = props;
  return (
    <div class="failure">
      <details>
        <summary>
          <span class="count">{group.count}</span> {group.title} <code>{group.code}</code>
          {group.retry === 'later' ? (
            <span class="muted">retrying can help</span>
          ) : (
            <span class="tag">will fail again</span>
          )}
        </summary>
        <ul>
          {group.examples.map(({ jobId, uri, detail }) => (
            <li key={jobId}>
              <Link to={`/jobs/${jobId}`}>{rememberedName(jobId) ?? shortUri(uri)}</Link>{' '}
              <span class="muted">{detail}</span>
            </li>
          ))}
        </ul>
        {group.retry === 'never' && (
          <p class="hint">The same volume will fail again; a retry helps once its cause is mended.</p>
        )}
      </details>
      {onRetry !== undefined && (
        <button type="button" class="small" disabled={retrying !== undefined} onClick={onRetry}>
          {retrying?.code === group.code ? 'Asking…' : `Retry ${group.count}${sampled ? '+' : ''}`}
          <span class="visually-hidden"> with {group.code}</span>
        </button>
      )}
    </div>
  );
}
