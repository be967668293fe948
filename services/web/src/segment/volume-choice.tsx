import { useRef, useState } from 'preact/hooks';
import { uploadEndings } from '@parse3d/contract/names';
import { bytes, shortUri } from '../format.js';
import { chooseFile, isUnseen, source, type Source } from './draft.js';
import { StorageBrowser } from './storage-browser.js';

/** A file of this machine, or an object or a folder in storage. */
export function VolumeChoice() {
  const picker = useRef<HTMLInputElement>(null);
  const [browsing, setBrowsing] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const chosen = source.value;
  const choose = (stored: Source): void => {
    source.value = stored;
    setBrowsing(false);
    // What was clicked is gone with the browser.
    opener.current?.focus();
  };
  return (
    <section class="group">
      <h2>Volume</h2>
      {chosen !== undefined && (
        <p class="chosen">
          <span>
            <strong>{nameOf(chosen)}</strong>
            <small>{chosen.kind === 'file' ? `${bytes(chosen.file.size)}, from this machine` : chosen.uri}</small>
            {isUnseen(chosen) && <small>Not drawn before its job has run.</small>}
          </span>
          <button
            type="button"
            class="icon"
            aria-label="Choose another volume"
            onClick={() => (source.value = undefined)}
          >
            ×
          </button>
        </p>
      )}
      <div class="row">
        <button type="button" onClick={() => picker.current?.click()}>
          Open a file…
        </button>
        <button type="button" ref={opener} aria-expanded={browsing} onClick={() => setBrowsing(!browsing)}>
          From storage…
        </button>
      </div>
      <input
        ref={picker}
        class="visually-hidden"
        tabIndex={-1}
        type="file"
        accept={uploadEndings.join(',')}
        aria-label="Volume of this machine"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file !== undefined) void chooseFile(file);
          event.currentTarget.value = '';
        }}
      />
      {browsing && (
        <StorageBrowser
          onChoose={(uri) => choose({ kind: 'stored', uri })}
          onChooseFolder={(uri) => choose({ kind: 'folder', uri })}
        />
      )}
    </section>
  );
}

/** What the source is called on the page. */
export function nameOf(chosen: Source): string {
  switch (chosen.kind) {
    case 'file':
      return chosen.file.name;
    case 'stored':
      return shortUri(chosen.uri);
    case 'folder':
      return `All volumes in ${chosen.uri.split('/').at(-2) ?? chosen.uri}/`;
    default:
      return chosen satisfies never;
  }
}
