import { z } from 'zod';

/** The header under which a request can be repeated. @param what the request makes */
export const idempotencyKey = (what: string) =>
  z.object({
    'idempotency-key': z
      .string()
      .max(255)
      .refine((key) => key !== '', 'expected a key of 1 to 255 characters')
      .optional()
      .meta({ description: `A repeated request under the same key finds the first one’s ${what}, at any time.` }),
  });
