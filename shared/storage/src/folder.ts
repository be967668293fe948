import { createHash } from 'node:crypto';
import { splitStorageUri } from '@parse3d/contract/names';
import { Problem } from '@parse3d/contract/problems';
import type { BlobInfo, BlobStore } from './blob-store.js';
import { listAll } from './list-all.js';
import type { Stores } from './stores.js';
import { parseFolderUri } from './uri.js';

/** More objects than any series has. */
const MAX_OBJECTS = 20_000;

/** The objects of a folder in one state. */
export interface BlobFolder {
  readonly store: BlobStore;
  readonly blobs: readonly BlobInfo[];
  readonly bytes: number;
  /** Of names, versions and sizes: equal for equal content, as an object's own. */
  readonly etag: string;
}

/** True for the URI of a folder: it ends with a slash. */
export function isFolderUri(uri: string): boolean {
  return uri.endsWith('/');
}

/** Bucket and prefix of a folder's URI; of a whole bucket the prefix is empty. @throws Problem `request-invalid`, `input-not-allowed` */
export function openFolder(stores: Stores, uri: string): { store: BlobStore; prefix: string } {
  const parts = splitStorageUri(uri);
  if (parts === undefined) throw new Problem('request-invalid', `${uri} is not a folder in storage`, { uri });
  return { store: stores.bucket(parts.scheme, parts.bucket), prefix: parts.path };
}

/**
 * Lists what lies under `s3://bucket/prefix/` or `local://bucket/prefix/`.
 * @throws Problem `blob-key-invalid`, `blob-missing` for an empty folder, `archive-too-large`,
 *   `dicom-slices-missing` when links in it cannot be followed, and those of `list`
 */
export async function listBlobFolder(stores: Stores, uri: string, maxBytes: number): Promise<BlobFolder> {
  const { scheme, bucket, prefix } = parseFolderUri(uri);
  // A series has a folder of its own.
  if (prefix === '') throw new Problem('blob-key-invalid', `expected s3://bucket/folder/, got ${uri}`, { uri });
  const store = stores.bucket(scheme, bucket);
  const blobs: BlobInfo[] = [];
  const hash = createHash('sha256');
  let bytes = 0;
  const leftOut: string[] = [];
  let listed = 0;
  for await (const blob of listAll(store, prefix, undefined, (keys) => leftOut.push(...keys))) {
    listed++;
    if (!blob.key.endsWith('/')) {
      blobs.push(blob);
      bytes += blob.bytes;
      hash.update(`${blob.key}\0${blob.etag}\0${blob.bytes}\n`);
    }
    // Markers of folders count too: nothing in there may be listed without end.
    if (listed > MAX_OBJECTS || bytes > maxBytes) {
      throw new Problem(
        'archive-too-large',
        `expected at most ${MAX_OBJECTS} objects and ${maxBytes} bytes, there are more in ${uri}`,
        { uri, maxObjects: MAX_OBJECTS, maxBytes },
      );
    }
  }
  if (leftOut.length > 0) {
    throw new Problem(
      'dicom-slices-missing',
      `expected to read every file of ${uri}, but ${leftOut.length} are links out of the bucket or to nothing; fetch what they stand for, or remove them`,
      { uri, unread: leftOut.length },
    );
  }
  if (blobs.length === 0) throw new Problem('blob-missing', `there is nothing in ${uri}`, { uri });
  return { store, blobs, bytes, etag: hash.digest('hex').slice(0, 32) };
}
