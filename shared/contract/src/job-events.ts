import { z } from 'zod';
import { JobStatus, Stage } from './job.js';
import { JobId, Timestamp } from './primitives.js';

/** One line of a job's event stream: every state change, and progress while it runs. */
export const JobEvent = z
  .strictObject({
    jobId: JobId,
    run: z.int().min(1),
    at: Timestamp,
    status: JobStatus,
    stage: Stage.optional(),
    progress: z.number().min(0).max(1).optional(),
    etaSeconds: z.number().nonnegative().optional(),
    attempt: z.int().min(1).optional(),
    /** For people: `slice 12 of 63`. */
    message: z.string().optional(),
    problemCode: z.string().optional(),
  })
  .meta({ id: 'JobEvent' });
export type JobEvent = z.infer<typeof JobEvent>;
