import type { Delivery, WebhookRecord } from '@parse3d/contract';
import type { Ledger } from '../ledger/ledger.js';
import type { WebhookLedger } from '../ledger/webhooks.js';
import type { Live } from '../live/live.js';
import type { DueDelivery } from '../live/outbox-hints.js';
import { dropDelivery, enqueueDeliveries, type WebhookQueue } from '../live/webhook-queue.js';

/** Endpoints of webhooks, the log of what was sent to each, and what is still due. */
export class Webhooks {
  readonly #ledger: WebhookLedger;
  readonly #queue: WebhookQueue;

  constructor(ledger: Ledger, live: Live) {
    this.#ledger = ledger.webhooks;
    this.#queue = live.webhookQueue;
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
   * Makes a delivery due again, whatever came of it before: storage (log entry, marker), then Redis (at the head of the
   * queue). Killed in between, the relay finds the marker.
   */
  async redeliver(tenant: string, endpointId: string, delivery: Delivery): Promise<Delivery> {
    const again: Delivery = { ...delivery, status: 'due', dueSince: new Date().toISOString() };
    const due = { tenant, endpointId, deliveryId: delivery.id };
    await this.#ledger.writeDelivery(endpointId, again);
    await this.#ledger.markDue(due);
    await dropDelivery(this.#queue, due);
    await enqueueDeliveries(this.#queue, [due]);
    return again;
  }
}
