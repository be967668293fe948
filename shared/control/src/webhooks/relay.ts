import type { Ledger } from '../ledger/ledger.js';
import type { Live } from '../live/live.js';
import type { DueDelivery } from '../live/outbox-hints.js';
import { enqueueDeliveries } from '../live/webhook-queue.js';

/** Deliveries added to the queue in one call. */
const CHUNK = 500;

/**
 * Moves what is due from the outbox into the queue: at once what Redis hints at, and regularly, and after Redis was
 * away, everything that the markers in storage name. Runs in the process that leads.
 */
export class DeliveryRelay {
  readonly #ledger: Ledger;
  readonly #live: Live;
  readonly #listEveryMs: number;
  readonly #onError: (error: unknown) => void;
  #listAt = 0;
  #pass: Promise<void> | undefined;
  #stopped = false;

  constructor(
    { ledger, live }: { ledger: Ledger; live: Live },
    options: { listEveryMs: number; onError: (error: unknown) => void },
  ) {
    this.#ledger = ledger;
    this.#live = live;
    this.#listEveryMs = options.listEveryMs;
    this.#onError = options.onError;
  }

  /** Begins a pass unless one is under way. */
  tend(): void {
    if (this.#stopped) return;
    this.#pass ??= this.#move()
      .catch(this.#onError)
      .finally(() => (this.#pass = undefined));
  }

  /** Redis may have lost the queue. */
  listSoon(): void {
    this.#listAt = 0;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#pass;
  }

  async #move(): Promise<void> {
    if (Date.now() >= this.#listAt) {
      this.#listAt = Date.now() + this.#listEveryMs;
      await this.#moveListed();
    }
    for (;;) {
      // Taken off before they are added: a crash in between leaves the markers.
      const due = await this.#live.hints.take(CHUNK);
      if (due === undefined) return;
      await enqueueDeliveries(this.#live.webhookQueue, due);
    }
  }

  async #moveListed(): Promise<void> {
    let chunk: DueDelivery[] = [];
    for await (const due of this.#ledger.webhooks.listDue()) {
      if (this.#stopped) return;
      chunk.push(due);
      if (chunk.length === CHUNK) {
        await enqueueDeliveries(this.#live.webhookQueue, chunk);
        chunk = [];
      }
    }
    if (chunk.length > 0) await enqueueDeliveries(this.#live.webhookQueue, chunk);
  }
}
