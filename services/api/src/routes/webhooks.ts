import { CreateWebhook } from '@parse3d/contract';
import { Router, type Request } from 'express';
import { z } from 'zod';
import type { ApiDeps } from '../deps.js';
import { callerOf, requireScope } from '../http/auth.js';
import { createWebhook, findWebhook, replay, rotateSecret, viewWebhook } from '../webhooks/endpoints.js';

export const WebhookParams = z.object({ id: z.uuid() });
export const DeliveryParams = WebhookParams.extend({ deliveryId: z.string().regex(/^\d{13}-[0-9a-f-]{36,60}$/) });
export const ListDeliveries = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) });

/** `/v1/webhooks`: where the ends of jobs and batches are told. */
export function webhookRoutes(deps: ApiDeps): Router {
  const router = Router();
  const read = requireScope(deps.apiKeys, 'jobs:read');
  const write = requireScope(deps.apiKeys, 'jobs:write');
  const { webhooks } = deps.control;
  const find = (request: Request) =>
    findWebhook(WebhookParams.parse(request.params).id, callerOf(request).tenant, deps);

  router.post('/v1/webhooks', write, async (request, response) => {
    const record = await createWebhook(CreateWebhook.parse(request.body), callerOf(request).tenant, deps);
    request.log.info({ webhookId: record.id, tenant: record.tenant }, 'webhook made');
    response
      .status(201)
      .location(`/v1/webhooks/${record.id}`)
      .set('Cache-Control', 'no-store')
      .json({ ...viewWebhook(record), secret: record.secret });
  });

  router.get('/v1/webhooks', read, async (request, response) => {
    response.json({ webhooks: (await webhooks.list(callerOf(request).tenant)).map(viewWebhook) });
  });

  router.get('/v1/webhooks/:id', read, async (request, response) => {
    response.json(viewWebhook(await find(request)));
  });

  router.delete('/v1/webhooks/:id', write, async (request, response) => {
    const { tenant, id } = await find(request);
    await webhooks.remove(tenant, id);
    request.log.info({ webhookId: id, tenant }, 'webhook removed');
    response.status(204).end();
  });

  router.post('/v1/webhooks/:id/rotate', write, async (request, response) => {
    const record = await rotateSecret(await find(request), deps);
    response.set('Cache-Control', 'no-store').json({ ...viewWebhook(record), secret: record.secret });
  });

  router.get('/v1/webhooks/:id/deliveries', read, async (request, response) => {
    const { limit } = ListDeliveries.parse(request.query);
    response.json({ deliveries: await webhooks.deliveries((await find(request)).id, limit) });
  });

  router.post('/v1/webhooks/:id/deliveries/:deliveryId/replay', write, async (request, response) => {
    const { deliveryId } = DeliveryParams.parse(request.params);
    response.status(202).json(await replay(await find(request), deliveryId, deps));
  });
  return router;
}
