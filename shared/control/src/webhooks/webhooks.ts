import type { CreateWebhook, Delivery, WebhookRecord } from '@parse3d/contract';
import type { ApiKeyRecord } from '@parse3d/platform/access';
import { Problem } from '@parse3d/contract/problems';
import { v7 as uuidByTime } from 'uuid';
import type { Ledger } from '../ledger/ledger.js';
import type { WebhookLedger } from '../ledger/webhooks.js';
import type { Live } from '../live/live.js';
import type { DueDelivery } from '../live/outbox-hints.js';
import { dropDelivery, enqueueDeliveries, type WebhookQueue } from '../live/webhook-queue.js';
import { whyRefused } from './post.js';
import { newSecret } from './signature.js';

/** Endpoints of one tenant: every end of a job is sent to all of them. */
const MAX_ENDPOINTS = 20;

/** How long the old secret signs too after a rotation, in ms. */
const ROTATION_MS = 24 * 3_600_000;

/** Endpoints of webhooks, the log of what was sent to each, and what is still due. */
export class Webhooks {
  readonly #ledger: WebhookLedger;
  readonly #queue: WebhookQueue;

  constructor(ledger: Ledger, live: Live) {
    this.#ledger = ledger.webhooks;
    this.#queue = live.webhookQueue;
  }

  /**
   * Adds an endpoint, with a secret of its own.
   *
   * @throws Problem `webhook-url-refused`, `quota-exceeded`
   */
  async create(
    body: CreateWebhook,
    { tenant, id: keyId }: Pick<ApiKeyRecord, 'tenant' | 'id'>,
    { allowInsecure }: { readonly allowInsecure: boolean },
  ): Promise<WebhookRecord> {
    const why = whyRefused(new URL(body.url), allowInsecure);
    if (why !== undefined) throw new Problem('webhook-url-refused', `nothing can be sent there: ${why}`);
    const count = (await this.list(tenant)).length;
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
      keyId,
      secret: newSecret(),
    };
    await this.write(record);
    return record;
  }

  /**
   * A new secret. The old one signs too for a day, so that the receiver can change over. From now on it is sent in the name
   * of this key.
   */
  async rotateSecret(record: WebhookRecord, keyId: string): Promise<WebhookRecord> {
    const until = new Date(Date.now() + ROTATION_MS).toISOString();
    const rotated = { ...record, keyId, secret: newSecret(), previous: { secret: record.secret, until } };
    await this.write(rotated);
    return rotated;
  }

  /** A tenant's endpoints, oldest first. */
  list(tenant: string): Promise<WebhookRecord[]> {
    return this.#ledger.list(tenant);
  }

  find(tenant: string, id: string): Promise<WebhookRecord | undefined> {
    return this.#ledger.get(tenant, id);
  }

  write(record: WebhookRecord): Promise<void> {
    return this.#ledger.write(record);
  }

  /** Removes the endpoint and its log. What is still due finds no endpoint and goes too. */
  remove(tenant: string, id: string): Promise<void> {
    return this.#ledger.delete(tenant, id);
  }

  /** The latest deliveries to an endpoint, newest first. */
  deliveries(endpointId: string, limit: number): Promise<Delivery[]> {
    return this.#ledger.deliveries(endpointId, limit);
  }

  delivery(endpointId: string, deliveryId: string): Promise<Delivery | undefined> {
    return this.#ledger.delivery(endpointId, deliveryId);
  }

  /** Notes what came of an attempt. The delivery stays due until `settle`. */
  log(endpointId: string, delivery: Delivery): Promise<void> {
    return this.#ledger.writeDelivery(endpointId, delivery);
  }

  /** The delivery has ended in some way: its marker goes. */
  settle(due: DueDelivery): Promise<void> {
    return this.#ledger.unmarkDue(due);
  }

  /** Removes all of an endpoint's log but its newest entries, and those that are still due. */
  prune(endpointId: string, kept: number): Promise<void> {
    return this.#ledger.prune(endpointId, kept);
  }

  /**
   * Makes a delivery due again, whatever came of it before, under the same id: storage (log entry, marker), then Redis (at
   * the head of the queue). Killed in between, the relay finds the marker.
   *
   * @throws Problem `not-found`, `state-conflict` when the endpoint is disabled
   */
  async redeliver({ tenant, id: endpointId, disabledAt }: WebhookRecord, deliveryId: string): Promise<Delivery> {
    const delivery = await this.delivery(endpointId, deliveryId);
    if (delivery === undefined) throw new Problem('not-found', `there is no delivery ${deliveryId}`, { deliveryId });
    if (disabledAt !== undefined) {
      throw new Problem('state-conflict', `webhook ${endpointId} is disabled: its endpoint answered 410`);
    }
    const again: Delivery = { ...delivery, status: 'due', dueSince: new Date().toISOString() };
    const due = { tenant, endpointId, deliveryId };
    await this.#ledger.writeDelivery(endpointId, again);
    await this.#ledger.markDue(due);
    await dropDelivery(this.#queue, due);
    await enqueueDeliveries(this.#queue, [due]);
    return again;
  }
}
