import type { LinkView, NewLink } from '@parse3d/contract';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { createLink, listLinks, revokeLink } from '../api/calls.js';
import { CopyButton, ProblemBox } from '../components/parts.js';

const lifetimes = [1, 7, 30, 90] as const;

/** Makes links with which others look at this job, and revokes them. */
export function ShareButton({ jobId }: { jobId: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  const heading = useId();
  return (
    <>
      <button
        type="button"
        onClick={() => {
          setOpen(true);
          dialog.current?.showModal();
        }}
      >
        Share…
      </button>
      <dialog ref={dialog} class="question share" aria-labelledby={heading} onClose={() => setOpen(false)}>
        <h2 id={heading}>Share this job</h2>
        <p>
          Whoever has the link sees this job, its outputs, its volume and where that lies, and nothing else. It needs no
          key, and changes nothing.
        </p>
        {open && <ShareForm jobId={jobId} />}
        <div class="row">
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </dialog>
    </>
  );
}

function ShareForm({ jobId }: { jobId: string }) {
  const [days, setDays] = useState(7);
  const [made, setMade] = useState<NewLink>();
  const [links, setLinks] = useState<readonly LinkView[]>([]);
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const act = (what: () => Promise<void>): void => {
    setBusy(true);
    setProblem(undefined);
    what()
      .then(async () => setLinks(await listLinks(jobId)))
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  useEffect(() => act(() => Promise.resolve()), [jobId]);
  const address = made === undefined ? '' : new URL(made.url, location.origin).href;
  return (
    <>
      <div class="row">
        <label class="field">
          <span>Open for</span>
          <select value={String(days)} onChange={(event) => setDays(Number(event.currentTarget.value))}>
            {lifetimes.map((count) => (
              <option key={count} value={String(count)}>
                {count === 1 ? '1 day' : `${count} days`}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="primary"
          disabled={busy}
          onClick={() => act(async () => setMade(await createLink(jobId, days)))}
        >
          Make a link
        </button>
      </div>
      {problem !== undefined && <ProblemBox error={problem} />}
      {made !== undefined && (
        <div class="row made-link">
          <input
            type="text"
            readOnly
            aria-label="The link"
            value={address}
            onFocus={(event) => event.currentTarget.select()}
          />
          <CopyButton text={address} what="the link" />
        </div>
      )}
      {links.length > 0 && (
        <ul class="links">
          {links.map(({ id, expiresAt, expired }) => (
            <li key={id}>
              <span>
                <code>{id.slice(0, 6)}</code> {expired ? 'expired' : 'until'} {expiresAt.slice(0, 10)}
                {id === made?.id && ' (the one above)'}
              </span>
              <button
                type="button"
                class="small"
                disabled={busy}
                aria-label={`Revoke link ${id.slice(0, 6)}`}
                onClick={() =>
                  act(async () => {
                    await revokeLink(jobId, id);
                    if (id === made?.id) setMade(undefined);
                  })
                }
              >
                Revoke
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
