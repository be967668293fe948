import { z } from 'zod';
import { SubmitJob } from './job.js';
import { BlobUri, Lane, Stopped, Timestamp } from './primitives.js';
import { Prompt } from './prompt.js';
import { storageUriPattern, VOLUME_ENDINGS } from './names/index.js';

/** A whole bucket: `s3://bucket/` or `local://bucket/`. */
export const BucketUri = z
  .string()
  .regex(storageUriPattern(''), 'expected s3://bucket/ or local://bucket/')
  .meta({ example: 's3://scans/' });

/** What is asked of every object that a rule takes: a job without its input. */
export const JobTemplate = SubmitJob.omit({ input: true })
  .extend({ lane: Lane.default('batch') })
  .meta({ id: 'JobTemplate' });
export type JobTemplate = z.infer<typeof JobTemplate>;

const name = z.string().max(200);
const prefix = z.string().max(1024).meta({ description: 'Keys begin so.', example: 'incoming/' });
const suffix = z
  .string()
  .min(1)
  .max(128)
  .meta({ description: `Keys end so. Default: what ends in ${VOLUME_ENDINGS}.` });

const units = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** A batch window in ms: `30s`, `5m` or `1h`; 0 without one. */
export function batchWindowMs(window: string | undefined): number {
  const [, count, unit] = /^(\d+)([smh])$/.exec(window ?? '') ?? [];
  return unit === 's' || unit === 'm' || unit === 'h' ? Number(count) * units[unit] : 0;
}

const MAX_WINDOW_MS = 24 * 3_600_000;

/** How long a rule collects objects for one batch. */
export const BatchWindow = z
  .string()
  .regex(/^\d{1,5}[smh]$/, 'expected a duration such as 30s, 5m or 1h')
  .refine((window) => batchWindowMs(window) <= MAX_WINDOW_MS, 'expected 24h at most')
  .meta({
    description: 'Objects that come within this time of the first become one batch. `0s`, or none: a job for each.',
    example: '30s',
  });

/** Body of `POST /v1/rules`. */
export const CreateRule = z
  .strictObject({
    name: name.optional(),
    bucket: BucketUri,
    prefix: prefix.default(''),
    suffix: suffix.optional(),
    job: JobTemplate,
    batchWindow: BatchWindow.optional(),
    enabled: z.boolean().default(true),
  })
  .meta({ id: 'CreateRule' });
export type CreateRule = z.infer<typeof CreateRule>;

/** Body of `PATCH /v1/rules/:id`: what is left out stays. */
export const ChangeRule = z
  .strictObject({
    name: name.optional(),
    prefix: prefix.optional(),
    suffix: suffix.optional(),
    job: JobTemplate.optional(),
    batchWindow: BatchWindow.optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: 'ChangeRule' });
export type ChangeRule = z.infer<typeof ChangeRule>;

const StoredTemplate = z.strictObject({ ...JobTemplate.shape, prompts: z.array(Prompt) });

/** `rules/<tenant>/<id>.json`: the rule, and in whose name it acts. */
export const RuleRecord = z.strictObject({
  id: z.uuid(),
  tenant: z.string(),
  /** What the key that last wrote the rule could read then. What counts is what it may read now; see `Rights`. */
  inputs: z.array(z.string()),
  /** That key. Absent in rules of earlier versions, which act as long as nobody revoked the whole tenant. */
  keyId: z.string().optional(),
  name: z.string().optional(),
  bucket: BucketUri,
  prefix: z.string(),
  suffix: z.string().optional(),
  job: StoredTemplate,
  batchWindow: BatchWindow.optional(),
  enabled: z.boolean(),
  createdAt: Timestamp,
  /** The rule takes objects that came after this moment: its making, or the last change of what it matches. */
  since: Timestamp,
});
export type RuleRecord = z.infer<typeof RuleRecord>;

/** What `GET /v1/rules/:id` answers. */
export const RuleView = RuleRecord.omit({ tenant: true, inputs: true, keyId: true })
  .extend({ stopped: Stopped.optional() })
  .meta({ id: 'Rule' });
export type RuleView = z.infer<typeof RuleView>;

export const RuleList = z.strictObject({ rules: z.array(RuleView) }).meta({ id: 'RuleList' });

/** An object that a rule took and that can make no job. */
export const Refusal = z.strictObject({
  at: Timestamp,
  uri: BlobUri,
  code: z.string().meta({ description: 'Code of the problem.', example: 'nifti-not-nifti' }),
  detail: z.string(),
});
export type Refusal = z.infer<typeof Refusal>;

/** Answer of `GET /v1/rules/:id/refusals`: the latest first. */
export const RefusalList = z.strictObject({ refusals: z.array(Refusal) }).meta({ id: 'RefusalList' });

/** What became of a storage event. The sender needs only the status; the counts are for people. */
export const EventReceipt = z
  .strictObject({
    format: z.string(),
    started: z.int().meta({ description: 'New jobs.' }),
    waiting: z.int().meta({ description: 'Objects that will be part of their rule’s next batch.' }),
    repeated: z.int().meta({ description: 'Objects of this version that were taken already.' }),
    refused: z.int().meta({ description: 'Objects that can make no job; logged and listed with their rule.' }),
    ignored: z.int().meta({ description: 'Not for any rule: removals, folder markers, other keys, own results.' }),
  })
  .meta({ id: 'EventReceipt' });
export type EventReceipt = z.infer<typeof EventReceipt>;
