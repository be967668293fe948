import { pause } from '@parse3d/async';
import { EventReceipt } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { Request } from 'express';
import { z } from 'zod';
import type { EventMessage } from '../events/message.js';
import { receive } from '../events/receive.js';
import type { Sns } from '../events/sns.js';
import { json, problem } from '../http/answers.js';
import { textBody } from '../http/body.js';
import { operation } from '../http/operation.js';

/** Some senders, such as radosgw, repeat at once and without end what was not taken. The answer sets their pace. Unit: ms. */
const PACE_MS = 1_000;

/**
 * What storage services tell of new objects. The 200 comes when everything in the message is durable; until then the
 * sender should keep it.
 */
export const storageEventRoutes = (sns: Sns) => [
  operation({
    method: 'post',
    path: '/v1/events/storage',
    scope: 'events-token',
    query: z.object({
      token: z.string().optional().meta({ description: 'The token, for senders that can set no header.' }),
    }),
    headers: z.object({ 'x-parse3d-token': z.string().optional() }),
    // SNS calls its JSON text/plain, and CloudEvents has types of its own.
    body: textBody(z.looseObject({})),
    id: 'storageEvent',
    summary: 'Take a storage event',
    description:
      'Notifications of S3, MinIO and Ceph, SNS envelopes, EventBridge, and CloudEvents of Azure Blob Storage and ' +
      'Google Cloud Storage. The 200 comes when all of it is durable; the sender should send again until then.',
    tag: 'rules',
    answers: {
      '200': json(
        EventReceipt,
        'Everything in it has its job or waits for its batch, was refused for good, or concerns no rule.',
      ),
      '400': problem('The form is unknown.'),
      '401': problem('Not the token of storage events.'),
      '403': problem('The envelope is not signed by Amazon SNS.'),
      '404': problem('This server takes no storage events.'),
      '503': problem('Something in it could not be taken. Send it again.'),
    },
    async handler({ body, request, response }, deps) {
      const receipt = await receive(messageOf(request, body), sns, deps).catch(async (error: unknown) => {
        if (isProblem(error, 'events-incomplete')) {
          await pause(PACE_MS, deps.draining).catch(() => undefined);
        }
        throw error;
      });
      request.log.info({ ...receipt }, 'storage event taken');
      response.json(receipt);
    },
  }),

  operation({
    method: 'options',
    path: '/v1/events/storage',
    scope: 'events-token',
    summary: 'A sender of CloudEvents asks first whether it may send',
    tag: 'rules',
    answers: { '200': { description: 'It may.' } },
    handler({ request, response }) {
      const origin = request.get('webhook-request-origin');
      if (origin !== undefined) response.set({ 'WebHook-Allowed-Origin': origin, 'WebHook-Allowed-Rate': '*' });
      response.set('Allow', 'POST, OPTIONS').status(200).end();
    },
  }),
];

function messageOf(request: Request, body: string): EventMessage {
  const headers = Object.fromEntries(Object.keys(request.headers).map((name) => [name, request.get(name)]));
  try {
    return { headers, body: JSON.parse(body) as unknown };
  } catch {
    throw new Problem('event-unknown', 'expected a body of JSON');
  }
}
