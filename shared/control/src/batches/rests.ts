/** First and longest rest after a failure; each is twice the one before. Unit: ms. */
const FIRST_MS = 1_000;
const LONGEST_MS = 15_000;

/** Who failed rests before the next try, for longer each time. */
export class Rests {
  readonly #resting = new Map<string, { until: number; ms: number }>();

  isResting(name: string): boolean {
    return (this.#resting.get(name)?.until ?? 0) > Date.now();
  }

  begin(name: string): void {
    const ms = Math.min(LONGEST_MS, 2 * (this.#resting.get(name)?.ms ?? FIRST_MS / 2));
    this.#resting.set(name, { until: Date.now() + ms, ms });
  }

  /** It worked. */
  end(name: string): void {
    this.#resting.delete(name);
  }
}
