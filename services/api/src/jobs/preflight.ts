import type { ApiKeyRecord } from '@parse3d/platform/access';
import {
  assertFrame,
  isDicom,
  isNpz,
  isZip,
  peekDicomFile,
  peekDicomZip,
  readNiftiHeader,
  readNpzHeader,
  type NiftiHeader,
  promptsForJob,
  type FilePrompt,
} from '@parse3d/volume/formats';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { isFolderUri, readAll, type BlobInfo, type BlobStore, type Stores } from '@parse3d/storage';
import type { ApiConfig } from '../config.js';
import { blobAccess } from './blob-access.js';
import { inspectFolder } from './preflight-folder.js';

/** Enough for the header of a compressed file, whatever its gzip header holds. */
const PREFIX_BYTES = 64 * 1024;

/** What the beginning of a stored volume tells; `prompts` are those that an `.npz` file brings. */
export interface Inspected {
  readonly info: Pick<BlobInfo, 'bytes' | 'etag'>;
  /** Absent for DICOM, which has no header for the whole: its images are read by a worker. */
  readonly header?: NiftiHeader;
  readonly prompts: readonly FilePrompt[];
}

/** Whoever asks for a volume: a key, or a rule that acts with the rights of one. */
export type Reader = Pick<ApiKeyRecord, 'tenant' | 'inputs'>;

/**
 * True when the reader may read this volume: its tenant's own uploads, or a prefix granted to it. The service's bucket
 * holds keys and all tenants' work: of it a grant opens uploads alone, and these only when it names them.
 */
export function mayRead(caller: Reader, uri: string, primary: BlobStore): boolean {
  const own = `${primary.scheme}://${primary.bucket}/`;
  const uploads = `${own}uploads/`;
  if (uri.startsWith(`${uploads}${caller.tenant}/`)) return true;
  const grants = uri.startsWith(own) ? caller.inputs.filter((grant) => grant.startsWith(uploads)) : caller.inputs;
  // A grant names a folder or one object: `s3://scans/a` must not open `s3://scans/ab`.
  return grants.some((grant) => uri === grant || uri.startsWith(grant.endsWith('/') ? grant : `${grant}/`));
}

/** True when the reader may read everything that begins so: a grant of one object, or of one folder in there, is not enough. */
export const mayReadAll = (caller: Reader, prefix: string, primary: BlobStore): boolean =>
  // No object has such a name, so that it stands for all.
  mayRead(caller, `${prefix}\0`, primary);

/**
 * Looks at a volume before anything is queued: that the key may read it, that it exists, and that its first bytes are
 * the header of a volume that the workers can take, or that it is a zip file or folder with DICOM images, or a
 * multi-frame DICOM object.
 * @param frame which volume of a 4D NIfTI, from 1
 */
export async function preflight(
  uri: string,
  caller: Reader,
  stores: Stores,
  config: ApiConfig,
  frame?: number,
): Promise<Inspected> {
  if (!mayRead(caller, uri, stores.primary)) {
    throw new Problem('input-not-allowed', `this API key may not read ${uri}`, { uri });
  }
  try {
    if (isFolderUri(uri)) {
      return { info: await inspectFolder(uri, stores, config.PARSE3D_MAX_VOLUME_BYTES), prompts: [] };
    }
    const { store, key } = stores.open(uri);
    return await inspectVolume(store, key, config, frame);
  } catch (error) {
    if (isProblem(error, 'blob-missing')) throw new Problem('volume-missing', `there is no object at ${uri}`, { uri });
    throw error;
  }
}

/**
 * The header of a stored volume, checked against the limits.
 * @param frame which volume of a 4D file, from 1; `any` where only their number is wanted
 */
export async function inspectVolume(
  store: BlobStore,
  key: string,
  config: ApiConfig,
  frame?: number | 'any',
): Promise<Inspected> {
  const info = await store.head(key);
  if (info.bytes > config.PARSE3D_MAX_VOLUME_BYTES) {
    const limit = config.PARSE3D_MAX_VOLUME_BYTES;
    throw new Problem('volume-too-large', `the object has ${info.bytes} bytes, at most ${limit} are accepted`, {
      bytes: info.bytes,
      limit,
    });
  }
  const prefix = await readPrefix(store, key, info);
  if (isZip(prefix) && !isNpz(prefix)) {
    await peekDicomZip(blobAccess(store, info), { maxBytes: config.PARSE3D_MAX_VOLUME_BYTES });
    return { info, prompts: [] };
  }
  if (isDicom(prefix)) {
    peekDicomFile(prefix);
    return { info, prompts: [] };
  }
  if (isZip(prefix) && frame !== 'any') assertFrame(frame);
  const npz = isZip(prefix) ? await readNpzHeader(blobAccess(store, info)) : undefined;
  const header = npz?.header ?? (await readNiftiHeader(prefix, { frame }));
  const [i, j, k] = header.geometry.shape;
  if (i * j * k > config.PARSE3D_MAX_VOXELS) {
    const limit = config.PARSE3D_MAX_VOXELS;
    throw new Problem('volume-too-large', `the volume has ${i}×${j}×${k} voxels, at most ${limit} are accepted`, {
      shape: [i, j, k],
      limit,
    });
  }
  return { info, header, prompts: npz === undefined ? [] : promptsForJob(npz) };
}

/** Enough to tell every format, and for the whole header of a NIfTI file. */
async function readPrefix(store: BlobStore, key: string, { bytes, etag }: BlobInfo): Promise<Uint8Array> {
  if (bytes === 0) return new Uint8Array(0);
  return readAll(store, key, { start: 0, end: Math.min(bytes, PREFIX_BYTES) - 1, etag });
}
