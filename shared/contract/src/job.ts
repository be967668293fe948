import { z } from 'zod';
import { askedSpec, jobSpec } from './job-spec.js';
import { BlobUri, JobId, Timestamp, Traceparent } from './primitives.js';
import { ProblemBody } from './problem-body.js';

/** Body of `POST /v1/jobs`. */
export const SubmitJob = z
  .strictObject({
    input: z.strictObject({ uri: BlobUri }),
    ...askedSpec,
  })
  .meta({ id: 'SubmitJob' });
export type SubmitJob = z.infer<typeof SubmitJob>;

/** A job as accepted: everything a worker needs, durable in the pending marker before the 202. */
export const JobRequest = z.strictObject({
  jobId: JobId,
  /** 1 for the first run; a retry is a new run. */
  run: z.int().min(1),
  tenant: z.string().min(1).max(64),
  input: z.strictObject({ uri: BlobUri, etag: z.string(), bytes: z.int().nonnegative() }),
  ...jobSpec,
  prompts: jobSpec.prompts.min(1),
  createdAt: Timestamp,
  /** SHA-256 of the client's body, to tell a repeated request from another one under the same idempotency key. */
  requestSha256: z.string(),
  /** The key in whose name it runs: with the key it is withdrawn. Absent in what earlier versions accepted. */
  keyId: z.string().optional(),
  /** The span that accepted the job: everything done for it hangs below. Absent when nothing is traced. */
  traceparent: Traceparent.optional(),
  /** The span that accepted the batch of this job, whose trace is its own: a batch may have a million jobs. */
  batchTraceparent: Traceparent.optional(),
});
export type JobRequest = z.infer<typeof JobRequest>;

export const jobStatuses = ['waiting', 'running', 'completed', 'failed', 'canceled'] as const;
export const JobStatus = z.enum(jobStatuses);
export type JobStatus = z.infer<typeof JobStatus>;

/** How a run ends. */
export type JobEnd = Exclude<JobStatus, 'waiting' | 'running'>;

/** True when nothing more happens to the run. */
export function isEnded(status: JobStatus): status is JobEnd {
  return status !== 'waiting' && status !== 'running';
}

export const stages = ['fetch', 'read', 'prepare', 'infer', 'restore', 'encode', 'upload', 'commit'] as const;
export const Stage = z.enum(stages);
export type Stage = z.infer<typeof Stage>;

// The view’s `outputs` are files, and how they were made stands in the manifest.
const { outputs: _outputs, options: _options, ...seenSpec } = jobSpec;

/** What `GET /v1/jobs/:id` answers. */
export const JobView = z
  .strictObject({
    id: JobId,
    status: JobStatus,
    run: z.int().min(1),
    input: z.strictObject({ uri: BlobUri, bytes: z.int() }),
    ...seenSpec,
    createdAt: Timestamp,
    startedAt: Timestamp.optional(),
    finishedAt: Timestamp.optional(),
    /** While running. */
    stage: Stage.optional(),
    progress: z.number().min(0).max(1).optional().meta({ description: 'Share of the work done, 0 to 1.' }),
    etaSeconds: z.number().nonnegative().optional(),
    attempt: z.int().min(1).optional().meta({ description: 'Number of the attempt, from 1.' }),
    cancelRequested: z.boolean().optional(),
    /** While waiting: how many jobs are ahead in this tenant’s lane. */
    position: z.int().nonnegative().optional(),
    problem: ProblemBody.optional(),
    outputs: z
      .array(z.strictObject({ name: z.string(), url: z.string(), bytes: z.int(), sha256: z.string() }))
      .optional(),
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof JobView>;
