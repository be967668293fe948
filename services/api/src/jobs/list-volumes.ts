import type { ApiKeyRecord } from '@parse3d/platform/access';
import type { VolumeListing } from '@parse3d/contract';
import { isFileName, isVolumeName } from '@parse3d/contract/names';
import { Problem } from '@parse3d/contract/problems';
import { isKey, nameOfListed, openFolder } from '@parse3d/storage';
import type { ApiDeps } from '../deps.js';
import { mayRead, mayReadAll, type Reader } from './preflight.js';

/** Entries of one answer. */
const PAGE = 200;
/**
 * Listings of one answer, and keys of each. A folder may hold a million files that are not volumes, and a store that is a
 * folder reads all of it for every listing; whoever asks goes on from `next`.
 */
const BOUNDS = { listings: 10, keys: 2_000 };
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
    } else if (!isFileName(grant)) {
      folders.add(grant.endsWith('/') ? grant : `${grant}/`);
    }
  }
  return { folders: [...folders], volumes: [] };
}

/**
 * One level: what lies deeper shows as a folder, and is skipped over without being listed.
 *
 * @param under URI of the folder, with a slash at its end
 * @throws Problem `input-not-allowed`, `blob-key-invalid`
 */
export async function listFolder(
  under: string,
  after: string | undefined,
  caller: Reader,
  { stores }: Pick<ApiDeps, 'stores'>,
  bounds = BOUNDS,
): Promise<VolumeListing> {
  if (!mayReadAll(caller, under, stores.primary)) throw notAllowed(under);
  const { store, prefix } = openFolder(stores, under);
  const folders: string[] = [];
  const volumes: VolumeListing['volumes'] = [];
  let unnamed = 0;
  let skipped: string | undefined;
  const answer = (next: string | undefined): VolumeListing => ({
    folders,
    volumes,
    ...(unnamed === 0 ? {} : { unnamed }),
    ...(next === undefined ? {} : { next }),
  });
  let startAfter = after === undefined ? undefined : prefix + after;
  for (let listings = 0; listings < bounds.listings; listings++) {
    const { blobs, next } = await store.list({ prefix, startAfter, limit: bounds.keys });
    startAfter = next;
    for (const { key, bytes, lastModified } of blobs) {
      const rest = key.slice(prefix.length);
      const folder = rest.slice(0, rest.indexOf('/') + 1);
      if (folder !== '') {
        // However much lies in there, it is asked for once.
        if (next !== undefined) startAfter = `${prefix}${folder}${LAST}`;
        if (folder === skipped) continue;
        skipped = folder;
        if (isKey(prefix + folder.slice(0, -1))) folders.push(under + folder);
        else unnamed++;
      } else {
        startAfter = next;
        if (!isVolumeName(rest)) continue;
        if (isKey(key))
          volumes.push({
            uri: nameOfListed({ scheme: store.scheme, bucket: store.bucket, key }),
            bytes,
            modifiedAt: lastModified.toISOString(),
          });
        else unnamed++;
      }
      if (folders.length + volumes.length >= PAGE) return answer(folder === '' ? rest : folder + LAST);
    }
    if (startAfter === undefined) return answer(undefined);
  }
  return answer(startAfter?.slice(prefix.length));
}

/** @throws Problem `input-not-allowed` */
export function requireMayRead(caller: ApiKeyRecord, uri: string, { stores }: ApiDeps): void {
  if (!mayRead(caller, uri, stores.primary)) throw notAllowed(uri);
}

const notAllowed = (uri: string): Problem =>
  new Problem('input-not-allowed', `this API key may not read ${uri}`, { uri });
