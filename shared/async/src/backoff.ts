/** Pauses that double from failure to failure, and begin again after a success. Unit: ms. */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  #nextMs: number;

  constructor({ firstMs, longestMs = Number.POSITIVE_INFINITY }: { firstMs: number; longestMs?: number }) {
    this.#firstMs = Math.min(firstMs, longestMs);
    this.#longestMs = longestMs;
    this.#nextMs = this.#firstMs;
  }

  /** How long to wait now; the next pause is twice as long. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * 2, this.#longestMs);
    return ms;
  }

  /** After a success: the next pause is the first one again. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
