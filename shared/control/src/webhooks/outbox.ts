import { placeOf, type BatchRecord, type Manifest, type WebhookEvent } from '@parse3d/contract';
import type { BatchFinished } from '../ledger/batches.js';
import type { WebhookLedger } from '../ledger/webhooks.js';
import type { OutboxHints } from '../live/outbox-hints.js';

/**
 * Puts the ends of jobs and batches into the outbox of every endpoint that wants to know: storage (log entry, marker),
 * then Redis (a hint that makes it fast). An announcement comes before everything that makes the end final, so that
 * whoever repeats the rest after a crash repeats this too, under the same id.
 */
export class Outbox {
  readonly #ledger: WebhookLedger;
  readonly #hints: OutboxHints;

  constructor(ledger: WebhookLedger, hints: OutboxHints) {
    this.#ledger = ledger;
    this.#hints = hints;
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
    const endpoints = (await this.#ledger.list(tenant)).filter(
      ({ events, disabledAt }) => events.includes(event.type) && disabledAt === undefined,
    );
    const deliveryId = `${countdown(Date.parse(event.timestamp))}-${name}`;
    const due = endpoints.map(({ id }) => ({ tenant, endpointId: id, deliveryId }));
    for (const delivery of due) await this.#ledger.enter(delivery, event);
    await this.#hints.add(due);
  }
}

/** Milliseconds as 13 digits that fall with time, so that a listing begins with the newest. */
const countdown = (ms: number): string => String(9_999_999_999_999 - ms).padStart(13, '0');
