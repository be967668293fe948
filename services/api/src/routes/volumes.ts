import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { blobKeys, geometryToJson, type UploadedVolume } from '@parse3d/shared/contract';
import { isZip } from '@parse3d/shared/formats';
import { Problem } from '@parse3d/shared/problems';
import { formatBlobUri } from '@parse3d/shared/storage';
import { Router, type Request } from 'express';
import type { ApiDeps } from '../deps.js';
import { callerOf, requireScope } from '../http/auth.js';
import { inspectVolume } from '../jobs/preflight.js';

const ACCEPTED_TYPES = ['application/octet-stream', 'application/gzip', 'application/x-gzip', 'application/zip'];

/**
 * `POST /v1/volumes`: the body is the file. It streams into storage, and its header is looked at, so that a file that
 * no job could use is refused here. File names often name patients, so none is taken.
 */
export function volumeRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.post('/v1/volumes', requireScope(deps.apiKeys, 'volumes:write'), async (request, response) => {
    checkHeaders(request, deps.config.PARSE3D_MAX_UPLOAD_BYTES);
    const volume = await receive(request, deps);
    request.log.info({ tenant: callerOf(request).tenant, bytes: volume.bytes }, 'volume uploaded');
    response.status(201).json(volume);
  });
  return router;
}

function checkHeaders(request: Request, maxBytes: number): void {
  if (!request.is(ACCEPTED_TYPES)) {
    throw new Problem(
      'unsupported-media-type',
      `expected Content-Type application/octet-stream or application/gzip, got ${request.get('content-type') ?? 'none'}`,
    );
  }
  const length = Number(request.get('content-length') ?? 0);
  if (length > maxBytes) {
    throw new Problem('payload-too-large', `the upload has ${length} bytes, at most ${maxBytes} are accepted`, {
      maxBytes,
    });
  }
}

async function receive(request: Request, deps: ApiDeps): Promise<UploadedVolume> {
  const { primary } = deps.stores;
  const chunks = request[Symbol.asyncIterator]();
  const first = await firstBytes(chunks);
  const { name, contentType } = kindOf(first);
  const key = blobKeys.upload(callerOf(request).tenant, randomUUID(), name);
  const hash = createHash('sha256');
  const body = async function* (): AsyncGenerator<Buffer> {
    hash.update(first);
    yield first;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      const chunk = Buffer.from(next.value);
      hash.update(chunk);
      yield chunk;
    }
  };
  await primary.write(key, Readable.from(body(), { objectMode: false }), {
    maxBytes: deps.config.PARSE3D_MAX_UPLOAD_BYTES,
    contentType,
  });
  try {
    const { info, header } = await inspectVolume(primary, key, deps.config);
    return {
      uri: formatBlobUri({ scheme: primary.scheme, bucket: primary.bucket, key }),
      bytes: info.bytes,
      sha256: hash.digest('hex'),
      ...(header === undefined ? {} : { geometry: geometryToJson(header.geometry), datatype: header.datatype }),
    };
  } catch (error) {
    await primary.delete(key);
    throw error;
  }
}

/** The content decides, never a name. */
function kindOf(start: Uint8Array): { readonly name: string; readonly contentType: string } {
  if (start[0] === 0x1f && start[1] === 0x8b) return { name: 'volume.nii.gz', contentType: 'application/gzip' };
  if (isZip(start)) return { name: 'volume.zip', contentType: 'application/zip' };
  return { name: 'volume.nii', contentType: 'application/octet-stream' };
}

/** Four bytes tell gzip and zip from NIfTI; a client may send them one by one. */
async function firstBytes(chunks: AsyncIterator<unknown>): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (bytes.length < 4) {
    const next = await chunks.next();
    if (next.done === true) break;
    bytes = Buffer.concat([bytes, Buffer.from(next.value as Uint8Array)]);
  }
  if (bytes.length === 0)
    throw new Problem(
      'request-invalid',
      'the request has no body; send the NIfTI file, or a zip file of a DICOM series, as it is',
    );
  return bytes;
}
