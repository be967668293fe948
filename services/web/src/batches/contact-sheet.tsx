import type { BatchView } from '@parse3d/contract';
import { useMemo, useState } from 'preact/hooks';
import { batchItems } from '../api/calls.js';
import { downloadText } from '../api/files.js';
import { Await, ProblemBox } from '../components/parts.js';
import { millilitres } from '../format.js';
import { useLoaded } from '../hooks.js';
import { useMarks, type Marks } from './marks.js';
import { FEWEST, measuredIn, oddestFirst, type Odd } from './outliers.js';
import { Preview } from './preview.js';
import { rememberedNames } from './sent-names.js';

type Names = readonly string[] | undefined;

const PER_PAGE = 24;

/** Larger reports are for programs. Unit: bytes. */
const LARGEST_REPORT = 50_000_000;

/** Previews of what completed, in the order of the batch or the oddest first. */
export function ContactSheet({ batch }: { batch: BatchView }) {
  const [byOddness, setByOddness] = useState(false);
  const marks = useMarks(batch.id);
  const names = useMemo(() => rememberedNames(batch.id), [batch.id]);
  const canOrder = batch.finishedAt !== undefined && batch.counts.completed >= FEWEST;
  return (
    <section class="card">
      <h2>
        Results
        {canOrder && (
          <button type="button" class="small" aria-pressed={byOddness} onClick={() => setByOddness(!byOddness)}>
            Outliers first
          </button>
        )}
      </h2>
      {marks.problem !== undefined && <ProblemBox error={marks.problem} />}
      {byOddness && canOrder ? (
        <Outliers key={batch.finishedAt} batch={batch} marks={marks} names={names} />
      ) : (
        <InOrder batch={batch} marks={marks} names={names} />
      )}
      {marks.byOrdinal.size > 0 && (
        <div class="row">
          <button type="button" class="small" onClick={marks.save}>
            Download {marks.byOrdinal.size} {marks.byOrdinal.size === 1 ? 'mark' : 'marks'} as CSV
          </button>
        </div>
      )}
    </section>
  );
}

function InOrder(props: { batch: BatchView; marks: Marks; names: Names }) {
  const { batch } = props;
  const [trail, setTrail] = useState<readonly number[]>([0]);
  const from = trail.at(-1) ?? 0;
  const [page, again] = useLoaded(
    () => batchItems(batch.id, 'completed', from, PER_PAGE),
    // While the first page is not full, what completes joins it.
    [batch.id, from, Math.min(batch.counts.completed, PER_PAGE * trail.length)],
  );
  return (
    <Await loaded={page} what="the results" onRetry={again}>
      {({ items, next }) => (
        <>
          <ul class="sheet">
            {items.map((item) => (
              <Preview key={item.jobId} item={item} marks={props.marks} known={props.names?.[item.ordinal]} />
            ))}
          </ul>
          <Turn
            onBefore={trail.length > 1 ? () => setTrail(trail.slice(0, -1)) : undefined}
            onMore={next === undefined ? undefined : () => setTrail([...trail, next])}
          />
        </>
      )}
    </Await>
  );
}

function Outliers(props: { batch: BatchView; marks: Marks; names: Names }) {
  const { batch } = props;
  const [at, setAt] = useState(0);
  const [odd, again] = useLoaded(async () => {
    const path = `/v1/batches/${batch.id}/reports/results.jsonl`;
    return oddestFirst(measuredIn(await downloadText(path, LARGEST_REPORT)));
  }, [batch.id]);
  return (
    <Await loaded={odd} what="the results" onRetry={again}>
      {(all) => (
        <>
          <p class="hint">
            By the target of each volume that lies furthest from the batch’s median, in median absolute deviations
            (MAD).
          </p>
          <ul class="sheet">
            {all.slice(at, at + PER_PAGE).map((item) => (
              <Preview
                key={item.jobId}
                item={item}
                marks={props.marks}
                note={noteOf(item)}
                known={props.names?.[item.ordinal]}
              />
            ))}
          </ul>
          <Turn
            onBefore={at > 0 ? () => setAt(at - PER_PAGE) : undefined}
            onMore={at + PER_PAGE < all.length ? () => setAt(at + PER_PAGE) : undefined}
          />
        </>
      )}
    </Await>
  );
}

function noteOf({ prompt, volumeMl, medianMl, mads }: Odd): string {
  const said = `${prompt} ${millilitres(volumeMl)} ml`;
  if (mads === 0) return `${said}, as the median`;
  if (mads === Infinity) return `${said}, others ${millilitres(medianMl)}`;
  return `${said}, median ${millilitres(medianMl)}: ${mads.toFixed(1)} MAD`;
}

function Turn(props: { onBefore: (() => void) | undefined; onMore: (() => void) | undefined }) {
  return (
    <div class="row">
      {props.onBefore !== undefined && (
        <button type="button" onClick={props.onBefore}>
          Before
        </button>
      )}
      {props.onMore !== undefined && (
        <button type="button" onClick={props.onMore}>
          More
        </button>
      )}
    </div>
  );
}
