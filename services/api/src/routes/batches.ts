import { blobKeys, ListItems, RetryFailed, SubmitBatch, type PackRef } from '@parse3d/contract';
import { reportNames } from '@parse3d/control';
import { Problem } from '@parse3d/contract/problems';
import { Router, type Request } from 'express';
import { z } from 'zod';
import { failuresOf } from '../batches/failures.js';
import { findBatch, viewBatch } from '../batches/find.js';
import { measureBatch, submitBatch } from '../batches/submit.js';
import type { ApiDeps } from '../deps.js';
import { callerOf, requireScope } from '../http/auth.js';
import { sendBlob } from '../http/send-blob.js';
import { IdempotencyKey } from './jobs.js';

export const BatchParams = z.object({ id: z.uuid() });
export const ReportParams = BatchParams.extend({ name: z.enum(reportNames) });
export const ListBatches = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) });

/** `/v1/batches` and everything about one batch. */
export function batchRoutes(deps: ApiDeps): Router {
  const router = Router();
  const { batches } = deps.control;
  const read = requireScope(deps.apiKeys, 'jobs:read');
  const write = requireScope(deps.apiKeys, 'jobs:write');
  const find = (request: Request) => findBatch(BatchParams.parse(request.params).id, callerOf(request).tenant, deps);

  router.post('/v1/batches', write, async (request, response) => {
    const body = SubmitBatch.parse(request.body);
    if (body.dryRun) {
      response.json(await measureBatch(body, callerOf(request), deps));
      return;
    }
    const idempotencyKey = IdempotencyKey.parse(request.get('idempotency-key'));
    const batch = await submitBatch(body, callerOf(request), idempotencyKey, deps);
    request.log.info({ batchId: batch.batchId, tenant: batch.tenant, total: batch.total }, 'batch accepted');
    const found = await findBatch(batch.batchId, batch.tenant, deps);
    response.status(202).location(`/v1/batches/${batch.batchId}`).json(viewBatch(found, deps));
  });

  router.get('/v1/batches', read, async (request, response) => {
    const { limit } = ListBatches.parse(request.query);
    const latest = await batches.latest(callerOf(request).tenant, limit);
    response.json({ batches: latest.map((found) => viewBatch(found, deps)) });
  });

  router.get('/v1/batches/:id', read, async (request, response) => {
    response.json(viewBatch(await find(request), deps));
  });

  router.get('/v1/batches/:id/items', read, async (request, response) => {
    response.json(await batches.items(await find(request), ListItems.parse(request.query)));
  });

  router.get('/v1/batches/:id/failures', read, async (request, response) => {
    response.json(await failuresOf(await find(request), deps));
  });

  router.get('/v1/batches/:id/reports/:name', read, async (request, response) => {
    const { name } = ReportParams.parse(request.params);
    const { batch } = await find(request);
    const contentType = name.endsWith('.csv') ? 'text/csv; charset=utf-8' : 'application/x-ndjson';
    const file = { name, key: blobKeys.batchReport(batch.batchId, name), contentType };
    await sendBlob(file, { immutable: false }, request, response, deps);
  });

  for (const action of ['pause', 'resume', 'cancel'] as const) {
    router.post(`/v1/batches/:id/${action}`, write, async (request, response) => {
      await batches[action](await find(request));
      response.status(202).json(viewBatch(await find(request), deps));
    });
  }

  router.post('/v1/batches/:id/retry-failed', write, async (request, response) => {
    // A list of codes that is not read as JSON would be taken for no list, and run everything again.
    if (request.is('application/json') === false && request.get('content-length') !== '0') {
      const type = request.get('content-type') ?? 'none';
      throw new Problem('unsupported-media-type', `expected Content-Type application/json, got ${type}`);
    }
    const body = RetryFailed.parse(request.body ?? {});
    const found = await find(request);
    const { batchId, tenant, pack } = found.batch;
    const retried = await batches.retryFailed(found, body, () => packRefOf(deps.packs.get(pack.id)));
    request.log.info({ batchId, tenant, retried, codes: body.codes }, 'failed items of a batch run again');
    response.status(202).json(viewBatch(await find(request), deps));
  });
  return router;
}

const packRefOf = ({ id, version }: PackRef): PackRef => ({ id, version });
