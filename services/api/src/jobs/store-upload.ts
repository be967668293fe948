import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { blobKeys, geometryToJson, type UploadedVolume } from '@parse3d/contract';
import { DICOM_MAGIC_BYTES, isDicom, isGzip, isNpz, isZip } from '@parse3d/volume/formats';
import { Problem } from '@parse3d/contract/problems';
import { formatBlobUri } from '@parse3d/storage';
import type { Arrival } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';
import { inspectVolume } from './preflight.js';

/**
 * Streams a volume into the tenant's uploads and looks at its header: a file that no job could use is refused and not
 * kept. File names often name patients, so none is taken.
 * @param announced how many bytes are to come, where the client says it
 * @throws Problem `request-invalid` for no bytes, `payload-too-large`, `storage-quota-exceeded`, `storage-full`, and those
 * of the volume
 */
export async function storeUpload(
  bytes: AsyncIterable<unknown>,
  announced: number | undefined,
  tenant: string,
  deps: ApiDeps,
): Promise<UploadedVolume> {
  const arrival = await deps.control.policy.arrival(tenant, announced);
  let storedBytes = 0;
  try {
    const volume = await storeVolume(bytes, tenant, arrival, deps);
    storedBytes = volume.bytes;
    return volume;
  } finally {
    await arrival.ended(storedBytes).catch((error: unknown) => {
      deps.log.warn({ err: error, tenant }, 'upload not counted until the next walk');
    });
  }
}

async function storeVolume(
  bytes: AsyncIterable<unknown>,
  tenant: string,
  arrival: Arrival,
  deps: ApiDeps,
): Promise<UploadedVolume> {
  const { primary } = deps.stores;
  const chunks = bytes[Symbol.asyncIterator]();
  const first = await firstBytes(chunks);
  const { name, contentType } = kindOf(first);
  const key = blobKeys.upload(tenant, randomUUID(), name);
  const hash = createHash('sha256');
  const body = async function* (): AsyncGenerator<Buffer> {
    hash.update(first);
    await arrival.came(first.length);
    yield first;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      const chunk = Buffer.from(next.value as Uint8Array);
      hash.update(chunk);
      await arrival.came(chunk.length);
      yield chunk;
    }
  };
  await primary.write(key, Readable.from(body(), { objectMode: false }), {
    maxBytes: deps.config.PARSE3D_MAX_UPLOAD_BYTES,
    contentType,
  });
  try {
    const { info, header, prompts } = await inspectVolume(primary, key, deps.config, 'any');
    return {
      uri: formatBlobUri({ scheme: primary.scheme, bucket: primary.bucket, key }),
      bytes: info.bytes,
      sha256: hash.digest('hex'),
      ...(header === undefined ? {} : { geometry: geometryToJson(header.geometry), datatype: header.datatype }),
      ...(header?.frame === undefined ? {} : { frames: header.frame.count }),
      ...(prompts.length === 0 ? {} : { prompts: [...prompts] }),
    };
  } catch (error) {
    // Why it is refused is what the client is to hear, also when the store fails now.
    await primary.delete(key).catch((cleanup: unknown) => {
      deps.log.warn({ err: cleanup }, 'refused upload could not be removed');
    });
    throw error;
  }
}

/** The content decides, never a name. */
function kindOf(start: Uint8Array): { readonly name: string; readonly contentType: string } {
  if (isGzip(start)) return { name: 'volume.nii.gz', contentType: 'application/gzip' };
  if (isNpz(start)) return { name: 'volume.npz', contentType: 'application/zip' };
  if (isZip(start)) return { name: 'volume.zip', contentType: 'application/zip' };
  if (isDicom(start)) return { name: 'volume.dcm', contentType: 'application/dicom' };
  return { name: 'volume.nii', contentType: 'application/octet-stream' };
}

/** So many bytes tell every format, in a zip file the name of its first entry too; a client may send them one by one. */
const TELLING_BYTES = DICOM_MAGIC_BYTES;

async function firstBytes(chunks: AsyncIterator<unknown>): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (bytes.length < TELLING_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    bytes = Buffer.concat([bytes, Buffer.from(next.value as Uint8Array)]);
  }
  if (bytes.length === 0) {
    throw new Problem(
      'request-invalid',
      'there are no bytes of a volume; send the NIfTI file, .npz file or zip of a DICOM series as it is',
    );
  }
  return bytes;
}
