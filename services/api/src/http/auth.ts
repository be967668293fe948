import type { ApiKeyRecord, Scope } from '@parse3d/platform/access';
import { Problem } from '@parse3d/contract/problems';
import type { Request } from 'express';
import type { ApiDeps } from '../deps.js';
import { markKnown } from './connections.js';
import { requireEventsToken } from './events-token.js';

/**
 * Who may call an operation: a key with one scope, or with all of several; a sender that shows the token of storage
 * events; or anybody, which has to be said.
 */
export type Access = Scope | readonly Scope[] | 'events-token' | 'public';

/**
 * Lets only requests pass that show what the operation asks for. Nothing of the body is read before.
 *
 * @returns the record of the key, where the operation needs one
 * @throws Problem `unauthorized`, `forbidden`; `not-found` where the server takes no storage events
 */
export async function authorise(access: Access, request: Request, deps: ApiDeps): Promise<ApiKeyRecord | undefined> {
  if (access === 'public') return undefined;
  if (access === 'events-token') {
    requireEventsToken(request, deps.config.PARSE3D_EVENTS_TOKEN);
    markKnown(request.socket);
    return undefined;
  }
  const key = bearerToken(request);
  const record = key === undefined ? undefined : await deps.apiKeys.verify(key);
  if (record === undefined) {
    throw new Problem('unauthorized', 'expected a header "Authorization: Bearer p3d_…" with a valid API key');
  }
  markKnown(request.socket);
  for (const scope of typeof access === 'string' ? [access] : access) {
    if (!record.scopes.includes(scope)) {
      throw new Problem('forbidden', `this API key lacks the scope ${scope}`, { scope });
    }
  }
  return record;
}

function bearerToken(request: Request): string | undefined {
  return /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1];
}
