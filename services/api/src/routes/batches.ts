import {
  BatchFailures,
  BatchList,
  BatchSize,
  BatchView,
  blobKeys,
  ItemPage,
  ListItems,
  Purged,
  PurgeQuery,
  RetryFailed,
  SubmitBatch,
  type PackRef,
} from '@parse3d/contract';
import { reportNames } from '@parse3d/control';
import { z } from 'zod';
import { failuresOf } from '../batches/failures.js';
import { findBatch, findBatchOrGrave, viewBatch } from '../batches/find.js';
import { measureBatch, submitBatch } from '../batches/submit.js';
import { viewPurged } from '../jobs/purged.js';
import { file, json } from '../http/answers.js';
import { jsonBody, optionalJsonBody } from '../http/body.js';
import { idempotencyKey } from '../http/idempotency-key.js';
import { operation } from '../http/operation.js';
import { sendBlob } from '../http/send-blob.js';

/** Objects of a batch that one request removes; the process that leads removes the others. */
const REMOVED_AT_ONCE = 2_000;

export const BatchParams = z.object({ id: z.uuid() });
const ReportParams = BatchParams.extend({ name: z.enum(reportNames) });
const ListBatches = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) });

export const batchRoutes = [
  operation({
    method: 'post',
    path: '/v1/batches',
    scope: 'jobs:write',
    headers: idempotencyKey('batch'),
    body: jsonBody(SubmitBatch),
    id: 'submitBatch',
    summary: 'Segment many volumes',
    description:
      'The 202 comes once every item is durable. With `dryRun` nothing is stored and the answer is a count and an estimate.',
    tag: 'batches',
    answers: { '200': json(BatchSize, 'A dry run.'), '202': json(BatchView, 'Accepted.') },
    errors: { conflict: true, unprocessable: true, quota: true },
    async handler({ body, headers, caller, request, response }, deps) {
      if (body.dryRun) {
        response.json(await measureBatch(body, caller, deps));
        return;
      }
      const batch = await submitBatch(body, caller, headers['idempotency-key'], deps);
      request.log.info({ batchId: batch.batchId, tenant: batch.tenant, total: batch.total }, 'batch accepted');
      const found = await findBatch(batch.batchId, batch.tenant, deps);
      response.status(202).location(`/v1/batches/${batch.batchId}`).json(viewBatch(found, deps));
    },
  }),

  operation({
    method: 'get',
    path: '/v1/batches',
    scope: 'jobs:read',
    query: ListBatches,
    id: 'listBatches',
    summary: 'List recent batches, newest first',
    tag: 'batches',
    answers: { '200': json(BatchList, 'Batches.') },
    async handler({ query: { limit }, caller: { tenant }, response }, deps) {
      const latest = await deps.control.batches.latest(tenant, limit);
      response.json({ batches: latest.map((found) => viewBatch(found, deps)) });
    },
  }),

  operation({
    method: 'get',
    path: '/v1/batches/{id}',
    scope: 'jobs:read',
    params: BatchParams,
    id: 'getBatch',
    summary: 'Counters of a batch',
    tag: 'batches',
    answers: { '200': json(BatchView, 'Counters that add up at every moment.') },
    errors: { notFound: 'batch' },
    async handler({ params: { id }, caller: { tenant }, response }, deps) {
      response.json(viewBatch(await findBatch(id, tenant, deps), deps));
    },
  }),

  operation({
    method: 'delete',
    path: '/v1/batches/{id}',
    scope: 'jobs:write',
    params: BatchParams,
    query: PurgeQuery,
    id: 'purgeBatch',
    summary: 'Remove an ended batch for good',
    description:
      'Its jobs with their results, its reports and records are removed, and its uploads once nothing else names them. ' +
      'Results that items of another batch share stay until that is removed. What is left says when, and by which key. ' +
      'A batch with work left is refused: cancel it first. It can be repeated.',
    tag: 'batches',
    answers: {
      '200': json(Purged, 'It is removed.'),
      '202': json(Purged, 'Nobody can see it any more; the last of its objects are still being removed.'),
    },
    errors: { notFound: 'batch', conflict: true },
    async handler({ params: { id }, caller: { tenant, id: keyId }, request, response }, deps) {
      const found = await findBatchOrGrave(id, tenant, deps);
      const { tombstone, complete } = await deps.control.batches.purge(found, keyId, REMOVED_AT_ONCE);
      request.log.info({ batchId: id, tenant, keyId, complete }, 'batch removed');
      response.status(complete ? 200 : 202).json(viewPurged(tombstone, complete));
    },
  }),

  operation({
    method: 'get',
    path: '/v1/batches/{id}/items',
    scope: 'jobs:read',
    params: BatchParams,
    query: ListItems,
    id: 'listBatchItems',
    summary: 'Items of a batch, by state',
    tag: 'batches',
    answers: { '200': json(ItemPage, 'A page, in the order of the source.') },
    errors: { notFound: 'batch', conflict: true },
    async handler({ params: { id }, query, caller: { tenant }, response }, deps) {
      response.json(await deps.control.batches.items(await findBatch(id, tenant, deps), query));
    },
  }),

  change('pause', {
    id: 'pauseBatch',
    summary: 'Pause a batch',
    description: 'Nothing more is fed; what runs goes on.',
  }),
  change('resume', {
    id: 'resumeBatch',
    summary: 'Resume a paused batch',
    description: 'It goes on where it was.',
  }),
  change('cancel', {
    id: 'cancelBatch',
    summary: 'Cancel a batch',
    description: 'What was done stays; the rest is not run.',
  }),

  operation({
    method: 'post',
    path: '/v1/batches/{id}/retry-failed',
    scope: 'jobs:write',
    params: BatchParams,
    body: optionalJsonBody(RetryFailed),
    id: 'retryFailedItems',
    summary: 'Run the failed items of a batch again',
    description: 'Each as a new run of its job: all of them, or those that failed with one of `codes`.',
    tag: 'batches',
    answers: { '202': json(BatchView, 'The batch as it stands now.') },
    errors: { notFound: 'batch', conflict: true },
    async handler({ params: { id }, body, caller: { tenant, id: keyId }, request, response }, deps) {
      const found = await findBatch(id, tenant, deps);
      const packNow = (): PackRef => packRefOf(deps.packs.get(found.batch.pack.id));
      const retried = await deps.control.batches.retryFailed(found, body, keyId, packNow);
      request.log.info({ batchId: id, tenant, retried, codes: body.codes }, 'failed items of a batch run again');
      response.status(202).json(viewBatch(await findBatch(id, tenant, deps), deps));
    },
  }),

  operation({
    method: 'get',
    path: '/v1/batches/{id}/reports/{name}',
    scope: 'jobs:read',
    params: ReportParams,
    id: 'getBatchReport',
    summary: 'Download results.jsonl, failures.jsonl or summary.csv',
    tag: 'batches',
    answers: file('The report, once the batch has ended.'),
    errors: { notFound: 'batch or report' },
    async handler({ params: { id, name }, caller: { tenant }, request, response }, deps) {
      const { batch } = await findBatch(id, tenant, deps);
      const contentType = name.endsWith('.csv') ? 'text/csv; charset=utf-8' : 'application/x-ndjson';
      const report = { name, key: blobKeys.batchReport(batch.batchId, name), contentType };
      await sendBlob(report, { immutable: false }, request, response, deps);
    },
  }),
];

