import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { ProblemResponse } from '../problems.js';

export const json = (schema: z.ZodType, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemResponse } },
});
export const binary = { schema: { type: 'string' as const, format: 'binary' } };

/** The header under which a request can be repeated. @param what the request makes */
export const idempotencyKey = (what: string) =>
  z.object({
    'idempotency-key': z
      .string()
      .max(255)
      .optional()
      .meta({ description: `A repeated request under the same key finds the first one’s ${what}, at any time.` }),
  });

type Responses = ZodOpenApiOperationObject['responses'];
/** An operation's answers, with those that every operation has. */
export const withErrors = (
  responses: Responses,
  ...more: ('notFound' | 'conflict' | 'unprocessable')[]
): Responses => ({
  ...responses,
  '400': problem('The request does not have the expected form.'),
  '401': problem('No valid API key.'),
  '403': problem('The key lacks the scope or may not read the volume.'),
  ...(more.includes('notFound') ? { '404': problem('No such job of yours.') } : {}),
  ...(more.includes('conflict') ? { '409': problem('The job’s state or the idempotency key does not allow it.') } : {}),
  ...(more.includes('unprocessable') ? { '422': problem('Volume, prompts, pack or modality cannot be used.') } : {}),
  '503': problem('Redis or the storage is away; nothing was accepted. Try again.'),
});
