import { basename } from 'node:path';
import { VolumeQuery } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { file } from '../http/answers.js';
import { operation } from '../http/operation.js';
import { sendBlob } from '../http/send-blob.js';
import { requireMayRead } from '../jobs/list-volumes.js';

export const volumeContentRoutes = [
  operation({
    method: 'get',
    path: '/v1/volumes/content',
    scope: 'jobs:read',
    query: VolumeQuery,
    id: 'readVolume',
    summary: 'Read a volume, whole or in ranges',
    tag: 'volumes',
    answers: file('The file.'),
    errors: { unprocessable: true },
    async handler({ query: { uri }, caller, request, response }, deps) {
      requireMayRead(caller, uri, deps);
      const { store, key } = deps.stores.open(uri);
      try {
        const contentType = key.endsWith('.gz') ? 'application/gzip' : 'application/octet-stream';
        await sendBlob({ name: safeName(key), key, contentType }, { immutable: false }, request, response, deps, store);
      } catch (error) {
        if (!isProblem(error, 'blob-missing')) throw error;
        throw new Problem('volume-missing', `there is no object at ${uri}`, { uri });
      }
    },
  }),
];

/** For the Content-Disposition header, which holds no quotes or control characters. */
const safeName = (key: string): string => basename(key).replace(/[^A-Za-z0-9._-]/g, '_');
