import type { ApiKeyRecord } from '@parse3d/platform/access';
import type { VolumeListing } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { formatBlobUri, isKey } from '@parse3d/storage';
import { openFolder } from '../batches/sources.js';
import type { ApiDeps } from '../deps.js';
import { mayRead, mayReadAll } from './preflight.js';

/** Entries of one answer, and keys looked at for them: a folder may hold a million files that are no volumes. */
const PAGE = 200;
const MAX_LOOKS = 20_000;
/** Sorts after every key of a folder. */
const LAST = '\u{10FFFF}';

/** The tenant's uploads, and what was granted to the key; a grant of all local buckets is spelt out. */
export async function places(caller: ApiKeyRecord, deps: ApiDeps): Promise<VolumeListing> {
  const { primary } = deps.stores;
  const folders = new Set([`${primary.scheme}://${primary.bucket}/uploads/${caller.tenant}/`]);
  for (const grant of caller.inputs) {
    if (!grant.startsWith(`${primary.scheme}://`)) continue;
    if (/^[a-z0-9]+:\/\/$/.test(grant)) {
      for (const bucket of await deps.stores.buckets()) {
        if (bucket !== primary.bucket) folders.add(`${primary.scheme}://${bucket}/`);
      }
    } else if (!/\.nii(\.gz)?$/.test(grant)) {
      folders.add(grant.endsWith('/') ? grant : `${grant}/`);
    }
  }
  return { folders: [...folders], volumes: [] };
}

/** One level: what lies deeper shows as a folder, and is skipped over without being listed. */
export async function listFolder(
  under: string,
  after: string | undefined,
  caller: ApiKeyRecord,
  deps: ApiDeps,
): Promise<VolumeListing> {
  if (!mayReadAll(caller, under, deps.stores.primary)) throw notAllowed(under);
  const { store, prefix } = openFolder(under, deps.stores);
  const uriOf = (key: string): string => formatBlobUri({ scheme: store.scheme, bucket: store.bucket, key });
  const folders: string[] = [];
  const volumes: VolumeListing['volumes'] = [];
  let startAfter = after === undefined ? undefined : prefix + after;
  for (let looks = 0; looks < MAX_LOOKS; looks += PAGE) {
    const { blobs, next } = await store.list({ prefix, startAfter, limit: PAGE });
    startAfter = next;
    for (const { key, bytes, lastModified } of blobs) {
      const rest = key.slice(prefix.length);
      const folder = rest.slice(0, rest.indexOf('/') + 1);
      if (folder !== '') {
        // However much lies in there, it is asked for once.
        if (next !== undefined) startAfter = `${prefix}${folder}${LAST}`;
        if (folders.at(-1) === under + folder) continue;
        folders.push(under + folder);
      } else {
        startAfter = next;
        if (!/\.nii(\.gz)?$/.test(rest) || !isKey(key)) continue;
        volumes.push({ uri: uriOf(key), bytes, modifiedAt: lastModified.toISOString() });
      }
      if (folders.length + volumes.length >= PAGE) {
        return { folders, volumes, next: folder === '' ? rest : folder + LAST };
      }
    }
    if (startAfter === undefined) return { folders, volumes };
  }
  return { folders, volumes, ...(startAfter === undefined ? {} : { next: startAfter.slice(prefix.length) }) };
}

/** @throws Problem `input-not-allowed` */
export function requireMayRead(caller: ApiKeyRecord, uri: string, { stores }: ApiDeps): void {
  if (!mayRead(caller, uri, stores.primary)) throw notAllowed(uri);
}

const notAllowed = (uri: string): Problem =>
  new Problem('input-not-allowed', `this API key may not read ${uri}`, { uri });
