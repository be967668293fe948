import { useState } from 'preact/hooks';
import type { VolumeListing } from '@parse3d/contract';
import { BUCKET_NAME, splitStorageUri } from '@parse3d/contract/names';
import { listVolumes } from '../api/calls.js';
import { Await } from '../components/parts.js';
import { ago, bytes, shortUri } from '../format.js';
import { useLoaded } from '../hooks.js';

/** Walks through what the key may read, one folder at a time; an address can be typed instead. */
export function StorageBrowser(props: { onChoose: (uri: string) => void; onChooseFolder: (uri: string) => void }) {
  const [trail, setTrail] = useState<readonly string[]>([]);
  const [typed, setTyped] = useState('');
  const under = trail.at(-1);
  const [listing, again] = useLoaded(() => listAll(under), [under]);
  const valid = BUCKET_NAME.test(splitStorageUri(typed)?.bucket ?? '');
  const chooseTyped = (): void => (typed.endsWith('/') ? props.onChooseFolder(typed) : props.onChoose(typed));
  return (
    <div class="browser" role="group" aria-label="Volumes in storage">
      <div class="row">
        <input
          type="text"
          aria-label="Address of a volume, or of a folder with a slash at its end"
          placeholder="s3://scans/study/ or …/a.nii.gz"
          value={typed}
          spellcheck={false}
          onInput={(event) => setTyped(event.currentTarget.value.trim())}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            if (valid) chooseTyped();
          }}
        />
        <button type="button" disabled={!valid} onClick={chooseTyped}>
          Use
        </button>
      </div>
      {under !== undefined && (
        <button type="button" class="entry up" onClick={() => setTrail(trail.slice(0, -1))}>
          ↑ <span>{under}</span>
        </button>
      )}
      <Await loaded={listing} what="the folder" onRetry={again}>
        {({ folders, volumes, unnamed = 0 }) => (
          <>
            {under !== undefined && folders.length + volumes.length > 0 && (
              <button type="button" class="all" onClick={() => props.onChooseFolder(under)}>
                All volumes in this folder{folders.length > 0 && <small> and below</small>}
              </button>
            )}
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
                  <button type="button" class="entry" title={uri} onClick={() => props.onChoose(uri)}>
                    <span>{shortUri(uri)}</span>
                    <small>
                      {bytes(size)}, {ago(modifiedAt)}
                    </small>
                  </button>
                </li>
              ))}
              {folders.length + volumes.length === 0 && <li class="hint">No volumes here.</li>}
              {unnamed > 0 && <li class="hint">{unnamed} more with names that cannot be used.</li>}
            </ul>
          </>
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
    if (page.unnamed !== undefined) all.unnamed = (all.unnamed ?? 0) + page.unnamed;
    after = page.next;
  } while (after !== undefined && all.folders.length + all.volumes.length < MOST);
  return all;
}
