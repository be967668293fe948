import { basename } from 'node:path';
import type { ApiKeyRecord } from '@parse3d/platform/access';
import { ListVolumes, VolumeQuery, type VolumeListing } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { formatBlobUri, isKey } from '@parse3d/storage';
import { Router } from 'express';
import { openFolder } from '../batches/sources.js';
import type { ApiDeps } from '../deps.js';
import { callerOf, requireScope } from '../http/auth.js';
import { sendBlob } from '../http/send-blob.js';
import { mayRead, mayReadAll } from '../jobs/preflight.js';

/** Entries of one answer, and keys looked at for them: a folder may hold a million files that are no volumes. */
const PAGE = 200;
const MAX_LOOKS = 20_000;
/** Sorts after every key of a folder. */
const LAST = '\u{10FFFF}';

/** What a key may read: `GET /v1/volumes` lists it, `GET /v1/volumes/content` sends one volume. */
export function storageRoutes(deps: ApiDeps): Router {
  const router = Router();
  const read = requireScope(deps.apiKeys, 'jobs:read');

  router.get('/v1/volumes', read, async (request, response) => {
    const { under, after } = ListVolumes.parse(request.query);
    const caller = callerOf(request);
    response.json(under === undefined ? await places(caller, deps) : await listFolder(under, after, caller, deps));
  });

  router.get('/v1/volumes/content', read, async (request, response) => {
    const { uri } = VolumeQuery.parse(request.query);
    if (!mayRead(callerOf(request), uri, deps.stores.primary)) throw notAllowed(uri);
    const { store, key } = deps.stores.open(uri);
    try {
      const contentType = key.endsWith('.gz') ? 'application/gzip' : 'application/octet-stream';
      await sendBlob({ name: safeName(key), key, contentType }, { immutable: false }, request, response, deps, store);
    } catch (error) {
      if (isProblem(error, 'blob-missing'))
        throw new Problem('volume-missing', `there is no object at ${uri}`, { uri });
      throw error;
    }
  });
  return router;
}

/** The tenant's uploads, and what was granted to the key; a grant of all local buckets is spelt out. */
async function places(caller: ApiKeyRecord, deps: ApiDeps): Promise<VolumeListing> {
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
async function listFolder(
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

const notAllowed = (uri: string): Problem =>
  new Problem('input-not-allowed', `this API key may not read ${uri}`, { uri });

/** For the Content-Disposition header, which holds no quotes or control characters. */
const safeName = (key: string): string => basename(key).replace(/[^A-Za-z0-9._-]/g, '_');
