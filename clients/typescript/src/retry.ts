import { Backoff } from './pause.js';
import { noAnswer, NOT_ANSWERED, REFUSED_FOR_NOW } from './problem.js';

export type Fetch = (request: Request) => Promise<Response>;

export interface RetryOptions {
  /** Tries after the first one. @default 5 */
  readonly retries: number;
  /** Longest wait between two tries, in ms, whatever the server asks for. @default 30000 */
  readonly longestWaitMs: number;
}

const FIRST_WAIT_MS = 250;

/**
 * Sends again what the server refused for now (429, 503), after as long as its `Retry-After` says. A request that
 * changes nothing, or that carries an idempotency key, is also sent again when the connection failed.
 *
 * @param request makes the request, once per try
 * @throws ProblemError `no-answer`, or the signal's reason
 */
export async function sendWithRetries(
  request: () => Request,
  fetch: Fetch,
  { retries, longestWaitMs }: RetryOptions,
): Promise<Response> {
  const backoff = new Backoff(FIRST_WAIT_MS, longestWaitMs);
  for (let left = retries; ; left--) {
    const current = request();
    const { signal, method, url } = current;
    const repeatable = method === 'GET' || current.headers.has('idempotency-key');
    let askedMs: number | undefined;
    try {
      const response = await fetch(current);
      const { status, headers, body } = response;
      const again = REFUSED_FOR_NOW.includes(status) || (repeatable && NOT_ANSWERED.includes(status));
      if (left === 0 || !again) return response;
      askedMs = retryAfterMs(headers.get('retry-after'));
      await body?.cancel();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (left === 0 || !repeatable) throw noAnswer(new URL(url).origin, error);
    }
    await backoff.wait(signal, askedMs);
  }
}

/** `Retry-After` in seconds or as a date, as ms from now. */
function retryAfterMs(header: string | null, now: number = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
