import { DICOM_MAGIC_BYTES, isDicom } from '@parse3d/volume/formats';
import { Problem } from '@parse3d/contract/problems';
import { listBlobFolder, readAll, type Stores } from '@parse3d/storage';

/** So many objects are looked at; where there are more, the worker that reads the images finds out. */
const MAX_PEEKED = 16;

/**
 * Looks at a folder of DICOM images in storage: how much there is, and that one of its first objects is DICOM, or that there are more than those.
 * @returns its size, and a version that changes when any object of it does
 * @throws Problem `blob-missing` for an empty folder, `archive-too-large`, `dicom-no-images`, and those of storage
 */
export async function inspectFolder(
  uri: string,
  stores: Stores,
  maxBytes: number,
): Promise<{ bytes: number; etag: string }> {
  const { store, blobs, bytes, etag } = await listBlobFolder(stores, uri, maxBytes);
  for (const blob of blobs.slice(0, MAX_PEEKED)) {
    if (blob.bytes < DICOM_MAGIC_BYTES) continue;
    const start = await readAll(store, blob.key, { start: 0, end: DICOM_MAGIC_BYTES - 1, etag: blob.etag });
    if (isDicom(start)) return { bytes, etag };
  }
  if (blobs.length > MAX_PEEKED) return { bytes, etag };
  throw new Problem('dicom-no-images', `expected a DICOM series in ${uri}, none of its objects is DICOM`, {
    uri,
    objects: blobs.length,
  });
}
