import { z } from 'zod';

/** The attributes of CloudEvents 1.0 that storage events need. */
export const CloudEvent = z.object({
  specversion: z.literal('1.0'),
  type: z.string(),
  source: z.string(),
  subject: z.string().optional(),
  data: z.unknown(),
});
export type CloudEvent = z.infer<typeof CloudEvent>;
