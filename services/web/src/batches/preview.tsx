import type { ItemPage } from '@parse3d/contract';
import { useEffect, useRef, useState } from 'preact/hooks';
import { fetchPicture } from '../api/files.js';
import { shortUri } from '../format.js';
import { Link } from '../router.js';
import type { Marks } from './marks.js';

/** One result of the gallery, with what somebody thinks of it. */
export function Preview(props: {
  item: Pick<ItemPage['items'][number], 'jobId' | 'ordinal' | 'uri'>;
  marks: Marks;
  note?: string;
  /** What this browser knows the volume as. */
  known?: string | undefined;
}) {
  const { item, note, marks } = props;
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
  const name = props.known ?? shortUri(item.uri);
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
      <MarkButtons ordinal={item.ordinal} name={name} marks={marks} />
    </li>
  );
}

function MarkButtons({ ordinal, name, marks }: { ordinal: number; name: string; marks: Marks }) {
  const said = marks.byOrdinal.get(ordinal);
  return (
    <div class="row mark-row">
      {(['good', 'bad'] as const).map((mark) => (
        <button
          type="button"
          class="small"
          key={mark}
          aria-pressed={said?.mark === mark}
          aria-label={`${mark} result: ${name}`}
          onClick={() => marks.set(ordinal, said?.mark === mark ? null : mark, said?.note)}
        >
          {mark}
        </button>
      ))}
      {said !== undefined && (
        <input
          type="text"
          aria-label={`Note on ${name}`}
          placeholder="note"
          maxLength={500}
          value={said.note ?? ''}
          onChange={(event) => marks.set(ordinal, said.mark, event.currentTarget.value)}
        />
      )}
    </div>
  );
}
