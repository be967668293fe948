import { ProblemError, RETRYABLE } from './problem.js';

export type Fetch = (input: Request) => Promise<Response>;

export interface RetryOptions {
  /** Tries after the first one. @default 5 */
  readonly retries: number;
  /** Longest wait between two tries, in ms, whatever the server asks for. @default 30000 */
  readonly longestWaitMs: number;
}

const FIRST_WAIT_MS = 250;

/**
 * Sends again what the server refused for now (429, 503), after as long as its `Retry-After` says, and reading requests
 * also when the connection failed.
 */
export function retryingFetch(fetch: Fetch, { retries, longestWaitMs }: RetryOptions): Fetch {
  return async (request) => {
    // A body that streams can be sent only once.
    const once = request.body !== null && request.headers.get('content-type') === 'application/octet-stream';
    for (let left = once ? 0 : retries, waitMs = FIRST_WAIT_MS; ; left--, waitMs *= 2) {
      let asked: number | undefined;
      try {
        const response = await fetch(left > 0 ? request.clone() : request);
        if (left === 0 || !RETRYABLE.includes(response.status)) return response;
        asked = retryAfterMs(response.headers.get('retry-after'));
        await response.body?.cancel();
      } catch (error) {
        if (request.signal.aborted) throw request.signal.reason;
        if (left === 0 || request.method !== 'GET') throw noAnswer(request.url, error);
      }
      await pause(Math.min(asked ?? waitMs, longestWaitMs), request.signal);
    }
  };
}

/** `Retry-After` in seconds or as a date, as ms from now. */
export function retryAfterMs(header: string | null, now: number = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

const noAnswer = (url: string, cause: unknown): ProblemError =>
  new ProblemError(
    { code: 'no-answer', detail: `no answer from ${new URL(url).origin}: ${String(cause)}`, status: 0 },
    { cause },
  );
