import { useId, useRef, useState } from 'preact/hooks';
import { purgeJob } from '../api/calls.js';
import { go } from '../router.js';
import { ProblemBox } from './parts.js';

/** Removes something for good, after a question that names what goes. */
export function RemoveButton(props: {
  /** As in "Remove <what>". */
  what: string;
  /** What goes with it, and what stays. */
  goes: string;
  remove: () => Promise<unknown>;
  onRemoved: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const heading = useId();
  const remove = (): void => {
    setBusy(true);
    setProblem(undefined);
    props
      .remove()
      .then(() => {
        dialog.current?.close();
        props.onRemoved();
      })
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  return (
    <>
      <button type="button" class="danger" onClick={() => dialog.current?.showModal()}>
        Remove…
      </button>
      <dialog ref={dialog} class="question" aria-labelledby={heading}>
        <h2 id={heading}>Remove {props.what}?</h2>
        <p>{props.goes} This cannot be undone.</p>
        {problem !== undefined && <ProblemBox error={problem} />}
        <div class="row">
          <button type="button" autoFocus onClick={() => dialog.current?.close()}>
            Keep it
          </button>
          <button type="button" class="danger" disabled={busy} onClick={remove}>
            Remove for good
          </button>
        </div>
      </dialog>
    </>
  );
}

/** The same for a job that has ended. */
export function RemoveJob({ id }: { id: string }) {
  return (
    <RemoveButton
      what="this job"
      goes="Its results and its record go, and its upload once nothing else names it."
      remove={() => purgeJob(id)}
      onRemoved={() => go('/jobs')}
    />
  );
}
