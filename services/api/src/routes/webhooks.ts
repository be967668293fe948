import { CreateWebhook, Delivery, DeliveryList, WebhookList, WebhookView, WebhookWithSecret } from '@parse3d/contract';
import { z } from 'zod';
import { json } from '../http/answers.js';
import { jsonBody } from '../http/body.js';
import { operation } from '../http/operation.js';
import { findWebhook, viewWebhook } from '../webhooks.js';

const WebhookParams = z.object({ id: z.uuid() });
const DeliveryParams = WebhookParams.extend({ deliveryId: z.string().regex(/^\d{13}-[0-9a-f-]{36,60}$/) });
const ListDeliveries = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) });

/** Where the ends of jobs and batches are told. */
export const webhookRoutes = [
  operation({
    method: 'post',
    path: '/v1/webhooks',
    scope: 'jobs:write',
    body: jsonBody(CreateWebhook),
    id: 'createWebhook',
    summary: 'Be told when jobs and batches end',
    description:
      'Messages are signed by the Standard Webhooks scheme and sent until a 2xx comes, for three days. The secret is ' +
      'shown in this answer alone.',
    tag: 'webhooks',
    answers: { '201': json(WebhookWithSecret, 'Made.') },
    errors: { unprocessable: true, quota: true },
    async handler({ body, caller, request, response }, deps) {
      const record = await deps.control.webhooks.create(body, caller, {
        allowInsecure: deps.config.PARSE3D_WEBHOOKS_ALLOW_INSECURE,
      });
      request.log.info({ webhookId: record.id, tenant: record.tenant }, 'webhook made');
      response
        .status(201)
        .location(`/v1/webhooks/${record.id}`)
        .set('Cache-Control', 'no-store')
        .json({ ...(await viewWebhook(record, deps)), secret: record.secret });
    },
  }),

  operation({
    method: 'get',
    path: '/v1/webhooks',
    scope: 'jobs:read',
    id: 'listWebhooks',
    summary: 'List webhooks, oldest first',
    tag: 'webhooks',
    answers: { '200': json(WebhookList, 'Webhooks.') },
    async handler({ caller, response }, deps) {
      const webhooks = await deps.control.webhooks.list(caller.tenant);
      response.json({ webhooks: await Promise.all(webhooks.map((record) => viewWebhook(record, deps))) });
    },
  }),

  operation({
    method: 'get',
    path: '/v1/webhooks/{id}',
    scope: 'jobs:read',
    params: WebhookParams,
    id: 'getWebhook',
    summary: 'One webhook',
    tag: 'webhooks',
    answers: { '200': json(WebhookView, 'The webhook.') },
    errors: { notFound: 'webhook' },
    async handler({ params, caller, response }, deps) {
      response.json(await viewWebhook(await findWebhook(params.id, caller.tenant, deps), deps));
    },
  }),

  operation({
    method: 'delete',
    path: '/v1/webhooks/{id}',
    scope: 'jobs:write',
    params: WebhookParams,
    id: 'deleteWebhook',
    summary: 'Remove a webhook and its log',
    tag: 'webhooks',
    answers: { '204': { description: 'Removed.' } },
    errors: { notFound: 'webhook' },
    async handler({ params, caller, request, response }, deps) {
      const { tenant, id } = await findWebhook(params.id, caller.tenant, deps);
      await deps.control.webhooks.remove(tenant, id);
      request.log.info({ webhookId: id, tenant }, 'webhook removed');
      response.status(204).end();
    },
  }),

  operation({
    method: 'post',
    path: '/v1/webhooks/{id}/rotate',
    scope: 'jobs:write',
    params: WebhookParams,
    id: 'rotateWebhookSecret',
    summary: 'Make a new secret',
    description: 'The old one signs too for 24 hours. From now on it is sent in the name of this key.',
    tag: 'webhooks',
    answers: { '200': json(WebhookWithSecret, 'With the new secret.') },
    errors: { notFound: 'webhook' },
    async handler({ params, caller, response }, deps) {
      const record = await deps.control.webhooks.rotateSecret(
        await findWebhook(params.id, caller.tenant, deps),
        caller.id,
      );
      response.set('Cache-Control', 'no-store').json({ ...(await viewWebhook(record, deps)), secret: record.secret });
    },
  }),

  operation({
    method: 'get',
    path: '/v1/webhooks/{id}/deliveries',
    scope: 'jobs:read',
    params: WebhookParams,
    query: ListDeliveries,
    id: 'listDeliveries',
    summary: 'What was sent, the latest first',
    tag: 'webhooks',
    answers: { '200': json(DeliveryList, 'Deliveries and their attempts.') },
    errors: { notFound: 'webhook' },
    async handler({ params, query, caller, response }, deps) {
      const { id } = await findWebhook(params.id, caller.tenant, deps);
      response.json({ deliveries: await deps.control.webhooks.deliveries(id, query.limit) });
    },
  }),

  operation({
    method: 'post',
    path: '/v1/webhooks/{id}/deliveries/{deliveryId}/replay',
    scope: 'jobs:write',
    params: DeliveryParams,
    id: 'replayDelivery',
    summary: 'Send an event once more',
    tag: 'webhooks',
    answers: { '202': json(Delivery, 'It is due again, under the same id.') },
    errors: { notFound: 'webhook or delivery', conflict: true },
    async handler({ params: { id, deliveryId }, caller, response }, deps) {
      response
        .status(202)
        .json(await deps.control.webhooks.redeliver(await findWebhook(id, caller.tenant, deps), deliveryId));
    },
  }),
];
