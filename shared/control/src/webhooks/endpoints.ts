import { blobKeys, Delivery, WebhookRecord } from '@parse3d/contract';
import { listAll, readRecord, writeJson, type BlobStore } from '@parse3d/storage';

/** Endpoints of webhooks in object storage, with the log of what was sent to each. */
export class WebhookStore {
  readonly #store: BlobStore;

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** A tenant's endpoints, oldest first. */
  async list(tenant: string): Promise<WebhookRecord[]> {
    const records: WebhookRecord[] = [];
    for await (const { key } of listAll(this.#store, blobKeys.tenantWebhooksPrefix(tenant))) {
      const record = await this.#record(key);
      if (record !== undefined) records.push(record);
    }
    return records.sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  }

  async get(tenant: string, id: string): Promise<WebhookRecord | undefined> {
    return this.#record(blobKeys.webhook(tenant, id));
  }

  async write(record: WebhookRecord): Promise<void> {
    await writeJson(this.#store, blobKeys.webhook(record.tenant, record.id), record);
  }

  /** Removes the endpoint and its log. What is still due finds no endpoint and goes too. */
  async delete(tenant: string, id: string): Promise<void> {
    await this.#store.delete(blobKeys.webhook(tenant, id));
    for await (const { key } of listAll(this.#store, blobKeys.deliveriesPrefix(id))) await this.#store.delete(key);
  }

  delivery(endpointId: string, deliveryId: string): Promise<Delivery | undefined> {
    return readRecord(this.#store, blobKeys.delivery(endpointId, deliveryId), Delivery);
  }

  async writeDelivery(endpointId: string, delivery: Delivery): Promise<void> {
    await writeJson(this.#store, blobKeys.delivery(endpointId, delivery.id), delivery);
  }

  /** The latest deliveries, newest first: their ids begin with the time, counted down. */
  async deliveries(endpointId: string, limit: number): Promise<Delivery[]> {
    const page = await this.#store.list({ prefix: blobKeys.deliveriesPrefix(endpointId), limit });
    const ids = page.blobs.map(({ key }) => key.slice(blobKeys.deliveriesPrefix(endpointId).length, -'.json'.length));
    const found = await Promise.all(ids.map((id) => this.delivery(endpointId, id)));
    return found.filter((delivery) => delivery !== undefined);
  }

  /** Removes all of the log but its newest entries, and those that are still to be delivered. */
  async prune(endpointId: string, kept: number): Promise<void> {
    const prefix = blobKeys.deliveriesPrefix(endpointId);
    let index = 0;
    for await (const { key } of listAll(this.#store, prefix)) {
      if (index++ < kept) continue;
      const entry = await this.delivery(endpointId, key.slice(prefix.length, -'.json'.length));
      if (entry?.status !== 'due') await this.#store.delete(key);
    }
  }

  #record(key: string): Promise<WebhookRecord | undefined> {
    return readRecord(this.#store, key, WebhookRecord);
  }
}
