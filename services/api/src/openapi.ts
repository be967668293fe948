import {
  JobEvent,
  JobPage,
  JobView,
  ListJobs,
  ListTasks,
  Manifest,
  PackList,
  Readiness,
  RESEARCH_NOTICE,
  SubmitJob,
  TaskList,
  UploadedVolume,
} from '@parse3d/contract';
import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import { batchPaths } from './openapi/batches.js';
import { listVolumes, pagePaths } from './openapi/page.js';
import { binary, idempotencyKey, json, problem, withErrors } from './openapi/parts.js';
import { rulePaths } from './openapi/rules.js';
import { scorePaths } from './openapi/score.js';
import { webhookPaths } from './openapi/webhooks.js';
import { JobParams } from './routes/jobs.js';

const id = { path: JobParams };

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
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'p3d_…' },
        eventsToken: { type: 'http', scheme: 'bearer', description: 'PARSE3D_EVENTS_TOKEN of the server.' },
      },
    },
    security: [{ apiKey: [] }],
    paths: {
      '/v1/volumes': {
        get: listVolumes,
        post: {
          operationId: 'uploadVolume',
          summary: 'Upload a volume: NIfTI, a zip file of a DICOM series, or .npz',
          tags: ['volumes'],
          requestBody: {
            required: true,
            content: { 'application/octet-stream': binary, 'application/gzip': binary, 'application/zip': binary },
          },
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
          requestParams: { header: idempotencyKey('job') },
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
      ...rulePaths,
      ...webhookPaths,
      '/v1/packs': {
        get: {
          operationId: 'listPacks',
          summary: 'Models of this server',
          tags: ['packs'],
          responses: withErrors({ '200': json(PackList, 'Packs and their targets.') }),
        },
      },
      '/v1/tasks': {
        get: {
          operationId: 'searchTasks',
          summary: 'Search the task catalogue',
          description: `What the promptable model was evaluated for, by modality; with \`q\` it completes a typed prompt. ${RESEARCH_NOTICE}`,
          tags: ['packs'],
          requestParams: { query: ListTasks },
          responses: withErrors({ '200': json(TaskList, 'Tasks, the likeliest first.') }),
        },
      },
      ...scorePaths,
      ...pagePaths,
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
