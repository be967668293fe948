/** Waits. @throws the signal's reason, at once, when it aborts */
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

/** Pauses that double from try to try, and begin again after a success. */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  #nextMs: number;

  constructor(firstMs: number, longestMs: number) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#nextMs = Math.min(firstMs, longestMs);
  }

  /** @param askedMs what the server asked for, instead of the usual wait; never longer than the longest */
  wait(signal: AbortSignal | undefined, askedMs?: number): Promise<void> {
    const ms = Math.min(askedMs ?? this.#nextMs, this.#longestMs);
    this.#nextMs = Math.min(this.#nextMs * 2, this.#longestMs);
    return pause(ms, signal);
  }

  reset(): void {
    this.#nextMs = Math.min(this.#firstMs, this.#longestMs);
  }
}
