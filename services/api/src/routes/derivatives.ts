import { blobKeys, DerivativePage, ListDerivative, type BatchRecord } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { contentTypeOf } from '@parse3d/storage';
import { z } from 'zod';
import { batchUrl, findBatch } from '../batches/find.js';
import type { ApiDeps } from '../deps.js';
import { file, json } from '../http/answers.js';
import { operation } from '../http/operation.js';
import { sendBlob } from '../http/send-blob.js';
import { BatchParams } from './batches.js';

const DerivativeParams = BatchParams.extend({
  path: z.string().meta({ example: 'sub-01/anat/sub-01_space-orig_dseg.nii.gz' }),
});

/** The results of a batch of a BIDS dataset, as a BIDS derivative. */
export const derivativeRoutes = [
  operation({
    method: 'get',
    path: '/v1/batches/{id}/derivative',
    scope: 'jobs:read',
    params: BatchParams,
    query: ListDerivative,
    id: 'listDerivative',
    summary: 'List the results of a BIDS dataset as a BIDS derivative',
    tag: 'batches',
    answers: { '200': json(DerivativePage, 'A page, by path.') },
    errors: { notFound: 'batch', conflict: true },
    async handler({ params: { id }, query, caller: { tenant }, response }, deps) {
      response.json(await listDerivative(await endedBidsBatch(id, tenant, deps), query, deps));
    },
  }),

  operation({
    method: 'get',
    path: '/v1/batches/{id}/derivative/{+path}',
    scope: 'jobs:read',
    params: DerivativeParams,
    id: 'getDerivativeFile',
    summary: 'Download a file of the BIDS derivative; the path keeps its slashes',
    tag: 'batches',
    answers: file('The file.'),
    errors: { notFound: 'batch or file', conflict: true },
    async handler({ params: { id, path }, caller: { tenant }, request, response }, deps) {
      const batch = await endedBidsBatch(id, tenant, deps);
      const key = blobKeys.batchDerivative(batch.batchId) + path;
      const derivative = { name: path.slice(path.lastIndexOf('/') + 1), key, contentType: contentTypeOf(key) };
      await sendBlob(derivative, { immutable: false }, request, response, deps);
    },
  }),
];

async function endedBidsBatch(id: string, tenant: string, deps: ApiDeps): Promise<BatchRecord> {
  const { batch, end } = await findBatch(id, tenant, deps);
  if (batch.source.kind !== 'bids') {
    throw new Problem('not-found', `batch ${id} is of no BIDS dataset (its source is a ${batch.source.kind})`);
  }
  if (end === undefined) {
    throw new Problem('state-conflict', `batch ${id} has not ended; its derivative is made when it has`);
  }
  return batch;
}

async function listDerivative(batch: BatchRecord, query: ListDerivative, deps: ApiDeps): Promise<DerivativePage> {
  const prefix = blobKeys.batchDerivative(batch.batchId);
  const startAfter = query.after === undefined ? undefined : prefix + query.after;
  const { blobs, next } = await deps.stores.primary.list({ prefix, startAfter, limit: query.limit });
  const files = blobs.map(({ key, bytes }) => {
    const path = key.slice(prefix.length);
    return { path, bytes, url: batchUrl(batch, `derivative/${path}`, deps) };
  });
  return { files, ...(next === undefined ? {} : { next: next.slice(prefix.length) }) };
}
