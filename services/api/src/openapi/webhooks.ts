import { CreateWebhook, Delivery, DeliveryList, WebhookList, WebhookView, WebhookWithSecret } from '@parse3d/contract';
import { DeliveryParams, ListDeliveries, WebhookParams } from '../routes/webhooks.js';
import { json, withErrors } from './parts.js';

const id = { path: WebhookParams };

export const webhookPaths = {
  '/v1/webhooks': {
    post: {
      operationId: 'createWebhook',
      summary: 'Be told when jobs and batches end',
      description:
        'Messages are signed by the Standard Webhooks scheme and sent until a 2xx comes, for three days. The secret is ' +
        'shown in this answer alone.',
      tags: ['webhooks'],
      requestBody: { required: true, content: { 'application/json': { schema: CreateWebhook } } },
      responses: withErrors({ '201': json(WebhookWithSecret, 'Made.') }, 'unprocessable'),
    },
    get: {
      operationId: 'listWebhooks',
      summary: 'List webhooks, oldest first',
      tags: ['webhooks'],
      responses: withErrors({ '200': json(WebhookList, 'Webhooks.') }),
    },
  },
  '/v1/webhooks/{id}': {
    get: {
      operationId: 'getWebhook',
      summary: 'One webhook',
      tags: ['webhooks'],
      requestParams: id,
      responses: withErrors({ '200': json(WebhookView, 'The webhook.') }, 'notFound'),
    },
    delete: {
      operationId: 'deleteWebhook',
      summary: 'Remove a webhook and its log',
      tags: ['webhooks'],
      requestParams: id,
      responses: withErrors({ '204': { description: 'Removed.' } }, 'notFound'),
    },
  },
  '/v1/webhooks/{id}/rotate': {
    post: {
      operationId: 'rotateWebhookSecret',
      summary: 'Make a new secret',
      description: 'The old one signs too for 24 hours.',
      tags: ['webhooks'],
      requestParams: id,
      responses: withErrors({ '200': json(WebhookWithSecret, 'With the new secret.') }, 'notFound'),
    },
  },
  '/v1/webhooks/{id}/deliveries': {
    get: {
      operationId: 'listDeliveries',
      summary: 'What was sent, the latest first',
      tags: ['webhooks'],
      requestParams: { ...id, query: ListDeliveries },
      responses: withErrors({ '200': json(DeliveryList, 'Deliveries and their attempts.') }, 'notFound'),
    },
  },
  '/v1/webhooks/{id}/deliveries/{deliveryId}/replay': {
    post: {
      operationId: 'replayDelivery',
      summary: 'Send an event once more',
      tags: ['webhooks'],
      requestParams: { path: DeliveryParams },
      responses: withErrors({ '202': json(Delivery, 'It is due again, under the same id.') }, 'notFound', 'conflict'),
    },
  },
};
