import { z } from 'zod';
import { SubmitJob } from './job.js';
import { BlobUri, Timestamp } from './primitives.js';
import { Prompt } from './prompt.js';

/** A whole bucket: `s3://bucket/` or `local://bucket/`. */
export const BucketUri = z
  .string()
  .regex(/^(s3|local):\/\/[a-z0-9][a-z0-9._-]{1,62}\/$/, 'expected s3://bucket/ or local://bucket/')
  .meta({ example: 's3://scans/' });

/** What is asked of every object that a rule takes: a job without its input. */
export const JobTemplate = SubmitJob.omit({ input: true })
  .extend({ lane: z.enum(['interactive', 'batch']).default('batch') })
  .meta({ id: 'JobTemplate' });
export type JobTemplate = z.infer<typeof JobTemplate>;

const name = z.string().max(200);
const prefix = z.string().max(1024).meta({ description: 'Keys begin so.', example: 'incoming/' });
const suffix = z.string().min(1).max(128).meta({ description: 'Keys end so. Default: `.nii` or `.nii.gz`.' });

/** Body of `POST /v1/rules`. */
export const CreateRule = z
  .strictObject({
    name: name.optional(),
    bucket: BucketUri,
    prefix: prefix.default(''),
    suffix: suffix.optional(),
    job: JobTemplate,
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
    enabled: z.boolean().optional(),
  })
  .meta({ id: 'ChangeRule' });
export type ChangeRule = z.infer<typeof ChangeRule>;

const StoredTemplate = z.strictObject({ ...JobTemplate.shape, prompts: z.array(Prompt) });

/** `rules/<tenant>/<id>.json`: the rule, and in whose name it acts. */
export const RuleRecord = z.strictObject({
  id: z.uuid(),
  tenant: z.string(),
  /** What the key that last wrote the rule may read: no job of the rule reads more. */
  inputs: z.array(z.string()),
  name: z.string().optional(),
  bucket: BucketUri,
  prefix: z.string(),
  suffix: z.string().optional(),
  job: StoredTemplate,
  enabled: z.boolean(),
  createdAt: Timestamp,
  /** The rule takes objects that came after this moment: its making, or the last change of what it matches. */
  since: Timestamp,
});
export type RuleRecord = z.infer<typeof RuleRecord>;

/** What `GET /v1/rules/:id` answers. */
export const RuleView = RuleRecord.omit({ tenant: true, inputs: true }).meta({ id: 'Rule' });
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
    repeated: z.int().meta({ description: 'Jobs that were there already.' }),
    refused: z.int().meta({ description: 'Objects that can make no job; logged and listed with their rule.' }),
    ignored: z.int().meta({ description: 'Not for any rule: removals, folder markers, other keys, own results.' }),
  })
  .meta({ id: 'EventReceipt' });
export type EventReceipt = z.infer<typeof EventReceipt>;
