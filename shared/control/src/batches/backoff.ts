import { Backoff } from '@parse3d/async';

/** First and longest pause after a failure, in ms. */
const PAUSES = { firstMs: 1_000, longestMs: 15_000 };

/** A backoff for each name: what fails under one does not pause the others. */
export class BackoffByName {
  readonly #pauses = new Map<string, { readonly until: number; readonly backoff: Backoff }>();

  isPausing(name: string): boolean {
    return (this.#pauses.get(name)?.until ?? 0) > Date.now();
  }

  failed(name: string): void {
    const backoff = this.#pauses.get(name)?.backoff ?? new Backoff(PAUSES);
    this.#pauses.set(name, { until: Date.now() + backoff.next(), backoff });
  }

  succeeded(name: string): void {
    this.#pauses.delete(name);
  }
}
