import type { Delivery, WebhookRecord } from '@parse3d/contract';
import type { Rights } from '@parse3d/platform/access';
import type { Software } from '../ledger/manifests.js';
import type { DueDelivery } from '../live/outbox-hints.js';
import { post } from './post.js';
import { signedHeaders } from './signature.js';
import type { Webhooks } from './webhooks.js';

/** A delivery that has failed for this long is given up, in ms. */
const GIVE_UP_MS = 3 * 24 * 3_600_000;

/** Attempts kept in the log of one delivery; deliveries kept in the log of an endpoint. */
const KEPT_ATTEMPTS = 20;
const KEPT_DELIVERIES = 500;

/** The log is shortened now and then: once in so many deliveries. */
const PRUNE_EVERY = 50;

export interface DeliverOptions {
  /** Plain HTTP and addresses inside the network are allowed: for trials on one machine. */
  readonly allowInsecure: boolean;
  /** Called after every attempt with what came of it. */
  readonly onAttempt: (outcome: 'again' | 'delivered' | 'failed') => void;
}

export interface DeliverDeps {
  readonly webhooks: Webhooks;
  readonly rights: Rights;
  readonly software: Software;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/**
 * One attempt of a delivery. The marker in storage goes when the delivery has ended in any way, and only then.
 *
 * @returns `again` when it should be tried later
 */
export async function deliver(
  due: DueDelivery,
  deps: DeliverDeps,
  options: DeliverOptions,
  signal: AbortSignal,
): Promise<'done' | 'again'> {
  const { webhooks } = deps;
  const endpoint = await webhooks.find(due.tenant, due.endpointId);
  const delivery = await webhooks.delivery(due.endpointId, due.deliveryId);
  if (endpoint === undefined || delivery?.status !== 'due') {
    await webhooks.settle(due);
    return 'done';
  }
  const userAgent = `parse3d/${deps.software.version}`;
  const { stands } = await deps.rights.of(endpoint);
  const attempted =
    endpoint.disabledAt === undefined && stands
      ? await attempt(endpoint, delivery, { ...options, userAgent, signal })
      : undefined;
  // Read again: the attempt took its time, and a removed endpoint must not come back, nor a rotated secret be lost.
  const standing = await webhooks.find(due.tenant, due.endpointId);
  if (standing === undefined) {
    await webhooks.remove(due.tenant, due.endpointId);
    await webhooks.settle(due);
    return 'done';
  }
  if (attempted?.status === 410) {
    await webhooks.write({ ...standing, disabledAt: new Date().toISOString() });
    deps.log.warn({ webhookId: endpoint.id, tenant: due.tenant }, 'webhook endpoint is gone; nothing more is sent');
  }
  const status = attempted === undefined ? 'failed' : statusAfter(delivery, attempted.status);
  await webhooks.log(endpoint.id, {
    ...delivery,
    status,
    attempts: [...delivery.attempts, ...(attempted === undefined ? [] : [attempted])].slice(-KEPT_ATTEMPTS),
  });
  options.onAttempt(status === 'due' ? 'again' : status);
  deps.log.info(
    { webhookId: endpoint.id, tenant: due.tenant, deliveryId: due.deliveryId, httpStatus: attempted?.status, status },
    'webhook attempted',
  );
  if (status === 'due') return 'again';
  await webhooks.settle(due);
  if (Math.random() < 1 / PRUNE_EVERY) await webhooks.prune(endpoint.id, KEPT_DELIVERIES);
  return 'done';
}

/** @param httpStatus undefined when there was no answer */
function statusAfter(delivery: Delivery, httpStatus: number | undefined): Delivery['status'] {
  if (httpStatus !== undefined && httpStatus >= 200 && httpStatus < 300) return 'delivered';
  if (httpStatus === 410) return 'failed';
  return Date.now() - Date.parse(delivery.dueSince) > GIVE_UP_MS ? 'failed' : 'due';
}

async function attempt(
  endpoint: WebhookRecord,
  { id, event }: Delivery,
  { allowInsecure, userAgent, signal }: { allowInsecure: boolean; userAgent: string; signal: AbortSignal },
): Promise<Delivery['attempts'][number]> {
  const at = new Date();
  const body = JSON.stringify(event);
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': userAgent,
    ...signedHeaders(id, at, body, secretsOf(endpoint, at)),
  };
  const done = (rest: { status: number } | { error: string }): Delivery['attempts'][number] => ({
    at: at.toISOString(),
    durationMs: Date.now() - at.getTime(),
    ...rest,
  });
  try {
    return done({ status: await post(new URL(endpoint.url), headers, body, { allowInsecure, signal }) });
  } catch (error) {
    // The server stops: this was no attempt.
    signal.throwIfAborted();
    return done({ error: error instanceof Error ? error.message.slice(0, 300) : 'failed' });
  }
}

function secretsOf({ secret, previous }: WebhookRecord, now: Date): string[] {
  return previous !== undefined && Date.parse(previous.until) > now.getTime() ? [secret, previous.secret] : [secret];
}
