import { useState } from 'preact/hooks';
import type { VolumeListing } from '@parse3d/shared/contract';
import { listVolumes } from '../api/calls.js';
import { Await } from '../components/parts.js';
import { ago, bytes, shortUri } from '../format.js';
import { useLoaded } from '../hooks.js';

/** Walks through what the key may read, one folder at a time; an address can be typed instead. */
export function StorageBrowser({ onChoose }: { onChoose: (uri: string) => void }) {
  const [trail, setTrail] = useState<readonly string[]>([]);
  const [typed, setTyped] = useState('');
  const under = trail.at(-1);
  const [listing, again] = useLoaded(() => listAll(under), [under]);
  const valid = /^(s3|local):\/\/[a-z0-9][a-z0-9._-]+\/.+$/.test(typed);
  return (
    <div class="browser" role="group" aria-label="Volumes in storage">
      <div class="row">
        <input
          type="text"
          aria-label="Address of a volume"
          placeholder="s3://bucket/scan.nii.gz"
          value={typed}
          spellcheck={false}
          onInput={(event) => setTyped(event.currentTarget.value.trim())}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            if (valid) onChoose(typed);
          }}
        />
        <button type="button" disabled={!valid} onClick={() => onChoose(typed)}>
          Use
        </button>
      </div>
      {under !== undefined && (
        <button type="button" class="entry up" onClick={() => setTrail(trail.slice(0, -1))}>
          ↑ <span>{under}</span>
        </button>
      )}
      <Await loaded={listing} what="the folder" onRetry={again}>
        {({ folders, volumes }) => (
          <ul class="entries">
            {folders.map((folder) => (
              <li key={folder}>
                <button type="button" class="entry" onClick={() => setTrail([...trail, folder])}>
                  <span>{under === undefined ? folder : folder.slice(under.length)}</span>
                  <small>folder</small>
                </button>
              </li>
            ))}
            {volumes.map(({ uri, bytes: size, modifiedAt }) => (
              <li key={uri}>
                <button type="button" class="entry" title={uri} onClick={() => onChoose(uri)}>
                  <span>{shortUri(uri)}</span>
                  <small>
                    {bytes(size)}, {ago(modifiedAt)}
                  </small>
                </button>
              </li>
            ))}
            {folders.length + volumes.length === 0 && <li class="hint">No NIfTI volumes here.</li>}
          </ul>
        )}
      </Await>
    </div>
  );
}

/** Entries that are shown; who has more types an address. */
const MOST = 1_000;

async function listAll(under: string | undefined): Promise<VolumeListing> {
  const all: VolumeListing = { folders: [], volumes: [] };
  let after: string | undefined;
  do {
    const page = await listVolumes(under, after);
    all.folders.push(...page.folders);
    all.volumes.push(...page.volumes);
    after = page.next;
  } while (after !== undefined && all.folders.length + all.volumes.length < MOST);
  return all;
}
