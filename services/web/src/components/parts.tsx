import { ProblemError } from '@parse3d/client';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Loaded } from '../hooks.js';
import { NotShown } from '../viewer/not-shown.js';

/** What went wrong, in the server's words, with what can be done. */
export function ProblemBox({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const known = error instanceof ProblemError;
  return (
    <div class="problem" role="alert">
      <p class="problem-title">
        {known
          ? error.title
          : error instanceof NotShown
            ? 'The volume cannot be shown'
            : 'Something went wrong in the page'}
      </p>
      <p>{detailOf(error)}</p>
      <p class="problem-foot">
        {known && <code>{error.code}</code>}
        {onRetry !== undefined && (
          <button type="button" class="small" onClick={onRetry}>
            Try again
          </button>
        )}
      </p>
    </div>
  );
}

function detailOf(error: unknown): string {
  if (error instanceof ProblemError && error.code === 'no-answer') {
    return 'It may be restarting, or this machine is offline. What was accepted goes on.';
  }
  return error instanceof Error ? error.message : String(error);
}

/** The three states of something loaded; what is there stays while a newer answer fails. */
export function Await<T>(props: {
  loaded: Loaded<T>;
  what: string;
  onRetry: () => void;
  children: (value: T) => ComponentChildren;
}) {
  const { loaded } = props;
  switch (loaded.state) {
    case 'loading':
      return <Skeleton what={props.what} />;
    case 'failed':
      return <ProblemBox error={loaded.error} onRetry={props.onRetry} />;
    case 'ready':
      return (
        <>
          {loaded.stale !== undefined && (
            <p class="stale" role="status">
              Not up to date: {loaded.stale instanceof Error ? loaded.stale.message : 'the server does not answer'}
            </p>
          )}
          {props.children(loaded.value)}
        </>
      );
    default:
      return loaded satisfies never;
  }
}

export function Skeleton({ what }: { what: string }) {
  return (
    <div class="skeleton" role="status">
      <span class="visually-hidden">Loading {what}</span>
      <i />
      <i />
      <i />
    </div>
  );
}

/** The layers of a volume, as the sign of the house. @param size in pixels */
export function Mark({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d="M12 3.5 20 7.5l-8 4-8-4z" class="empty-top" />
      <path d="m4 12 8 4 8-4M4 16.5l8 4 8-4" class="empty-rest" />
    </svg>
  );
}

export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <Mark size={56} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** A table of rows that scrolls to the side where it has no room. @param label for who does not see it */
export function ListTable(props: {
  label: string;
  columns: readonly (string | { readonly number: string })[];
  children: ComponentChildren;
}) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={props.label}>
      <table class="list">
        <thead>
          <tr>
            {props.columns.map((column) =>
              typeof column === 'string' ? (
                <th key={column} scope="col">
                  {column}
                </th>
              ) : (
                <th key={column.number} scope="col" class="number">
                  {column.number}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}

export function Badge({ status }: { status: string }) {
  return <span class={`badge badge-${status}`}>{status}</span>;
}

/** What a job was tagged with. */
export function Tags({ job: { tags = [] } }: { job: { readonly tags?: readonly string[] | undefined } }) {
  if (tags.length === 0) return null;
  return (
    <p class="tags">
      {tags.map((tag) => (
        <span class="tag" key={tag}>
          {tag}
        </span>
      ))}
    </p>
  );
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [said, say] = useState('');
  return (
    <>
      <button
        type="button"
        class="small"
        aria-label={`Copy ${what}`}
        onClick={() => {
          navigator.clipboard
            .writeText(text)
            .then(() => say('Copied'))
            .catch(() => say('The browser did not allow it'));
        }}
      >
        {said === '' ? 'Copy' : said}
      </button>
      <span class="visually-hidden" role="status">
        {said}
      </span>
    </>
  );
}
