import { SessionView } from '@parse3d/contract';
import type { ApiKeyRecord } from '@parse3d/platform/access';
import { Problem } from '@parse3d/contract/problems';
import { json, problem } from '../http/answers.js';
import { operation } from '../http/operation.js';
import { clearSession, requireOwnPage, sessionToken, setSession } from '../http/session.js';

/** Sessions of browsers: the page shows its key once, and keeps a cookie that no script can read. */
export const sessionRoutes = [
  operation({
    method: 'post',
    path: '/v1/session',
    scope: [],
    id: 'openSession',
    summary: 'Sign a browser in',
    description:
      'The key comes in the Authorization header; the answer sets a cookie that counts for this server’s own pages. It ' +
      'ends by DELETE, after a while, or with the key.',
    tag: 'operations',
    answers: { '201': json(SessionView, 'Signed in.') },
    async handler({ caller, request, response }, deps) {
      if (request.headers.authorization === undefined) {
        throw new Problem(
          'forbidden',
          'a session begins with a key in the Authorization header, not with another session',
        );
      }
      const { token, record } = await deps.sessions.open(caller, deps.config.PARSE3D_SESSION_LIFETIME);
      const left = Date.parse(record.expiresAt) - Date.now();
      setSession(request, response, token, left, deps.config);
      request.log.info({ keyId: caller.id, tenant: caller.tenant, sessionId: record.id }, 'signed in');
      response.status(201).set('Cache-Control', 'no-store').json(viewSession(caller, record.expiresAt));
    },
  }),

  operation({
    method: 'get',
    path: '/v1/session',
    scope: [],
    id: 'getSession',
    summary: 'As whom a request comes',
    tag: 'operations',
    answers: { '200': json(SessionView, 'The key behind the session, or the key itself.') },
    async handler({ caller, request, response }, deps) {
      const token = request.headers.authorization === undefined ? sessionToken(request) : undefined;
      const session = token === undefined ? undefined : await deps.sessions.verify(token);
      response.set('Cache-Control', 'no-store').json(viewSession(caller, session?.record.expiresAt));
    },
  }),

  operation({
    method: 'delete',
    path: '/v1/session',
    scope: 'public',
    id: 'closeSession',
    summary: 'Sign a browser out',
    tag: 'operations',
    answers: {
      '204': { description: 'The session opens nothing any more.' },
      '403': problem('It is not a page of this server that asks.'),
    },
    async handler({ request, response }, deps) {
      requireOwnPage(request, deps.config);
      const token = sessionToken(request);
      if (token !== undefined) await deps.sessions.close(token);
      clearSession(request, response, deps.config);
      response.set('Cache-Control', 'no-store').status(204).end();
    },
  }),
];

const viewSession = ({ id, name, tenant, scopes }: ApiKeyRecord, expiresAt: string | undefined): SessionView => ({
  keyId: id,
  name,
  tenant,
  scopes,
  ...(expiresAt === undefined ? {} : { expiresAt }),
});
