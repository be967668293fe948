import { Problem } from '@parse3d/contract/problems';
import type { z } from 'zod';

/**
 * What a client sent, in the form that the schema gives it. The only place where a `ZodError` becomes the client's fault:
 * one from anywhere else comes from a document of ours, and is answered as our own failure.
 *
 * @throws Problem `request-invalid` with every fault and where it lies
 */
export function parseRequest<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
  const detail = faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  throw new Problem('request-invalid', detail, { faults });
}
