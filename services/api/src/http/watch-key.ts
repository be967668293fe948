import type { ApiKeyRecord } from '@parse3d/platform/access';
import { Problem } from '@parse3d/contract/problems';
import type { Response } from 'express';
import type { ApiDeps } from '../deps.js';

/** How often the key of a request under way is asked for again. Unit: ms. */
const ASK_EVERY_MS = 2_000;

/**
 * Runs the work of a request, and gives it up when its key is revoked or expires meanwhile: an event stream, an upload or
 * download of gigabytes, an answer that waits for a job. While the store does not answer, the key is taken to stand.
 *
 * @throws Problem `unauthorized`
 */
export async function whileKeyStands<T>(
  caller: Pick<ApiKeyRecord, 'id' | 'tenant'> | undefined,
  response: Response,
  deps: ApiDeps,
  work: () => Promise<T>,
): Promise<T> {
  if (caller === undefined) return work();
  let stop = (): void => undefined;
  const revoked = new Promise<never>((_resolve, reject) => {
    const ask = async (): Promise<void> => {
      const standing = await deps.control.apiKeys.standing(caller.id, caller.tenant).catch(() => undefined);
      if (standing === undefined || standing.stands) return;
      deps.metrics.requestsRevoked.inc();
      deps.log.info(
        { keyId: caller.id, tenant: caller.tenant, why: standing.why },
        'request given up: its key is gone',
      );
      // The rest of a body is nobody's any more.
      if (!response.headersSent) response.setHeader('Connection', 'close');
      reject(new Problem('unauthorized', `the API key of this request is ${standing.why} since it began`));
    };
    const timer = setInterval(() => void ask(), ASK_EVERY_MS);
    stop = () => clearInterval(timer);
  });
  response.once('close', stop);
  try {
    const working = work();
    // Given up, it ends when the connection does; nobody waits for how.
    working.catch(() => undefined);
    return await Promise.race([working, revoked]);
  } finally {
    stop();
  }
}
