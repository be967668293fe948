import { z } from 'zod';
import { problemCodes } from './problems/index.js';

/** A problem as stored in manifests and job records. */
export const ProblemBody = z
  .strictObject({
    code: z.enum(problemCodes),
    detail: z.string(),
    retry: z.enum(['never', 'later']),
    fields: z.record(z.string(), z.unknown()).default({}),
  })
  .meta({ id: 'ProblemBody' });
export type ProblemBody = z.infer<typeof ProblemBody>;
