import type { WebhookRecord, WebhookView } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { ApiDeps } from './deps.js';

/** @throws Problem `not-found`, also for another tenant's endpoint */
export async function findWebhook(id: string, tenant: string, deps: ApiDeps): Promise<WebhookRecord> {
  const record = await deps.control.webhooks.find(tenant, id);
  if (record === undefined) throw new Problem('not-found', `there is no webhook ${id}`, { id });
  return record;
}

/** The endpoint without its secrets. Says so when nothing is sent for want of its key. */
export async function viewWebhook(record: WebhookRecord, { control }: ApiDeps): Promise<WebhookView> {
  const { tenant: _tenant, secret: _secret, previous: _previous, keyId: _keyId, ...view } = record;
  const standing = await control.rights.of(record);
  return { ...view, ...(standing.stands ? {} : { stopped: standing.why }) };
}
