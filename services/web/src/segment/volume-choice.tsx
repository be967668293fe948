import { useRef, useState } from 'preact/hooks';
import { uploadEndings } from '@parse3d/contract/names';
import { bytes, shortUri, volumes as counted } from '../format.js';
import { chooseFiles, gathering, isUnseen, source, type Source } from './draft.js';
import { FilesList, NotTakenList } from './files.js';
import { StorageBrowser } from './storage-browser.js';

/** A file of this machine, or an object or a folder in storage. */
export function VolumeChoice() {
  const picker = useRef<HTMLInputElement>(null);
  const folderPicker = useRef<HTMLInputElement | null>(null);
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
            <small>{whereIs(chosen)}</small>
            {chosen.kind !== 'files' && isUnseen(chosen) && <small>Not drawn before its job has run.</small>}
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
      {chosen?.kind === 'files' && <FilesList gathered={chosen.gathered} />}
      {chosen?.kind === 'file' && <NotTakenList notTaken={chosen.notTaken ?? []} />}
      {gathering.value && (
        <p class="hint" role="status">
          Looking through the files…
        </p>
      )}
      <div class="row">
        <button type="button" onClick={() => picker.current?.click()}>
          Open files…
        </button>
        <button type="button" onClick={() => folderPicker.current?.click()}>
          Open a folder…
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
        multiple
        accept={uploadEndings.join(',')}
        aria-label="Volume of this machine"
        onChange={(event) => choseFiles(event.currentTarget)}
      />
      <input
        ref={(input) => {
          folderPicker.current = input;
          // No attribute of the standard, and known to every browser.
          if (input !== null) input.webkitdirectory = true;
        }}
        class="visually-hidden"
        tabIndex={-1}
        type="file"
        aria-label="Folder of this machine"
        onChange={(event) => choseFiles(event.currentTarget)}
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

function choseFiles(input: HTMLInputElement): void {
  const files = [...(input.files ?? [])];
  if (files.length > 0) void chooseFiles(files);
  input.value = '';
}

function whereIs(chosen: Source): string {
  switch (chosen.kind) {
    case 'file':
      return `${bytes(chosen.file.size)}, from this machine`;
    case 'files':
      return 'from this machine';
    default:
      return chosen.uri;
  }
}

/** What the source is called on the page. */
export function nameOf(chosen: Source): string {
  switch (chosen.kind) {
    case 'file':
      return chosen.file.name;
    case 'files':
      return chosen.gathered.volumes.length === 1
        ? (chosen.gathered.volumes[0]?.path ?? '')
        : counted(chosen.gathered.volumes.length);
    case 'stored':
      return shortUri(chosen.uri);
    case 'folder':
      return `All volumes in ${chosen.uri.split('/').at(-2) ?? chosen.uri}/`;
    default:
      return chosen satisfies never;
  }
}
