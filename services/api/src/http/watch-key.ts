import { Problem } from '@parse3d/contract/problems';
import type { Response } from 'express';
import type { ApiDeps } from '../deps.js';
import type { LetIn } from './auth.js';

/** How often the key of a request under way is asked for again. Unit: ms. */
const ASK_EVERY_MS = 2_000;

/**
 * Runs the work of a request, and gives it up when its key, or the session or link that it came with, is revoked or
 * expires meanwhile: an event stream, an upload or download of gigabytes, an answer that waits for a job. While the store
 * does not answer, they are taken to stand.
 *
 * @throws Problem `unauthorized`
 */
export async function whileKeyStands<T>(
  letIn: LetIn | undefined,
  response: Response,
  deps: ApiDeps,
  work: () => Promise<T>,
): Promise<T> {
  if (letIn === undefined) return work();
  const { key: caller } = letIn;
  let stop = (): void => undefined;
  const revoked = new Promise<never>((_resolve, reject) => {
    const ask = async (): Promise<void> => {
      const why = await whyOver(letIn, deps).catch(() => undefined);
      if (why === undefined) return;
      deps.metrics.requestsRevoked.inc();
      deps.log.info(
        { keyId: caller.id, tenant: caller.tenant, why },
        'request given up: what it was let in with is over',
      );
      // The rest of a body is nobody's any more.
      if (!response.headersSent) response.setHeader('Connection', 'close');
      reject(new Problem('unauthorized', why));
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

async function whyOver({ key, stands }: LetIn, { control }: ApiDeps): Promise<string | undefined> {
  const standing = await control.apiKeys.standing(key.id, key.tenant);
  if (!standing.stands) return `the API key of this request is ${standing.why} since it began`;
  return (await stands?.()) === false ? 'the session or link of this request has ended since it began' : undefined;
}
