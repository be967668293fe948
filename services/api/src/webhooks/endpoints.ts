import type { CreateWebhook, Delivery, WebhookRecord, WebhookView } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { v7 as uuidByTime } from 'uuid';
import type { ApiDeps } from '../deps.js';
import { whyRefused } from './post.js';
import { newSecret } from './signature.js';

/** Endpoints of one tenant: every end of a job is sent to all of them. */
const MAX_ENDPOINTS = 20;

/** How long the old secret signs too after a rotation, in ms. */
const ROTATION_MS = 24 * 3_600_000;

/** @throws Problem `webhook-url-refused`, `quota-exceeded` */
export async function createWebhook(body: CreateWebhook, tenant: string, deps: ApiDeps): Promise<WebhookRecord> {
  const why = whyRefused(new URL(body.url), deps.config.PARSE3D_WEBHOOKS_ALLOW_INSECURE);
  if (why !== undefined) throw new Problem('webhook-url-refused', `nothing can be sent there: ${why}`);
  const { webhooks } = deps.control;
  const count = (await webhooks.list(tenant)).length;
  if (count >= MAX_ENDPOINTS) {
    throw new Problem('quota-exceeded', `tenant ${tenant} has ${count} webhooks, ${MAX_ENDPOINTS} are allowed`, {
      limit: MAX_ENDPOINTS,
    });
  }
  const record: WebhookRecord = {
    id: uuidByTime(),
    tenant,
    url: body.url,
    events: body.events,
    ...(body.name === undefined ? {} : { name: body.name }),
    createdAt: new Date().toISOString(),
    secret: newSecret(),
  };
  await webhooks.write(record);
  return record;
}

/** @throws Problem `not-found`, also for another tenant's endpoint */
export async function findWebhook(id: string, tenant: string, deps: ApiDeps): Promise<WebhookRecord> {
  const record = await deps.control.webhooks.find(tenant, id);
  if (record === undefined) throw new Problem('not-found', `there is no webhook ${id}`, { id });
  return record;
}

/** A new secret. The old one signs too for a day, so that the receiver can change over. */
export async function rotateSecret(record: WebhookRecord, deps: ApiDeps): Promise<WebhookRecord> {
  const until = new Date(Date.now() + ROTATION_MS).toISOString();
  const rotated = { ...record, secret: newSecret(), previous: { secret: record.secret, until } };
  await deps.control.webhooks.write(rotated);
  return rotated;
}

/** Sends an event once more, whatever came of it before, under the same id. @throws Problem `not-found` */
export async function replay(record: WebhookRecord, deliveryId: string, deps: ApiDeps): Promise<Delivery> {
  const { webhooks } = deps.control;
  const delivery = await webhooks.delivery(record.id, deliveryId);
  if (delivery === undefined) throw new Problem('not-found', `there is no delivery ${deliveryId}`, { deliveryId });
  if (record.disabledAt !== undefined) {
    throw new Problem('state-conflict', `webhook ${record.id} is disabled: its endpoint answered 410`);
  }
  return webhooks.redeliver(record.tenant, record.id, delivery);
}

export function viewWebhook(record: WebhookRecord): WebhookView {
  const { tenant: _tenant, secret: _secret, previous: _previous, ...view } = record;
  return view;
}
