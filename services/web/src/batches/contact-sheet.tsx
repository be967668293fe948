import type { BatchView, ItemPage } from '@parse3d/contract';
import { useEffect, useRef, useState } from 'preact/hooks';
import { batchItems } from '../api/calls.js';
import { fetchPicture } from '../api/files.js';
import { Await } from '../components/parts.js';
import { shortUri } from '../format.js';
import { useLoaded } from '../hooks.js';
import { Link } from '../router.js';

const PER_PAGE = 24;

/** Previews of what completed, in the order of the batch: an odd one catches the eye. */
export function ContactSheet({ batch }: { batch: BatchView }) {
  const [trail, setTrail] = useState<readonly number[]>([0]);
  const from = trail.at(-1) ?? 0;
  const [page, again] = useLoaded(
    () => batchItems(batch.id, 'completed', from, PER_PAGE),
    // While the first page is not full, what completes joins it.
    [batch.id, from, Math.min(batch.counts.completed, PER_PAGE * trail.length)],
  );
  return (
    <section class="card">
      <h2>Results</h2>
      <Await loaded={page} what="the results" onRetry={again}>
        {({ items, next }) => (
          <>
            <ul class="sheet">
              {items.map((item) => (
                <Preview key={item.jobId} item={item} />
              ))}
            </ul>
            <div class="row">
              {trail.length > 1 && (
                <button type="button" onClick={() => setTrail(trail.slice(0, -1))}>
                  Before
                </button>
              )}
              {next !== undefined && (
                <button type="button" onClick={() => setTrail([...trail, next])}>
                  More
                </button>
              )}
            </div>
          </>
        )}
      </Await>
    </section>
  );
}

function Preview({ item }: { item: ItemPage['items'][number] }) {
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
      </Link>
    </li>
  );
}
