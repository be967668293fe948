import { setTimeout as pause } from 'node:timers/promises';
import { isProblem, Problem } from '@parse3d/contract/problems';
import express, { Router, type Request } from 'express';
import type { ApiDeps } from '../deps.js';
import type { EventMessage } from '../events/message.js';
import { receive } from '../events/receive.js';
import { Sns, type FetchText } from '../events/sns.js';
import { requireEventsToken } from '../events/token.js';

/** Some senders repeat at once and for ever what was not taken: radosgw does. The answer sets their pace. Unit: ms. */
const PACE_MS = 1_000;

/**
 * `POST /v1/events/storage`: what storage services tell of new objects. The 200 comes when everything in the message is
 * durable; until then the sender should keep it.
 */
export function storageEventRoutes(deps: ApiDeps, fetchText?: FetchText): Router {
  const router = Router();
  const sns = new Sns(fetchText);
  const token = requireEventsToken(deps.config.PARSE3D_EVENTS_TOKEN);
  // SNS calls its JSON text/plain, and CloudEvents has types of its own.
  const anyBody = express.text({ type: () => true, limit: '1mb' });

  router.post('/v1/events/storage', token, anyBody, async (request, response) => {
    const receipt = await receive(messageOf(request), sns, deps).catch(async (error: unknown) => {
      if (isProblem(error, 'events-incomplete')) {
        await pause(PACE_MS, undefined, { signal: deps.draining }).catch(() => undefined);
      }
      throw error;
    });
    request.log.info({ ...receipt }, 'storage event taken');
    response.json(receipt);
  });

  // A sender of CloudEvents asks first whether it may send.
  router.options('/v1/events/storage', token, (request, response) => {
    const origin = request.get('webhook-request-origin');
    if (origin !== undefined) response.set({ 'WebHook-Allowed-Origin': origin, 'WebHook-Allowed-Rate': '*' });
    response.set('Allow', 'POST, OPTIONS').status(200).end();
  });
  return router;
}

function messageOf(request: Request): EventMessage {
  const headers = Object.fromEntries(Object.keys(request.headers).map((name) => [name, request.get(name)]));
  try {
    return { headers, body: JSON.parse(String(request.body)) as unknown };
  } catch {
    throw new Problem('event-unknown', 'expected a body of JSON');
  }
}
