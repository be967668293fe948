import { useRef, useState } from 'preact/hooks';
import { bytes, shortUri } from '../format.js';
import { source } from './draft.js';
import { StorageBrowser } from './storage-browser.js';

/** A file of this machine, or an object in storage. */
export function VolumeChoice() {
  const picker = useRef<HTMLInputElement>(null);
  const [browsing, setBrowsing] = useState(false);
  const chosen = source.value;
  return (
    <section class="group">
      <h2>Volume</h2>
      {chosen !== undefined && (
        <p class="chosen">
          <span>
            <strong>{chosen.kind === 'file' ? chosen.file.name : shortUri(chosen.uri)}</strong>
            <small>{chosen.kind === 'file' ? `${bytes(chosen.file.size)}, from this machine` : chosen.uri}</small>
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
        <button type="button" aria-expanded={browsing} onClick={() => setBrowsing(!browsing)}>
          From storage…
        </button>
      </div>
      <input
        ref={picker}
        class="visually-hidden"
        tabIndex={-1}
        type="file"
        accept=".nii,.gz,.nii.gz"
        aria-label="NIfTI file of this machine"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file !== undefined) source.value = { kind: 'file', file };
          event.currentTarget.value = '';
        }}
      />
      {browsing && (
        <StorageBrowser
          onChoose={(uri) => {
            source.value = { kind: 'stored', uri };
            setBrowsing(false);
          }}
        />
      )}
    </section>
  );
}
