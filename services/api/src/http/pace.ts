import { Problem } from '@parse3d/contract/problems';
import type { Request } from 'express';

/** How slowly a body may come. */
export interface PaceLimits {
  /** Longest time for a body that is held as a whole. Unit: ms. */
  readonly wholeMs: number;
  /** Least rate of a body that streams, over each window in which it was waited for; 0 for none. Unit: bytes per second. */
  readonly bytesPerSecond: number;
  /** Unit: ms. */
  readonly windowMs: number;
}

/** Runs work that needs the body, and gives it up when the body comes too slowly. @throws Problem `body-too-slow` */
export async function keepingPace<T>(
  request: Request,
  streams: boolean,
  limits: PaceLimits,
  work: () => Promise<T>,
): Promise<T> {
  let stop = (): void => undefined;
  const tooSlow = new Promise<never>((_resolve, reject) => {
    stop = streams ? watchRate(request, limits, reject) : watchWhole(request, limits, reject);
  });
  request.once('end', stop);
  request.once('close', stop);
  try {
    const working = work();
    // Given up, it ends when the connection does; nobody waits for how.
    working.catch(() => undefined);
    return await Promise.race([working, tooSlow]);
  } finally {
    stop();
  }
}

type Reject = (problem: Problem) => void;

function watchWhole(request: Request, { wholeMs }: PaceLimits, reject: Reject): () => void {
  const timer = setTimeout(() => {
    if (!request.complete) reject(tooSlow(`expected the whole body within ${wholeMs / 1000} s`));
  }, wholeMs);
  return () => clearTimeout(timer);
}

function watchRate(request: Request, { bytesPerSecond, windowMs }: PaceLimits, reject: Reject): () => void {
  if (bytesPerSecond === 0) return () => undefined;
  const least = (bytesPerSecond * windowMs) / 1000;
  let before = request.socket.bytesRead;
  const timer = setInterval(() => {
    const now = request.socket.bytesRead;
    // What has arrived and is not read waits for us, or for the storage: then it is not the client that is slow.
    const waitingForClient = !request.complete && request.readableLength === 0;
    if (waitingForClient && now - before < least) {
      reject(tooSlow(`expected at least ${bytesPerSecond} bytes of the body per second`));
    }
    before = now;
  }, windowMs);
  return () => clearInterval(timer);
}

const tooSlow = (detail: string): Problem => new Problem('body-too-slow', detail);
