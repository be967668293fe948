import { lanes, type Lane, type Redis, type RedisKeys } from '@parse3d/control';

/** How many jobs of each tenant wait to be fed, by lane. */
export async function* pendingJobs(
  redis: Redis,
  keys: RedisKeys,
): AsyncGenerator<{ lane: Lane; tenant: string; count: number }> {
  for (const lane of lanes) {
    for (const tenant of await redis.smembers(keys.tenants(lane))) {
      yield { lane, tenant, count: await redis.llen(keys.pending(lane, tenant)) };
    }
  }
}
