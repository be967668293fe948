import { blobKeys, Delivery, parseBlobKeys, WebhookRecord, type WebhookEvent } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll, readListed, readRecord, writeJson, type BlobStore, type OnUnreadable } from '@parse3d/storage';

/** Names one delivery. */
interface DueKey {
  readonly tenant: string;
  readonly endpointId: string;
  readonly deliveryId: string;
}

/** What storage remembers of webhooks: endpoints, the log of what was sent to each, and the markers of what is due. */
export class WebhookLedger {
  readonly #store: BlobStore;
  readonly #onUnreadable: OnUnreadable;

  constructor(store: BlobStore, onUnreadable: OnUnreadable = () => undefined) {
    this.#store = store;
    this.#onUnreadable = onUnreadable;
  }

  /** A tenant's endpoints, oldest first. One whose record cannot be read keeps no job from ending, and gets nothing. */
  async list(tenant: string): Promise<WebhookRecord[]> {
    const records: WebhookRecord[] = [];
    for await (const { key } of listAll(this.#store, blobKeys.tenantWebhooksPrefix(tenant))) {
      const record = await readListed(this.#store, key, WebhookRecord, this.#onUnreadable);
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

  /** A damaged one counts as none: it must not keep the job from ending that it tells of. */
  delivery(endpointId: string, deliveryId: string): Promise<Delivery | undefined> {
    return readListed(this.#store, blobKeys.delivery(endpointId, deliveryId), Delivery, this.#onUnreadable);
  }

  async writeDelivery(endpointId: string, delivery: Delivery): Promise<void> {
    await writeJson(this.#store, blobKeys.delivery(endpointId, delivery.id), delivery);
  }

  /** The latest deliveries, newest first: their ids begin with the time, counted down. */
  async deliveries(endpointId: string, limit: number): Promise<Delivery[]> {
    const page = await this.#store.list({ prefix: blobKeys.deliveriesPrefix(endpointId), limit });
    const ids = page.blobs.map(({ key }) => parseBlobKeys.delivery(key)).filter((id) => id !== undefined);
    const found = await Promise.all(
      ids.map((id) => readListed(this.#store, blobKeys.delivery(endpointId, id), Delivery, this.#onUnreadable)),
    );
    return found.filter((delivery) => delivery !== undefined);
  }

  /** Removes all of the log but its newest entries, and those that are still to be delivered. */
  async prune(endpointId: string, kept: number): Promise<void> {
    let index = 0;
    for await (const { key } of listAll(this.#store, blobKeys.deliveriesPrefix(endpointId))) {
      if (index++ < kept) continue;
      const id = parseBlobKeys.delivery(key);
      const entry = id === undefined ? undefined : await this.delivery(endpointId, id);
      if (entry?.status !== 'due') await this.#store.delete(key);
    }
  }

  /** The log's entry, then the marker. Repeated, it does not make due again what was delivered. */
  async enter(due: DueKey, event: WebhookEvent): Promise<void> {
    const key = blobKeys.delivery(due.endpointId, due.deliveryId);
    const dueSince = new Date().toISOString();
    const entry: Delivery = { id: due.deliveryId, event, status: 'due', dueSince, attempts: [] };
    try {
      await writeJson(this.#store, key, entry, { ifAbsent: true });
    } catch (error) {
      if (!isProblem(error, 'blob-exists')) throw error;
      const earlier = await this.delivery(due.endpointId, due.deliveryId);
      if (earlier?.status !== 'due') return;
    }
    await this.markDue(due);
  }

  async markDue(due: DueKey): Promise<void> {
    await writeJson(this.#store, blobKeys.outbox(due.tenant, due.endpointId, due.deliveryId), {});
  }

  async unmarkDue(due: DueKey): Promise<void> {
    await this.#store.delete(blobKeys.outbox(due.tenant, due.endpointId, due.deliveryId));
  }

  /** Every delivery that is due, from the markers. */
  async *listDue(): AsyncGenerator<DueKey> {
    for await (const { key } of listAll(this.#store, blobKeys.outboxPrefix)) {
      const due = parseBlobKeys.outbox(key);
      if (due !== undefined) yield due;
    }
  }

  #record(key: string): Promise<WebhookRecord | undefined> {
    return readRecord(this.#store, key, WebhookRecord);
  }
}
