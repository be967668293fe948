/** First and longest pause after a failure; each is twice the one before. Unit: ms. */
const FIRST_MS = 1_000;
const LONGEST_MS = 15_000;

/** Exponential backoff per name. */
export class Backoff {
  readonly #pauses = new Map<string, { until: number; ms: number }>();

  isPausing(name: string): boolean {
    return (this.#pauses.get(name)?.until ?? 0) > Date.now();
  }

  failed(name: string): void {
    const ms = Math.min(LONGEST_MS, 2 * (this.#pauses.get(name)?.ms ?? FIRST_MS / 2));
    this.#pauses.set(name, { until: Date.now() + ms, ms });
  }

  succeeded(name: string): void {
    this.#pauses.delete(name);
  }
}
