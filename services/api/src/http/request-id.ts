import { randomUUID } from 'node:crypto';
import type { Request } from 'express';

/** Names a request in its log lines, in `X-Request-Id` and in problems. */
export const newRequestId = (): string => randomUUID();

/** The name that `newRequestId` gave; what pino keeps may be of any kind. */
export const requestId = ({ id }: Request): string => (typeof id === 'string' ? id : 'none');
