import type { BatchView, ItemPage } from '@parse3d/contract';
import { useEffect, useRef, useState } from 'preact/hooks';
import { batchItems } from '../api/calls.js';
import { downloadText, fetchPicture } from '../api/files.js';
import { Await } from '../components/parts.js';
import { millilitres, shortUri } from '../format.js';
import { useLoaded } from '../hooks.js';
import { Link } from '../router.js';
import { FEWEST, measuredIn, oddestFirst, type Odd } from './outliers.js';

const PER_PAGE = 24;

/** Larger reports are for programs. Unit: bytes. */
const LARGEST_REPORT = 50_000_000;

/** Previews of what completed, in the order of the batch or the oddest first. */
export function ContactSheet({ batch }: { batch: BatchView }) {
  const [byOddness, setByOddness] = useState(false);
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
      {byOddness && canOrder ? <Outliers key={batch.finishedAt} batch={batch} /> : <InOrder batch={batch} />}
    </section>
  );
}

function InOrder({ batch }: { batch: BatchView }) {
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
              <Preview key={item.jobId} item={item} />
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

function Outliers({ batch }: { batch: BatchView }) {
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
              <Preview key={item.jobId} item={item} note={noteOf(item)} />
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

function Preview({
  item,
  note,
}: {
  item: Pick<ItemPage['items'][number], 'jobId' | 'ordinal' | 'uri'>;
  note?: string;
}) {
  const [url, setUrl] = useState<string>();
  const [missing, setMissing] = useState(false);
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    let made: string | undefined;
    const controller = new AbortController();
    const load = async (): Promise<void> => {
      made = await fetchPicture(`/v1/jobs/${item.jobId}/outputs/preview.png`, controller.signal);
      setUrl(made);
    };
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting !== true) return;
      observer.disconnect();
      load().catch(() => !controller.signal.aborted && setMissing(true));
    });
    if (place.current !== null) observer.observe(place.current);
    return () => {
      observer.disconnect();
      controller.abort();
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [item.jobId]);
  const name = shortUri(item.uri);
  return (
    <li ref={place}>
      <Link to={`/jobs/${item.jobId}`}>
        {url === undefined ? (
          <span class="sheet-none">{missing ? 'no preview' : ''}</span>
        ) : (
          <img src={url} alt="" loading="lazy" />
        )}
        <span class="sheet-name">
          <span aria-hidden="true">{item.ordinal + 1}</span> {name}
        </span>
        {note !== undefined && <span class="sheet-note">{note}</span>}
      </Link>
    </li>
  );
}
