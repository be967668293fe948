import { problemFrom, ProblemError } from '@parse3d/client';
import { computed, signal } from '@preact/signals';
import { forgetNames } from './batches/sent-names.js';

/** Sent by pages of the server alone: without it a session changes nothing. */
export const PAGE_HEADER = 'X-Parse3d-Page';

/** Whether somebody is signed in. While it is being asked nothing is shown that would have to change. */
export const standing = signal<'asking' | 'in' | 'out'>('asking');
/**
 * What requests show besides the session's cookie, which scripts cannot read: the token of a link, or the key where the
 * server could keep no session. It is never written down.
 */
export const bearer = signal<string | undefined>(undefined);
/** The only job that is seen, for who came by a link. */
export const sharedJob = signal<string | undefined>(undefined);
/** Why nobody is signed in. */
export const whyOut = signal<unknown>(undefined);

export const signedIn = computed(() => standing.value === 'in');
/** Whether there is nothing but a link: it looks, and changes nothing. */
export const isGuest = computed(() => sharedJob.value !== undefined);

/** Calls the API as this page, with the cookie of its session. */
export async function pageFetch(request: Request): Promise<Response> {
  request.headers.set(PAGE_HEADER, '1');
  const response = await fetch(request);
  if (response.status === 401 && standing.value === 'in') end();
  return response;
}

/** Where the key was kept before there were sessions. */
const FORMERLY = 'parse3d.key';

/**
 * Signs in with what the address brings, or with an earlier session. A key comes in `#key=…`, as `parse3d up` prints it;
 * a link to one job has its token there. What follows # stays in the browser; a key is removed from the address at once.
 */
export async function restoreSession(): Promise<void> {
  sessionStorage.removeItem(FORMERLY);
  const shared = /^\/shared\/([0-9a-f-]{36})$/.exec(location.pathname)?.[1];
  if (shared !== undefined) {
    sharedJob.value = shared;
    bearer.value = location.hash.slice(1);
    standing.value = 'in';
    return;
  }
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key !== null) {
    history.replaceState(null, '', location.pathname + location.search);
    await signIn(key).catch((error: unknown) => {
      whyOut.value = error;
      standing.value = 'out';
    });
    return;
  }
  await resume();
}

/** Goes on with the session that the browser has, if it has one. */
export async function resume(): Promise<void> {
  standing.value = 'asking';
  whyOut.value = undefined;
  try {
    const response = await pageFetch(new Request('/v1/session'));
    if (response.status !== 401) await requireSuccess(response);
    standing.value = response.ok ? 'in' : 'out';
  } catch (error) {
    whyOut.value = error;
    standing.value = 'out';
  }
}

/**
 * Begins a session with a key, which is forgotten then. Where the server can keep no session, as with a full storage, the
 * key is kept as long as the tab.
 *
 * @throws ProblemError when the server does not take the key
 */
export async function signIn(typed: string): Promise<void> {
  const key = typed.trim();
  const headers = { Authorization: `Bearer ${key}` };
  let response = await pageFetch(new Request('/v1/session', { method: 'POST', headers }));
  const kept = response.status < 500;
  if (!kept) response = await pageFetch(new Request('/v1/session', { headers }));
  await requireSuccess(response);
  bearer.value = kept ? undefined : key;
  whyOut.value = undefined;
  standing.value = 'in';
}

/** Ends the session here and on the server. */
export async function signOut(): Promise<void> {
  forgetNames();
  const asked = pageFetch(new Request('/v1/session', { method: 'DELETE' }));
  bearer.value = undefined;
  whyOut.value = undefined;
  standing.value = 'out';
  await asked.catch(() => undefined);
}

/** The server takes what was shown no longer. */
function end(): void {
  bearer.value = undefined;
  whyOut.value = new ProblemError({
    status: 401,
    code: 'unauthorized',
    title: isGuest.value ? 'This link opens nothing any more' : 'You are signed out',
    detail: isGuest.value
      ? 'It has expired or was revoked; ask who sent it for another.'
      : 'The session has ended, or its key has expired or was revoked.',
  });
  standing.value = 'out';
}

async function requireSuccess(response: Response): Promise<void> {
  if (response.ok) return;
  const problem = problemFrom(response.status, await response.json().catch(() => undefined), location.origin);
  if (response.status !== 401) throw problem;
  throw new ProblemError({
    status: 401,
    code: 'unauthorized',
    title: 'The server does not know this key',
    detail: 'It may be mistyped, revoked or expired.',
  });
}
