import type { BatchView } from '@parse3d/contract';

const kinds = ['completed', 'failed', 'canceled', 'running', 'waiting'] as const;

/** All counters as one bar and as numbers; they add up to the total. */
export function CountsBar({ batch }: { batch: BatchView }) {
  const { counts, total, skipped } = batch;
  const ended = counts.completed + counts.failed + counts.canceled;
  return (
    <>
      <div
        class="bar counts"
        role="progressbar"
        aria-label="Volumes that ended"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={ended}
      >
        {kinds.slice(0, 4).map((kind) => (
          <i key={kind} class={`count-${kind}`} style={{ width: `${(100 * counts[kind]) / Math.max(1, total)}%` }} />
        ))}
      </div>
      <ul class="legend">
        {kinds.map((kind) => (
          <li key={kind} class={counts[kind] === 0 ? 'none' : ''}>
            <i class={`count-${kind}`} aria-hidden="true" /> {counts[kind].toLocaleString('en')} {kind}
            {kind === 'completed' && skipped > 0 && ` (${skipped} reused)`}
          </li>
        ))}
      </ul>
    </>
  );
}
