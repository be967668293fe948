import type { ApiKeyRecord, ApiKeys, Scope } from '@parse3d/platform/access';
import { Problem } from '@parse3d/contract/problems';
import type { Request, RequestHandler } from 'express';

const callers = new WeakMap<Request, ApiKeyRecord>();

/** Lets only requests pass that carry a valid key with this scope. */
export function requireScope(apiKeys: ApiKeys, scope: Scope): RequestHandler {
  return async (request, _response, next) => {
    const key = bearerToken(request);
    const record = key === undefined ? undefined : await apiKeys.verify(key);
    if (record === undefined) {
      throw new Problem('unauthorized', 'expected a header "Authorization: Bearer p3d_…" with a valid API key');
    }
    if (!record.scopes.includes(scope)) {
      throw new Problem('forbidden', `this API key lacks the scope ${scope}`, { scope });
    }
    callers.set(request, record);
    next();
  };
}

/** The key of an authorised request. */
export function callerOf(request: Request): ApiKeyRecord {
  const caller = callers.get(request);
  if (caller === undefined) throw new Problem('internal', 'the route forgot requireScope');
  return caller;
}

function bearerToken(request: Request): string | undefined {
  return /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1];
}
