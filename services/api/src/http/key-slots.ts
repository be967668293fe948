import { Problem } from '@parse3d/contract/problems';

/** What each key holds at a time, bounded: an open stream, a connection that waits. */
export class KeySlots {
  readonly #held = new Map<string, number>();

  /**
   * @returns what gives the slot back
   * @throws Problem `quota-exceeded`
   */
  take(keyId: string, limit: number, what: string): () => void {
    const held = this.#held.get(keyId) ?? 0;
    if (held >= limit) {
      throw new Problem('quota-exceeded', `this API key holds ${held} ${what} open, ${limit} are allowed`, { limit });
    }
    this.#held.set(keyId, held + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const left = (this.#held.get(keyId) ?? 1) - 1;
      if (left === 0) this.#held.delete(keyId);
      else this.#held.set(keyId, left);
    };
  }
}
