import { BatchFailures, ListVolumes, ServiceStatus, VolumeListing, VolumeQuery } from '@parse3d/contract';
import { BatchParams } from '../routes/batches.js';
import { binary, json, withErrors } from './parts.js';

/** `GET /v1/volumes`, beside the upload. */
export const listVolumes = {
  operationId: 'listVolumes',
  summary: 'List the NIfTI volumes that the key may read',
  description: 'One level of a folder; without `under` the places to begin with.',
  tags: ['volumes'],
  requestParams: { query: ListVolumes },
  responses: withErrors({ '200': json(VolumeListing, 'Folders and volumes.') }),
};

/** What the page needs besides jobs and batches. */
export const pagePaths = {
  '/v1/volumes/content': {
    get: {
      operationId: 'readVolume',
      summary: 'Read a volume, whole or in ranges',
      tags: ['volumes'],
      requestParams: { query: VolumeQuery },
      responses: withErrors(
        { '200': { description: 'The file.', content: { 'application/octet-stream': binary } } },
        'unprocessable',
      ),
    },
  },
  '/v1/batches/{id}/failures': {
    get: {
      operationId: 'batchFailures',
      summary: 'Why items of a batch failed, by problem code',
      tags: ['batches'],
      requestParams: { path: BatchParams },
      responses: withErrors({ '200': json(BatchFailures, 'Groups, the commonest first.') }, 'notFound', 'conflict'),
    },
  },
  '/v1/status': {
    get: {
      operationId: 'serviceStatus',
      summary: 'Workers, queue, feeder, storage and Redis at a glance',
      tags: ['operations'],
      responses: withErrors({ '200': json(ServiceStatus, 'The service as it is now.') }),
    },
  },
};
