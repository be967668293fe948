import { z } from 'zod';
import {
  JobRequest,
  JobStatus,
  OutputFile,
  parseStored,
  ProblemBody,
  Stage,
  type StoredSchema,
} from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';

const json = <T>(schema: StoredSchema<T>) => z.string().transform((text) => parseStored(schema, JSON.parse(text)));

/** The hash in Redis, parsed: Redis is an edge too. */
const StoredRecord = z.object({
  request: json(JobRequest),
  run: z.coerce.number().int(),
  status: JobStatus,
  attempt: z.coerce.number().int(),
  attemptId: z.string().optional(),
  worker: z.string().optional(),
  fed: z.string().optional(),
  cancel: z.string().optional(),
  stage: Stage.optional(),
  progress: z.coerce.number().optional(),
  etaSeconds: z.coerce.number().optional(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  problem: json(ProblemBody).optional(),
  outputs: json(z.array(OutputFile)).optional(),
});
export type JobRecord = z.infer<typeof StoredRecord>;

/** What HGETALL answered: the record, nothing, or the problem `record-invalid`. */
export function readRecord(hash: unknown, jobId: string): JobRecord | Problem | undefined {
  if (typeof hash !== 'object' || hash === null || !('status' in hash)) return undefined;
  try {
    return StoredRecord.parse(hash);
  } catch (cause) {
    const detail = `the live record of job ${jobId} is not one that this version can read`;
    return new Problem('record-invalid', detail, { jobId }, { cause });
  }
}
