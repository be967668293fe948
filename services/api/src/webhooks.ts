import type { WebhookRecord, WebhookView } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { ApiDeps } from './deps.js';

/** @throws Problem `not-found`, also for another tenant's endpoint */
export async function findWebhook(id: string, tenant: string, deps: ApiDeps): Promise<WebhookRecord> {
  const record = await deps.control.webhooks.find(tenant, id);
  if (record === undefined) throw new Problem('not-found', `there is no webhook ${id}`, { id });
  return record;
}

/** The endpoint without its secrets. */
export function viewWebhook(record: WebhookRecord): WebhookView {
  const { tenant: _tenant, secret: _secret, previous: _previous, ...view } = record;
  return view;
}
