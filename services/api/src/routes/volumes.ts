import { Problem } from '@parse3d/contract/problems';
import { Router, type Request } from 'express';
import type { ApiDeps } from '../deps.js';
import { callerOf, requireScope } from '../http/auth.js';
import { storeUpload } from '../jobs/store-upload.js';

const ACCEPTED_TYPES = ['application/octet-stream', 'application/gzip', 'application/x-gzip', 'application/zip'];

/** `POST /v1/volumes`: the body is the file, a NIfTI or `.npz`. */
export function volumeRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.post('/v1/volumes', requireScope(deps.apiKeys, 'volumes:write'), async (request, response) => {
    checkHeaders(request, deps.config.PARSE3D_MAX_UPLOAD_BYTES);
    const volume = await storeUpload(request, callerOf(request).tenant, deps);
    request.log.info({ tenant: callerOf(request).tenant, bytes: volume.bytes }, 'volume uploaded');
    response.status(201).json(volume);
  });
  return router;
}

function checkHeaders(request: Request, maxBytes: number): void {
  if (!request.is(ACCEPTED_TYPES)) {
    throw new Problem(
      'unsupported-media-type',
      `expected Content-Type application/octet-stream, application/gzip or application/zip, got ${request.get('content-type') ?? 'none'}`,
    );
  }
  const length = Number(request.get('content-length') ?? 0);
  if (length > maxBytes) {
    throw new Problem('payload-too-large', `the upload has ${length} bytes, at most ${maxBytes} are accepted`, {
      maxBytes,
    });
  }
}
