import { placeOf, type BatchRecord, type Manifest, type WebhookEvent } from '@parse3d/contract';
import type { Rights } from '@parse3d/platform/access';
import type { BatchFinished } from '../ledger/batches.js';
import type { WebhookLedger } from '../ledger/webhooks.js';
import type { DueDelivery, OutboxHints } from '../live/outbox-hints.js';

/**
 * Puts the ends of jobs and batches into the outbox of every endpoint that wants to know: storage (log entry, marker),
 * then Redis (a hint that makes it fast). An announcement comes before everything that makes the end final, so that
 * whoever repeats the rest after a crash repeats this too, under the same id.
 */
export class Outbox {
  readonly #ledger: WebhookLedger;
  readonly #hints: OutboxHints;
  readonly #rights: Rights;

  constructor(ledger: WebhookLedger, hints: OutboxHints, rights: Rights) {
    this.#ledger = ledger;
    this.#hints = hints;
    this.#rights = rights;
  }

  /** Jobs of a batch are not announced one by one: the end of the batch is. */
  async announceJob(manifest: Manifest): Promise<void> {
    const { jobId, run, tenant, status, finishedAt, metadata } = manifest;
    if (placeOf(jobId) !== undefined) return;
    const problem = manifest.status === 'failed' ? { problemCode: manifest.problem.code } : {};
    await this.#announce(tenant, `${jobId}-${run}`, {
      type: `job.${status}`,
      timestamp: finishedAt,
      data: { jobId, run, status, ...problem, metadata },
    });
  }

  async announceBatch({ batchId, tenant, metadata }: BatchRecord, end: BatchFinished): Promise<void> {
    const { status, completed, failed, canceled } = end;
    await this.#announce(tenant, batchId, {
      type: 'batch.finished',
      timestamp: end.finishedAt,
      data: { batchId, status, completed, failed, canceled, metadata },
    });
  }

  async #announce(tenant: string, name: string, event: WebhookEvent): Promise<void> {
    const deliveryId = `${countdown(Date.parse(event.timestamp))}-${name}`;
    const due: DueDelivery[] = [];
    for (const endpoint of await this.#ledger.list(tenant)) {
      const { id, events, disabledAt } = endpoint;
      if (!events.includes(event.type) || disabledAt !== undefined) continue;
      if ((await this.#rights.of(endpoint)).stands) due.push({ tenant, endpointId: id, deliveryId });
    }
    for (const delivery of due) await this.#ledger.enter(delivery, event);
    await this.#hints.add(due);
  }
}

/** Milliseconds as 13 digits that fall with time, so that a listing begins with the newest. */
const countdown = (ms: number): string => String(9_999_999_999_999 - ms).padStart(13, '0');
