import { Redis } from 'ioredis';

export type { Redis } from 'ioredis';

/**
 * `request`: commands fail within two seconds when Redis is away, so that an HTTP request gets its 503.
 * `blocking`: waits for Redis as long as it takes, as BullMQ workers and subscribers must.
 */
export type ConnectionRole = 'request' | 'blocking';

/** Connects to Redis. Reconnects forever; a listener keeps connection errors from ending the process. */
export function connectRedis(url: string, role: ConnectionRole, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: role === 'request' ? 1 : null,
    enableOfflineQueue: role === 'blocking',
    ...(role === 'request' ? { commandTimeout: 1_500 } : {}),
    connectTimeout: 1_500,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000),
  });
  redis.on('error', onError);
  return redis;
}

/** Resolves when the connection is usable, so that a `request` connection does not refuse its first command. */
export async function whenReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.off('ready', ready);
      reject(new Error(`Redis did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const ready = (): void => {
      clearTimeout(timer);
      resolve();
    };
    redis.once('ready', ready);
  });
}

/** True for errors of Redis itself or of the way to it: away, read-only, out of memory, too slow. */
export function isRedisError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (['MaxRetriesPerRequestError', 'ReplyError', 'AbortError', 'ClusterAllFailedError'].includes(error.name))
    return true;
  return /Command timed out|Connection is closed|isn't writeable|ECONNREFUSED|ECONNRESET|^(READONLY|OOM|MISCONF|LOADING)/.test(
    error.message,
  );
}
