import { DelayedError, Queue, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { RedisKeys } from './keys.js';
import type { DueDelivery } from './outbox-hints.js';

const QUEUE_NAME = 'webhooks';

const DeliveryData = z.object({ tenant: z.string(), endpointId: z.uuid(), deliveryId: z.string() });

export type WebhookQueue = Queue<DueDelivery, void, 'deliver'>;

/** Pauses after failed attempts, in ms; the last one is repeated until the delivery is given up by its age. */
const BACKOFF_MS = [1, 5, 30, 120, 600, 1_800, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600].map(
  (seconds) => seconds * 1_000,
);

/** More than the pauses leave room for in three days. */
const MAX_ATTEMPTS = 100;

/**
 * Deliveries under way at a time in one process, and of these for one endpoint and for all of one tenant: whatever hangs
 * holds up no other's.
 */
const CONCURRENCY = 16;
const PER_ENDPOINT = 2;
const PER_TENANT = 8;

/** How long a delivery is put off when its endpoint or tenant is busy, at least; at most four times as long. Unit: ms. */
const PUT_OFF_MS = 500;

export function openWebhookQueue(connection: Redis, keys: RedisKeys): WebhookQueue {
  return new Queue<DueDelivery, void, 'deliver'>(QUEUE_NAME, {
    connection,
    prefix: keys.bullPrefix,
    defaultJobOptions: {
      attempts: MAX_ATTEMPTS,
      backoff: { type: 'custom' },
      // The log in storage remembers; a delivery must be able to come again under its id.
      removeOnComplete: true,
      removeOnFail: true,
    },
    skipWaitingForReady: true,
  });
}

const idOf = ({ endpointId, deliveryId }: DueDelivery): string => `${endpointId}-${deliveryId}`;

/** Adds deliveries; one that is queued already stays as it is. */
export async function enqueueDeliveries(queue: WebhookQueue, due: readonly DueDelivery[]): Promise<void> {
  await queue.addBulk(due.map((data) => ({ name: 'deliver' as const, data, opts: { jobId: idOf(data) } })));
}

/** Takes a delivery that waits for its next attempt out of the queue; added again, it is tried at once. */
export async function dropDelivery(queue: WebhookQueue, due: DueDelivery): Promise<void> {
  // A delivery that is being attempted stays: that is the attempt that was wanted.
  await queue.remove(idOf(due));
}

/**
 * Runs deliveries as they become due.
 *
 * @param connection one of its own, of role `blocking`
 * @param deliver `done`, or `again` for another attempt after a pause that grows; a thrown error is `again` too
 */
export function startDeliveries(
  connection: Redis,
  keys: RedisKeys,
  deliver: (due: DueDelivery) => Promise<'done' | 'again'>,
  onError: (error: Error) => void,
): { stop(): Promise<void> } {
  const endpoints = new Tally(PER_ENDPOINT);
  const tenants = new Tally(PER_TENANT);
  const worker = new Worker<DueDelivery, void, 'deliver'>(
    QUEUE_NAME,
    async (job, token) => {
      const data = DeliveryData.safeParse(job.data);
      if (!data.success) throw new UnrecoverableError('no delivery');
      const { endpointId, tenant } = data.data;
      if (endpoints.isFull(endpointId) || tenants.isFull(tenant)) {
        // No attempt is spent.
        await job.moveToDelayed(Date.now() + PUT_OFF_MS * (1 + 3 * Math.random()), token);
        throw new DelayedError();
      }
      endpoints.add(endpointId, 1);
      tenants.add(tenant, 1);
      try {
        if ((await deliver(data.data)) === 'again') throw new Error('will be tried again');
      } finally {
        endpoints.add(endpointId, -1);
        tenants.add(tenant, -1);
      }
    },
    {
      connection,
      prefix: keys.bullPrefix,
      concurrency: CONCURRENCY,
      settings: { backoffStrategy: pauseAfter },
    },
  );
  worker.on('error', onError);
  return { stop: () => worker.close() };
}

/** How much is under way, by name. */
class Tally {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  isFull(name: string): boolean {
    return (this.#counts.get(name) ?? 0) >= this.#limit;
  }

  add(name: string, count: 1 | -1): void {
    const now = (this.#counts.get(name) ?? 0) + count;
    if (now === 0) this.#counts.delete(name);
    else this.#counts.set(name, now);
  }
}

/** With up to a fifth at random, so that the deliveries of an endpoint that was away do not all come at once. */
function pauseAfter(attempts: number): number {
  const pause = BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length) - 1] ?? 0;
  return Math.round(pause * (1 + Math.random() / 5));
}