export const batchFailureRoutes = [
  operation({
    method: 'get',
    path: '/v1/batches/{id}/failures',
    scope: 'jobs:read',
    params: BatchParams,
    id: 'batchFailures',
    summary: 'Why items of a batch failed, by problem code',
    tag: 'batches',
    answers: { '200': json(BatchFailures, 'Groups, the commonest first.') },
    errors: { notFound: 'batch', conflict: true },
    async handler({ params: { id }, caller: { tenant }, response }, deps) {
      response.json(await failuresOf(await findBatch(id, tenant, deps), deps));
    },
  }),
];

/** An operation that changes what becomes of a batch, and answers with the batch. */
function change(name: 'pause' | 'resume' | 'cancel', described: { id: string; summary: string; description: string }) {
  return operation({
    method: 'post',
    path: `/v1/batches/{id}/${name}`,
    scope: 'jobs:write',
    params: BatchParams,
    ...described,
    tag: 'batches',
    answers: { '202': json(BatchView, 'The batch as it stands now.') },
    errors: { notFound: 'batch', conflict: true },
    async handler({ params: { id }, caller: { tenant }, response }, deps) {
      await deps.control.batches[name](await findBatch(id, tenant, deps));
      response.status(202).json(viewBatch(await findBatch(id, tenant, deps), deps));
    },
  });
}

const packRefOf = ({ id, version }: PackRef): PackRef => ({ id, version });
