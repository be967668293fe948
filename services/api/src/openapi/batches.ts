import {
  BatchList,
  BatchSize,
  BatchView,
  DerivativePage,
  ItemPage,
  ListDerivative,
  ListItems,
  RetryFailed,
  SubmitBatch,
} from '@parse3d/contract';
import { BatchParams, ListBatches, ReportParams } from '../routes/batches.js';
import { DerivativeParams } from '../routes/derivatives.js';
import { binary, idempotencyKey, json, withErrors } from './parts.js';

const batchId = { path: BatchParams };

const batchAction = (operationId: string, summary: string, description: string) => ({
  post: {
    operationId,
    summary,
    description,
    tags: ['batches'],
    requestParams: batchId,
    responses: withErrors({ '202': json(BatchView, 'The batch as it stands now.') }, 'notFound', 'conflict'),
  },
});

export const batchPaths = {
  '/v1/batches': {
    post: {
      operationId: 'submitBatch',
      summary: 'Segment many volumes',
      description:
        'The 202 comes once every item is durable. With `dryRun` nothing is stored and the answer is a count and an estimate.',
      tags: ['batches'],
      requestParams: { header: idempotencyKey('batch') },
      requestBody: { required: true, content: { 'application/json': { schema: SubmitBatch } } },
      responses: withErrors(
        { '200': json(BatchSize, 'A dry run.'), '202': json(BatchView, 'Accepted.') },
        'conflict',
        'unprocessable',
      ),
    },
    get: {
      operationId: 'listBatches',
      summary: 'List recent batches, newest first',
      tags: ['batches'],
      requestParams: { query: ListBatches },
      responses: withErrors({ '200': json(BatchList, 'Batches.') }),
    },
  },
  '/v1/batches/{id}': {
    get: {
      operationId: 'getBatch',
      summary: 'Counters of a batch',
      tags: ['batches'],
      requestParams: batchId,
      responses: withErrors({ '200': json(BatchView, 'Counters that add up at every moment.') }, 'notFound'),
    },
  },
  '/v1/batches/{id}/items': {
    get: {
      operationId: 'listBatchItems',
      summary: 'Items of a batch, by state',
      tags: ['batches'],
      requestParams: { ...batchId, query: ListItems },
      responses: withErrors({ '200': json(ItemPage, 'A page, in the order of the source.') }, 'notFound', 'conflict'),
    },
  },
  '/v1/batches/{id}/pause': batchAction('pauseBatch', 'Pause a batch', 'Nothing more is fed; what runs goes on.'),
  '/v1/batches/{id}/resume': batchAction('resumeBatch', 'Resume a paused batch', 'It goes on where it was.'),
  '/v1/batches/{id}/cancel': batchAction('cancelBatch', 'Cancel a batch', 'What was done stays; the rest is not run.'),
  '/v1/batches/{id}/retry-failed': {
    post: {
      ...batchAction(
        'retryFailedItems',
        'Run the failed items of a batch again',
        'Each as a new run of its job: all of them, or those that failed with one of `codes`.',
      ).post,
      requestBody: { required: false, content: { 'application/json': { schema: RetryFailed } } },
    },
  },
  '/v1/batches/{id}/reports/{name}': {
    get: {
      operationId: 'getBatchReport',
      summary: 'Download results.jsonl, failures.jsonl or summary.csv',
      tags: ['batches'],
      requestParams: { path: ReportParams },
      responses: withErrors(
        {
          '200': {
            description: 'The report, once the batch has ended.',
            content: { 'application/octet-stream': binary },
          },
        },
        'notFound',
      ),
    },
  },
  '/v1/batches/{id}/derivative': {
    get: {
      operationId: 'listDerivative',
      summary: 'List the results of a BIDS dataset as a BIDS derivative',
      tags: ['batches'],
      requestParams: { ...batchId, query: ListDerivative },
      responses: withErrors({ '200': json(DerivativePage, 'A page, by path.') }, 'notFound', 'conflict'),
    },
  },
  '/v1/batches/{id}/derivative/{path}': {
    get: {
      operationId: 'getDerivativeFile',
      summary: 'Download a file of the BIDS derivative; the path keeps its slashes',
      tags: ['batches'],
      requestParams: { path: DerivativeParams },
      responses: withErrors(
        { '200': { description: 'The file.', content: { 'application/octet-stream': binary } } },
        'notFound',
        'conflict',
      ),
    },
  },
};
