import { Problem } from '@parse3d/contract/problems';
import type { Request, Response } from 'express';
import type { ApiConfig } from '../config.js';

/** Only pages of this server can send it: a page from elsewhere would have to ask first, and is refused. */
const PAGE_HEADER = 'x-parse3d-page';

/** The token of the session that a browser sent. */
export function sessionToken(request: Request): string | undefined {
  const name = cookieName(request);
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value !== undefined) return value;
  }
  return undefined;
}

/**
 * Lets the browser keep a session. Scripts cannot read the cookie, and it comes with requests of this server's own pages
 * alone.
 */
export function setSession(
  request: Request,
  response: Response,
  token: string,
  maxAge: number,
  config: ApiConfig,
): void {
  response.cookie(cookieName(request), token, { ...cookieOptions(request, config), maxAge });
}

export function clearSession(request: Request, response: Response, config: ApiConfig): void {
  response.clearCookie(cookieName(request), cookieOptions(request, config));
}

const cookieOptions = (request: Request, config: ApiConfig) =>
  ({ httpOnly: true, sameSite: 'strict', secure: isEncrypted(request, config), path: '/' }) as const;

/** Cookies know no ports: two servers on one machine would sign each other out. */
function cookieName(request: Request): string {
  const port = /:(\d{1,5})$/.exec(request.get('host') ?? '')?.[1];
  return port === undefined ? 'parse3d-session' : `parse3d-session-${port}`;
}

const isEncrypted = (request: Request, { PARSE3D_PUBLIC_URL }: ApiConfig): boolean =>
  PARSE3D_PUBLIC_URL?.startsWith('https:') === true || /^https\b/.test(request.get('x-forwarded-proto') ?? '');

/**
 * A cookie comes by itself, whoever made the browser ask. So a request that changes something has to carry a header that no
 * other page can send, and whatever the browser says of the asking page has to name this server.
 *
 * @throws Problem `forbidden`
 */
export function requireOwnPage(request: Request, config: ApiConfig): void {
  const safe = request.method === 'GET' || request.method === 'HEAD';
  const site = request.get('sec-fetch-site');
  const origin = request.get('origin');
  const isOwn =
    (site === undefined || site === 'same-origin' || (safe && site === 'none')) &&
    (origin === undefined || ownHosts(request, config).includes(hostOf(origin)));
  if (isOwn && (safe || request.get(PAGE_HEADER) !== undefined)) return;
  throw new Problem(
    'forbidden',
    `a session counts for pages of this server alone, which send ${PAGE_HEADER}; programs send "Authorization: Bearer p3d_…"`,
  );
}

/** Under which this server is reached; a page from elsewhere can set none of these headers. */
const ownHosts = (request: Request, { PARSE3D_PUBLIC_URL }: ApiConfig): (string | undefined)[] =>
  [
    request.get('host'),
    request.get('x-forwarded-host'),
    PARSE3D_PUBLIC_URL === undefined ? undefined : hostOf(PARSE3D_PUBLIC_URL),
  ].filter((host) => host !== undefined);

/** Undefined for an origin without one, as of a sandboxed frame. */
const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);
