import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';

/** The body of every error answer: RFC 9457, with the code's own fields beside the standard ones. */
const ProblemResponse = z
  .looseObject({
    type: z.string().meta({ description: 'Stable slug of the problem.', example: '/problems/prompt-unknown' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What was expected, what came, what to do.' }),
    requestId: z.string().optional(),
  })
  .meta({ id: 'Problem' });

/** What an operation answers, by status. */
export type Answers = ZodOpenApiOperationObject['responses'];

export const json = (schema: z.ZodType, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemResponse } },
});

/** A file, whole or in ranges. */
export const file = (description: string): Answers => ({
  '200': { description, content: { 'application/octet-stream': binary } },
  '206': { description: 'One range of bytes.', content: { 'application/octet-stream': binary } },
  '304': { description: 'The client has this version.' },
  '416': problem('The range lies outside the file.'),
});

export const binary = { schema: { type: 'string' as const, format: 'binary' } };

/** Errors that many operations share. */
export interface CommonErrors {
  /** What may be missing, as a noun: `job`. */
  readonly notFound?: string;
  readonly conflict?: true;
  readonly unprocessable?: true;
  /** The tenant's quota may be used up. */
  readonly quota?: true;
  /** What may have been removed, as a noun, where that is not found under `notFound`. */
  readonly gone?: string;
}

/** The answers of an operation that needs a key. */
export function withErrors(answers: Answers, errors: CommonErrors = {}): Answers {
  const { notFound, gone = notFound, conflict, unprocessable, quota } = errors;
  return {
    ...answers,
    '400': problem('The request does not have the expected form.'),
    '401': problem('No valid API key.'),
    '403': problem('The key lacks the scope or may not read the volume.'),
    ...(notFound && { '404': problem(`The ${notFound} was not found, or belongs to another tenant.`) }),
    ...(gone && { '410': problem(`The ${gone} was removed by its owner, or at the end of its retention.`) }),
    ...(conflict && {
      '409': problem('The state does not allow it, or the idempotency key was used for something else.'),
    }),
    ...(unprocessable && { '422': problem('Volume, prompts, pack or modality cannot be used.') }),
    ...(quota && { '429': problem('The tenant has used up its quota. Try again later.') }),
    '503': problem('Redis or the storage is away, or the storage is full; nothing was accepted. Try again.'),
  };
}

/** What a body can be refused for before it is looked into. An operation that says more of it keeps its words. */
export const bodyErrors = (needsType: boolean, answers: Answers): Answers => ({
  '408': problem('The body comes too slowly.'),
  '413': problem('The body is too large.'),
  ...(needsType ? { '415': problem('The content type is not understood.') } : {}),
  ...answers,
});
