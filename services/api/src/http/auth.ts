import { isLinkToken, type ApiKeyRecord, type Scope } from '@parse3d/platform/access';
import { Problem } from '@parse3d/contract/problems';
import type { Request } from 'express';
import type { ApiDeps } from '../deps.js';
import { markKnown } from './connections.js';
import { requireEventsToken } from './events-token.js';
import { requireOwnPage, sessionToken } from './session.js';

/**
 * Who may call an operation: a key with one scope, or with all of several; a sender that shows the token of storage
 * events; or anybody, which has to be said.
 */
export type Access = Scope | readonly Scope[] | 'events-token' | 'public';

/** What a request is let in with. */
export interface LetIn {
  readonly key: ApiKeyRecord;
  /** The only job that it opens. */
  readonly jobId?: string;
  /** Whose share of what is counted a request takes: that of the key, or of the link. */
  readonly holder: string;
  /** Whether the session or link stands; absent for a key, which is asked for anyway. */
  readonly stands?: () => Promise<boolean>;
}

/**
 * Lets only requests pass that show what the operation asks for: a key, the session that a browser began with one, or,
 * where the operation takes them, a link to the job that `id` of the path names. Nothing of the body is read before.
 *
 * @param takesLinks whether a link to one job opens the operation
 * @returns with the record of the key, where the operation needs one; that of a link can read and nothing else
 * @throws Problem `unauthorized`, `forbidden`; `not-found` where the server takes no storage events
 */
export async function authorise(
  access: Access,
  request: Request,
  deps: ApiDeps,
  takesLinks = false,
): Promise<LetIn | undefined> {
  if (access === 'public') return undefined;
  if (access === 'events-token') {
    requireEventsToken(request, deps.config.PARSE3D_EVENTS_TOKEN);
    markKnown(request.socket);
    return undefined;
  }
  const found = await letIn(request, deps);
  const { key, jobId } = found;
  markKnown(request.socket);
  if (jobId !== undefined && (!takesLinks || request.params['id'] !== jobId)) {
    throw new Problem('forbidden', `this link shows job ${jobId} and opens nothing else`, { jobId });
  }
  for (const scope of typeof access === 'string' ? [access] : access) {
    if (!key.scopes.includes(scope)) {
      throw new Problem('forbidden', `this API key lacks the scope ${scope}`, { scope });
    }
  }
  return found;
}

async function letIn(request: Request, deps: ApiDeps): Promise<LetIn> {
  if (request.headers.authorization === undefined) {
    const session = sessionToken(request);
    const found = session === undefined ? undefined : await deps.sessions.verify(session);
    if (session !== undefined && found !== undefined) {
      requireOwnPage(request, deps.config);
      return { key: found.key, holder: found.key.id, stands: () => deps.sessions.stands(session) };
    }
  }
  const token = bearerToken(request);
  if (token !== undefined && isLinkToken(token)) {
    const link = await deps.links.verify(token);
    if (link === undefined) {
      throw new Problem('unauthorized', 'this link has expired or was revoked; ask who sent it for another');
    }
    return {
      key: { ...link.key, scopes: link.key.scopes.filter((scope) => scope === 'jobs:read') },
      jobId: link.record.jobId,
      holder: `link ${link.record.id}`,
      stands: () => deps.links.stands(token),
    };
  }
  const key = token === undefined ? undefined : await deps.apiKeys.verify(token);
  if (key === undefined) {
    throw new Problem('unauthorized', 'expected a header "Authorization: Bearer p3d_…" with a valid API key');
  }
  return { key, holder: key.id };
}

function bearerToken(request: Request): string | undefined {
  return /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1];
}
