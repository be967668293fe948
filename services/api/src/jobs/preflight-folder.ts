import { DICOM_MAGIC_BYTES, hasDicom } from '@parse3d/volume/formats';
import { Problem } from '@parse3d/contract/problems';
import { listBlobFolder, readAll, type Stores } from '@parse3d/storage';

/**
 * Looks at a folder of DICOM images in storage: how much there is, and that an object of it is DICOM.
 * @returns its size, and a version that changes when any object of it does
 * @throws Problem `blob-missing` for an empty folder, `archive-too-large`, `dicom-no-images`, and those of storage
 */
export async function inspectFolder(
  uri: string,
  stores: Stores,
  maxBytes: number,
): Promise<{ bytes: number; etag: string }> {
  const { store, blobs, bytes, etag } = await listBlobFolder(stores, uri, maxBytes);
  const candidates = blobs.map(({ key, bytes: size, etag: version }) => ({
    name: key,
    bytes: size,
    start: () => readAll(store, key, { start: 0, end: Math.min(DICOM_MAGIC_BYTES, size) - 1, etag: version }),
  }));
  if (await hasDicom(candidates)) return { bytes, etag };
  throw new Problem('dicom-no-images', `expected a DICOM series in ${uri}, none of its objects is DICOM`, {
    uri,
    objects: blobs.length,
  });
}
