import { z } from 'zod';
import { DEFAULT_PACK } from '@parse3d/contract/packs';
import { byteSize, commaList, duration, flag } from './env.js';

/** Variables that the api and the worker both read. */
export const commonEnv = z.object({
  PARSE3D_REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'expected redis://… or rediss://…')
    .default('redis://127.0.0.1:6379')
    .describe('The Redis that holds the queue.'),
  PARSE3D_REDIS_PREFIX: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, 'expected lower-case letters, digits and hyphens')
    .default('parse3d')
    .describe('Namespace of every key in Redis, so that several installations can share one server.'),
  PARSE3D_STORAGE: z
    .enum(['file', 's3'])
    .default('file')
    .describe('Where objects are kept: in a folder, or in S3 or a store that speaks its language.'),
  PARSE3D_BUCKET: z
    .string()
    .default('parse3d')
    .describe('The service’s own bucket: uploads, pending markers, results, API keys.'),
  PARSE3D_STORAGE_ROOT: z
    .string()
    .default('.parse3d/storage')
    .describe('Root folder of the file store; every bucket is a folder in it.'),
  PARSE3D_S3_ENDPOINT: z.url().optional().describe('Store other than AWS.'),
  PARSE3D_S3_REGION: z.string().default('us-east-1').describe('Region of the buckets.'),
  PARSE3D_S3_ACCESS_KEY_ID: z
    .string()
    .optional()
    .describe('Without it the SDK looks in its usual places: environment, files, the machine’s role.'),
  PARSE3D_S3_SECRET_ACCESS_KEY: z.string().optional().describe('Belongs to the access key.'),
  PARSE3D_S3_FORCE_PATH_STYLE: flag('true').describe('Bucket in the path instead of the host name.'),
  PARSE3D_S3_REQUEST_TIMEOUT: duration('60s').describe(
    'Longest time until the head of the store’s answer has come, the sending of a body of up to 8 MiB included.',
  ),
  PARSE3D_S3_IDLE_TIMEOUT: duration('30s').describe(
    'Longest time in which nothing at all moves on a connection to the store; then a read goes on over another.',
  ),
  PARSE3D_PACKS: commaList('packs').describe('Folders that hold packs, one sub-folder each.'),
  PARSE3D_DEFAULT_PACK: z.string().default(DEFAULT_PACK).describe('Pack of jobs that name none.'),
  PARSE3D_MAX_VOXELS: z.coerce
    .number()
    .int()
    .positive()
    .default(1024 * 1024 * 1024)
    .describe('Largest volume that is accepted, in voxels.'),
  PARSE3D_MAX_VOLUME_BYTES: byteSize('8GiB').describe('Largest object that is accepted as a volume.'),
  PARSE3D_STORAGE_QUOTA: byteSize('0').describe(
    'Most bytes that a tenant may have stored, uploads and results together, unless its own settings say otherwise; 0 ' +
      'for no limit.',
  ),
  PARSE3D_STORAGE_MARGIN: byteSize('512MiB').describe(
    'Room that has to stay free on the disk of the file store: with less nothing new is accepted. 0 turns this check off.',
  ),
  PARSE3D_UPLOADS_KEPT: duration('7d').describe(
    'Time after which an upload that no job, batch or rule names is removed.',
  ),
  PARSE3D_RETENTION: duration('0s').describe(
    'Age at which ended jobs and batches are removed with their results, unless the tenant’s own settings say ' +
      'otherwise; 0s for never.',
  ),
  PARSE3D_KEEPING_EVERY: duration('1h').describe(
    'Time between two walks through all that is stored, which count it and remove what has outlived its time.',
  ),
  PARSE3D_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least severe messages that are logged.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url()
    .optional()
    .describe('Collector that gets the traces, by OTLP over HTTP; /v1/traces is added. Without any nothing is traced.'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url().optional().describe('The same as a whole URL; wins over the former.'),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .optional()
    .describe('Headers for the collector, such as its key: name=value, separated by commas.'),
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_always_on')
    .describe('Which requests are traced.'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of requests that the samplers by ratio trace.'),
  PARSE3D_TRACE_FILE: z
    .string()
    .optional()
    .describe('File that spans are appended to as lines of JSON, for development.'),
});
export type CommonEnv = z.infer<typeof commonEnv>;
