import type { BatchView } from '@parse3d/contract';
import { useRef, useState } from 'preact/hooks';
import { batchAction, getBatch, purgeBatch, retryFailed } from '../api/calls.js';
import { Await, Badge, ProblemBox } from '../components/parts.js';
import { RemoveButton } from '../components/remove.js';
import { ago, bytes, shortId, volumes } from '../format.js';
import { useLoaded, useTitle } from '../hooks.js';
import { go } from '../router.js';
import { ContactSheet } from './contact-sheet.js';
import { CountsBar } from './counts-bar.js';
import { Failures, type Retried } from './failures.js';
import { Pace } from './list.js';
import { Reports } from './reports.js';

const EVERY_MS = 2_000;
type Doing = { action: Parameters<typeof batchAction>[1] } | { action: 'retry-failed'; code: Retried };

export function BatchPage({ id }: { id: string }) {
  useTitle(`Batch ${shortId(id)}`);
  const [batch, again] = useLoaded(() => getBatch(id), [id], EVERY_MS);
  return (
    <div class="page">
      <Await loaded={batch} what="the batch" onRetry={again}>
        {(view) => <Batch batch={view} onChange={again} />}
      </Await>
    </div>
  );
}

function Batch({ batch, onChange }: { batch: BatchView; onChange: () => void }) {
  const [problem, setProblem] = useState<unknown>();
  const [doing, setDoing] = useState<Doing>();
  const heading = useRef<HTMLHeadingElement>(null);
  const start = (next: Doing): void => {
    setDoing(next);
    setProblem(undefined);
    const asked =
      next.action === 'retry-failed' ? retryFailed(batch.id, next.code) : batchAction(batch.id, next.action);
    asked
      .then(() => {
        onChange();
        // The button that was used is about to go.
        heading.current?.focus();
      })
      .catch(setProblem)
      .finally(() => setDoing(undefined));
  };
  const act = (action: Parameters<typeof batchAction>[1]): void => start({ action });
  const open = batch.status === 'running' || batch.status === 'paused';
  return (
    <>
      <header class="page-head">
        <div>
          <h1 tabIndex={-1} ref={heading}>
            {batch.name ?? `Batch ${shortId(batch.id)}`} <Badge status={batch.status} />
          </h1>
          <p class="muted">
            {volumes(batch.total)}
            {batch.bytes > 0 && `, ${bytes(batch.bytes)}`} · submitted {ago(batch.createdAt)}
            {batch.finishedAt !== undefined && ` · ended ${ago(batch.finishedAt)}`} <Pace batch={batch} />
          </p>
          {batch.leftOut?.map(({ reason, detail }) => (
            <p class="muted" key={reason}>
              Not taken: {detail}.
            </p>
          ))}
        </div>
        <div class="row">
          {batch.status === 'running' && (
            <button type="button" disabled={doing !== undefined} onClick={() => act('pause')}>
              Pause
            </button>
          )}
          {batch.status === 'paused' && (
            <button type="button" class="primary" disabled={doing !== undefined} onClick={() => act('resume')}>
              Resume
            </button>
          )}
          {open && (
            <button type="button" class="danger" disabled={doing !== undefined} onClick={() => act('cancel')}>
              Cancel
            </button>
          )}
          {batch.finishedAt !== undefined && (
            <RemoveButton
              what="this batch"
              goes="The results of all its volumes, its reports and its record go, and uploads that nothing else names."
              remove={() => purgeBatch(batch.id)}
              onRemoved={() => go('/batches')}
            />
          )}
        </div>
      </header>
      {problem !== undefined && <ProblemBox error={problem} />}
      <div class="card">
        <CountsBar batch={batch} />
      </div>
      {batch.counts.failed > 0 && (
        <Failures
          batch={batch}
          onRetry={
            batch.status === 'completed' || batch.status === 'stopped'
              ? (code) => start({ action: 'retry-failed', code })
              : undefined
          }
          retrying={doing?.action === 'retry-failed' ? doing : undefined}
        />
      )}
      {batch.reports !== undefined && <Reports batchId={batch.id} reports={batch.reports} onProblem={setProblem} />}
      {batch.counts.completed > 0 && <ContactSheet batch={batch} />}
    </>
  );
}
