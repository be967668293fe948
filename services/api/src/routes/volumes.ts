import { ListVolumes, RemovedVolume, UploadedVolume, VolumeListing, VolumeQuery } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { Request } from 'express';
import { binary, json, problem } from '../http/answers.js';
import { streamedBody } from '../http/body.js';
import { operation } from '../http/operation.js';
import { listFolder, places } from '../jobs/list-volumes.js';
import { removeUpload } from '../jobs/remove-upload.js';
import { storeUpload } from '../jobs/store-upload.js';

export const volumeRoutes = [
  operation({
    method: 'get',
    path: '/v1/volumes',
    scope: 'jobs:read',
    query: ListVolumes,
    id: 'listVolumes',
    summary: 'List the NIfTI volumes that the key may read',
    description: 'One level of a folder; without `under` the places to begin with.',
    tag: 'volumes',
    answers: { '200': json(VolumeListing, 'Folders and volumes.') },
    async handler({ query: { under, after }, caller, response }, deps) {
      response.json(under === undefined ? await places(caller, deps) : await listFolder(under, after, caller, deps));
    },
  }),

  operation({
    method: 'post',
    path: '/v1/volumes',
    scope: 'volumes:write',
    body: streamedBody({ 'application/octet-stream': binary, 'application/gzip': binary, 'application/zip': binary }, [
      'application/x-gzip',
    ]),
    id: 'uploadVolume',
    summary: 'Upload a volume: NIfTI, a zip file of a DICOM series, a multi-frame DICOM file, or .npz',
    tag: 'volumes',
    answers: {
      '201': json(UploadedVolume, 'Stored; `uri` is what a job refers to.'),
      '413': problem('Too large.'),
    },
    errors: { unprocessable: true },
    async handler({ request, response, caller: { tenant } }, deps) {
      checkLength(request, deps.config.PARSE3D_MAX_UPLOAD_BYTES);
      const announced = request.get('content-length');
      const volume = await storeUpload(request, announced === undefined ? undefined : Number(announced), tenant, deps);
      request.log.info({ tenant, bytes: volume.bytes }, 'volume uploaded');
      response.status(201).json(volume);
    },
  }),

  operation({
    method: 'delete',
    path: '/v1/volumes',
    scope: 'volumes:write',
    query: VolumeQuery,
    id: 'removeVolume',
    summary: 'Remove an upload',
    description:
      'At once, whoever still names it: a job that has not read it yet fails with `volume-missing`. Of a series the URI ' +
      'of its folder removes all files. Volumes elsewhere in storage are never removed.',
    tag: 'volumes',
    answers: { '200': json(RemovedVolume, 'It is removed.') },
    errors: { notFound: 'upload' },
    async handler({ query: { uri }, caller: { tenant, id: keyId }, request, response }, deps) {
      const removed = await removeUpload(uri, tenant, deps);
      request.log.info({ tenant, keyId, bytes: removed.bytes }, 'upload removed');
      response.json(removed);
    },
  }),
];

/** A body that says how long it is need not be received to be refused. */
function checkLength(request: Request, maxBytes: number): void {
  const length = Number(request.get('content-length') ?? 0);
  if (length <= maxBytes) return;
  throw new Problem('payload-too-large', `the upload has ${length} bytes, at most ${maxBytes} are accepted`, {
    maxBytes,
  });
}
