import { join } from 'node:path';
import type { JobRequest } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { copyToFile, isFolderUri, type Stores } from '@parse3d/storage';
import { fetchFolder } from './fetch-folder.js';

export interface FetchedVolume {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Streams the volume, in exactly the version that was accepted, to local disk.
 *
 * @throws Problem `volume-missing`, `volume-changed`, `volume-too-large` beyond `maxBytes`, and those of storage
 */
export async function fetchVolume(
  request: JobRequest,
  stores: Stores,
  folder: string,
  maxBytes: number,
  onBytes: (total: number) => void,
  signal: AbortSignal,
): Promise<FetchedVolume> {
  const { uri, etag } = request.input;
  const path = join(folder, 'input');
  try {
    if (isFolderUri(uri)) return { path, ...(await fetchFolder(request, stores, path, maxBytes, onBytes, signal)) };
    const { store, key } = stores.open(uri);
    const { bytes, sha256 } = await copyToFile(store, key, path, { etag, maxBytes, signal, onBytes });
    return { path, bytes, sha256 };
  } catch (error) {
    if (isProblem(error, 'blob-missing')) throw new Problem('volume-missing', `${uri} is no longer there`, { uri });
    // Items of batches were not looked at before they became jobs.
    if (isProblem(error, 'payload-too-large')) {
      throw new Problem('volume-too-large', error.message, { ...error.fields, limit: maxBytes });
    }
    if (isProblem(error, 'blob-changed')) {
      throw new Problem('volume-changed', `${uri} is not the version that was accepted; submit it again`, {
        uri,
        etag,
      });
    }
    throw error;
  }
}
