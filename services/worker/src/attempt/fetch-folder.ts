import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { each } from '@parse3d/async';
import type { JobRequest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { copyToFile, listBlobFolder, type Stores } from '@parse3d/storage';

/** Small objects cost a round trip each. */
const AT_A_TIME = 8;

/**
 * Copies the objects of a folder into a folder of local disk, under numbers: their names may name patients.
 * @returns the size, and the SHA-256 of the SHA-256 of every object in the order of their keys
 * @throws Problem `volume-changed` when the folder is not what was accepted, and those of storage
 */
export async function fetchFolder(
  request: JobRequest,
  stores: Stores,
  path: string,
  maxBytes: number,
  onBytes: (total: number) => void,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const { uri, etag } = request.input;
  const folder = await listBlobFolder(stores, uri, maxBytes);
  if (folder.etag !== etag) {
    throw new Problem('volume-changed', `${uri} is not in the state that was accepted; submit it again`, { uri });
  }
  await mkdir(path);
  const digests: string[] = [];
  let fetched = 0;
  await each(folder.blobs.entries(), AT_A_TIME, async ([number, { key, etag: version }]) => {
    const name = String(number).padStart(6, '0');
    const copy = await copyToFile(folder.store, key, join(path, name), { etag: version, signal });
    fetched += copy.bytes;
    onBytes(fetched);
    digests[number] = copy.sha256;
  });
  const hash = createHash('sha256');
  for (const sha256 of digests) hash.update(sha256);
  return { bytes: fetched, sha256: hash.digest('hex') };
}
