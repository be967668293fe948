import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from '@parse3d/contract/problems';
import type { Request } from 'express';

/**
 * Lets only senders pass that show the token of storage events: as a bearer, in `X-Parse3d-Token`, or, for services that
 * can do nothing else, as `?token=`. It is looked at before the body is read.
 */
export function requireEventsToken(request: Request, expected: string | undefined): void {
  if (expected === undefined) {
    throw new Problem('not-found', 'this server takes no storage events; PARSE3D_EVENTS_TOKEN switches them on');
  }
  const shown = tokenOf(request);
  if (shown === undefined || !timingSafeEqual(digest(shown), digest(expected))) {
    throw new Problem('unauthorized', 'expected the token of storage events, as "Authorization: Bearer …"');
  }
}

function tokenOf(request: Request): string | undefined {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const { token } = request.query;
  return bearer ?? request.get('x-parse3d-token') ?? (typeof token === 'string' ? token : undefined);
}

/** Equal lengths, so that nothing about the token shows in the time that comparing takes. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
