import { blobKeys, ListDerivative, type BatchRecord, type DerivativePage } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { contentTypeOf } from '@parse3d/storage';
import { Router, type Request } from 'express';
import { z } from 'zod';
import { batchUrl, findBatch } from '../batches/find.js';
import type { ApiDeps } from '../deps.js';
import { callerOf, requireScope } from '../http/auth.js';
import { sendBlob } from '../http/send-blob.js';
import { BatchParams } from './batches.js';

export const DerivativeParams = BatchParams.extend({
  path: z.string().meta({ example: 'sub-01/anat/sub-01_space-orig_dseg.nii.gz' }),
});

/** The results of a batch of a BIDS dataset, as a BIDS derivative: `/v1/batches/:id/derivative`. */
export function derivativeRoutes(deps: ApiDeps): Router {
  const router = Router();
  const read = requireScope(deps.apiKeys, 'jobs:read');

  router.get('/v1/batches/:id/derivative', read, async (request, response) => {
    const query = ListDerivative.parse(request.query);
    response.json(await listDerivative(await endedBidsBatch(request, deps), query, deps));
  });

  router.get('/v1/batches/:id/derivative/*path', read, async (request, response) => {
    const batch = await endedBidsBatch(request, deps);
    const path = z.array(z.string()).parse(request.params['path']).join('/');
    const key = blobKeys.batchDerivative(batch.batchId) + path;
    const file = { name: path.slice(path.lastIndexOf('/') + 1), key, contentType: contentTypeOf(key) };
    await sendBlob(file, { immutable: false }, request, response, deps);
  });
  return router;
}

async function endedBidsBatch(request: Request, deps: ApiDeps): Promise<BatchRecord> {
  const { id } = BatchParams.parse({ id: request.params['id'] });
  const { batch, end } = await findBatch(id, callerOf(request).tenant, deps);
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
