import {
  BatchList,
  BatchSize,
  BatchView,
  DerivativePage,
  ItemPage,
  ListDerivative,
  ListItems,
  SubmitBatch,
  JobEvent,
  JobPage,
  JobView,
  ListJobs,
  Manifest,
  PackList,
  Readiness,
  RESEARCH_NOTICE,
  SubmitJob,
  UploadedVolume,
} from '@parse3d/shared/contract';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { ProblemResponse } from './problems.js';
import { BatchParams, ListBatches, ReportParams } from './routes/batches.js';
import { DerivativeParams } from './routes/derivatives.js';
import { JobParams } from './routes/jobs.js';

const json = (schema: z.ZodType, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemResponse } },
});
const binary = { schema: { type: 'string' as const, format: 'binary' } };

type Responses = ZodOpenApiOperationObject['responses'];
const withErrors = (responses: Responses, ...more: ('notFound' | 'conflict' | 'unprocessable')[]): Responses => ({
  ...responses,
  '400': problem('The request does not have the expected form.'),
  '401': problem('No valid API key.'),
  '403': problem('The key lacks the scope or may not read the volume.'),
  ...(more.includes('notFound') ? { '404': problem('No such job of yours.') } : {}),
  ...(more.includes('conflict') ? { '409': problem('The job’s state or the idempotency key does not allow it.') } : {}),
  ...(more.includes('unprocessable') ? { '422': problem('Volume, prompts, pack or modality cannot be used.') } : {}),
  '503': problem('Redis or the storage is away; nothing was accepted. Try again.'),
});

const id = { path: JobParams };
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

const batchPaths = {
  '/v1/batches': {
    post: {
      operationId: 'submitBatch',
      summary: 'Segment many volumes',
      description:
        'The 202 comes once every item is durable. With `dryRun` nothing is stored and the answer is a count.',
      tags: ['batches'],
      requestBody: { required: true, content: { 'application/json': { schema: SubmitBatch } } },
      responses: withErrors(
        { '200': json(BatchSize, 'A dry run.'), '202': json(BatchView, 'Accepted.') },
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
  '/v1/batches/{id}/retry-failed': batchAction(
    'retryFailedItems',
    'Run the failed items of a batch again',
    'Each as a new run of its job.',
  ),
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

/** The OpenAPI 3.1 document, made from the schemas that parse the requests. */
export function openApiDocument(version: string, publicUrl: string | undefined): ReturnType<typeof createDocument> {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'parse3d',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description: `Text-prompted segmentation of 3D biomedical volumes. ${RESEARCH_NOTICE}`,
    },
    ...(publicUrl === undefined ? {} : { servers: [{ url: publicUrl }] }),
    components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'p3d_…' } } },
    security: [{ apiKey: [] }],
    paths: {
      '/v1/volumes': {
        post: {
          operationId: 'uploadVolume',
          summary: 'Upload a NIfTI volume',
          tags: ['volumes'],
          requestBody: { required: true, content: { 'application/octet-stream': binary, 'application/gzip': binary } },
          responses: withErrors(
            { '201': json(UploadedVolume, 'Stored; `uri` is what a job refers to.'), '413': problem('Too large.') },
            'unprocessable',
          ),
        },
      },
      '/v1/jobs': {
        post: {
          operationId: 'submitJob',
          summary: 'Segment a volume',
          description: 'The 202 comes once the job is durable: no failure of the queue loses it.',
          tags: ['jobs'],
          requestParams: {
            header: z.object({
              'idempotency-key': z
                .string()
                .max(255)
                .optional()
                .meta({ description: 'A repeated request under the same key finds the first one’s job, at any time.' }),
            }),
          },
          requestBody: { required: true, content: { 'application/json': { schema: SubmitJob } } },
          responses: withErrors({ '202': json(JobView, 'Accepted.') }, 'conflict', 'unprocessable'),
        },
        get: {
          operationId: 'listJobs',
          summary: 'List recent jobs, newest first',
          tags: ['jobs'],
          requestParams: { query: ListJobs },
          responses: withErrors({ '200': json(JobPage, 'A page.') }),
        },
      },
      '/v1/jobs/{id}': {
        get: {
          operationId: 'getJob',
          summary: 'Status of a job',
          tags: ['jobs'],
          requestParams: id,
          responses: withErrors({ '200': json(JobView, 'The job, live or from its manifest.') }, 'notFound'),
        },
        delete: {
          operationId: 'cancelJob',
          summary: 'Cancel a job',
          tags: ['jobs'],
          requestParams: id,
          responses: withErrors({ '202': json(JobView, 'It stops within seconds.') }, 'notFound', 'conflict'),
        },
      },
      '/v1/jobs/{id}/retry': {
        post: {
          operationId: 'retryJob',
          summary: 'Run a failed or canceled job again',
          tags: ['jobs'],
          requestParams: id,
          responses: withErrors({ '202': json(JobView, 'A new run of the same job.') }, 'notFound', 'conflict'),
        },
      },
      '/v1/jobs/{id}/events': {
        get: {
          operationId: 'watchJob',
          summary: 'Follow a job as server-sent events',
          description: 'Resumes after `Last-Event-ID`; ends with the job. The data of each event is a JobEvent.',
          tags: ['jobs'],
          requestParams: id,
          responses: withErrors(
            { '200': { description: 'Events.', content: { 'text/event-stream': { schema: JobEvent } } } },
            'notFound',
          ),
        },
      },
      '/v1/jobs/{id}/outputs/manifest.json': {
        get: {
          operationId: 'getManifest',
          summary: 'Manifest of an ended job',
          tags: ['outputs'],
          requestParams: id,
          responses: withErrors({ '200': json(Manifest, 'What was done and found.') }, 'notFound', 'conflict'),
        },
      },
      '/v1/jobs/{id}/outputs/{name}': {
        get: {
          operationId: 'getOutput',
          summary: 'Download an output',
          tags: ['outputs'],
          requestParams: { path: JobParams.extend({ name: z.string().meta({ example: 'labels.nii.gz' }) }) },
          responses: withErrors(
            {
              '200': {
                description: 'The file. Byte ranges are served.',
                content: { 'application/octet-stream': binary },
              },
              '307': { description: 'A short-lived URL of the store, where the server is set up so.' },
            },
            'notFound',
            'conflict',
          ),
        },
      },
      ...batchPaths,
      '/v1/packs': {
        get: {
          operationId: 'listPacks',
          summary: 'Models of this server',
          tags: ['packs'],
          responses: withErrors({ '200': json(PackList, 'Packs and their targets.') }),
        },
      },
      '/healthz': {
        get: {
          operationId: 'health',
          summary: 'The process lives',
          tags: ['operations'],
          security: [],
          responses: { '200': { description: 'It does.' } },
        },
      },
      '/readyz': {
        get: {
          operationId: 'readiness',
          summary: 'The service can do its work',
          tags: ['operations'],
          security: [],
          responses: { '200': json(Readiness, 'Ready.'), '503': json(Readiness, 'Not ready, and why.') },
        },
      },
    },
  });
}
