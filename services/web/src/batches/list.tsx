import type { BatchView } from '@parse3d/contract';
import { listBatches } from '../api/calls.js';
import { Await, Badge, CopyButton, Empty } from '../components/parts.js';
import { ago, seconds, shortId, volumes } from '../format.js';
import { useLoaded, useTitle } from '../hooks.js';
import { Link } from '../router.js';
import { CountsBar } from './counts-bar.js';

const EVERY_MS = 3_000;

export function BatchesPage() {
  useTitle('Batches');
  const [batches, again] = useLoaded(listBatches, [], EVERY_MS);
  return (
    <div class="page">
      <header class="page-head">
        <h1 tabIndex={-1}>Batches</h1>
      </header>
      <Await loaded={batches} what="the batches" onRetry={again}>
        {(all) => (all.length === 0 ? <NoBatches /> : all.map((batch) => <BatchCard key={batch.id} batch={batch} />))}
      </Await>
    </div>
  );
}

function BatchCard({ batch }: { batch: BatchView }) {
  return (
    <article class="card batch-card">
      <header>
        <h2>
          <Link to={`/batches/${batch.id}`}>{batch.name ?? `Batch ${shortId(batch.id)}`}</Link>
        </h2>
        <Badge status={batch.status} />
        <span class="muted grow">
          {volumes(batch.total)} · {ago(batch.createdAt)}
        </span>
        <Pace batch={batch} />
      </header>
      <CountsBar batch={batch} />
    </article>
  );
}

export function Pace({ batch }: { batch: BatchView }) {
  if (batch.itemsPerMinute === undefined) return null;
  return (
    <span class="numbers">
      {batch.itemsPerMinute.toFixed(batch.itemsPerMinute < 10 ? 1 : 0)} / min
      {batch.status === 'running' && batch.etaSeconds !== undefined && ` · ${seconds(batch.etaSeconds)} left`}
    </span>
  );
}

function NoBatches() {
  const command = [
    `curl ${location.origin}/v1/batches -H "Authorization: Bearer $PARSE3D_API_KEY" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '{"source": {"kind": "prefix", "uri": "s3://scans/study-1/"}, "prompts": ["left kidney"]}'`,
  ].join('\n');
  return (
    <Empty title="No batches yet">
      <p>
        A batch segments a whole folder, a manifest or a BIDS dataset. Choose a folder of the storage on the page{' '}
        <Link to="/">Segment</Link>, or submit one from a terminal:
      </p>
      <pre tabIndex={0}>
        <code>{command}</code>
      </pre>
      <CopyButton text={command} what="the command" />
    </Empty>
  );
}
