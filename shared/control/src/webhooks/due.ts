import type { Redis } from 'ioredis';
import type { RedisKeys } from '../keys.js';

/** One delivery that is due, as it travels. */
export interface DueDelivery {
  readonly tenant: string;
  readonly endpointId: string;
  readonly deliveryId: string;
}

/** `<tenant>/<endpoint>/<delivery>`, as in the marker's key. */
const formatDue = (due: DueDelivery): string => `${due.tenant}/${due.endpointId}/${due.deliveryId}`;

export function parseDue(text: string): DueDelivery | undefined {
  const [, tenant, endpointId, deliveryId] = /^([^/]+)\/([0-9a-f-]{36})\/([0-9a-f-]+)$/.exec(text) ?? [];
  return tenant === undefined || endpointId === undefined || deliveryId === undefined
    ? undefined
    : { tenant, endpointId, deliveryId };
}

/** Tells the leader of deliveries that are due. */
export async function hintDue(redis: Redis, keys: RedisKeys, due: readonly DueDelivery[]): Promise<void> {
  if (due.length > 0) await redis.sadd(keys.outbox, ...due.map(formatDue));
}
