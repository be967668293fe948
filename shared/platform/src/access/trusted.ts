import { isProblem } from '@parse3d/contract/problems';
import { LRUCache } from 'lru-cache';

/** How long what was read is taken for what is there. Unit: ms. */
const FRESH_MS = 2_000;

/** How long, while the store does not answer. Unit: ms. */
const STALE_MS = 30_000;

/** Names that are kept: guessing them must not fill the memory. */
const KEPT = 10_000;

interface Found<T> {
  readonly value: T;
  readonly at: number;
}

/** Small records, read again every two seconds; while the store is away, what was read last is trusted for half a minute. */
export class Trusted<T> {
  readonly #read: (name: string) => Promise<T>;
  readonly #freshMs: number;
  readonly #found: LRUCache<string, Found<T>>;

  constructor(read: (name: string) => Promise<T>, freshMs = FRESH_MS) {
    this.#read = read;
    this.#freshMs = freshMs;
    this.#found = new LRUCache({ max: KEPT, ttl: Math.max(freshMs, STALE_MS) });
  }

  async get(name: string): Promise<T> {
    const known = this.#found.get(name);
    if (known !== undefined && performance.now() - known.at < this.#freshMs) return known.value;
    // Before it is read: what changes meanwhile is read again.
    const at = performance.now();
    try {
      const value = await this.#read(name);
      this.#found.set(name, { value, at });
      return value;
    } catch (error) {
      if (known === undefined || !isProblem(error, 'storage-unavailable')) throw error;
      return known.value;
    }
  }

  forget(name: string): void {
    this.#found.delete(name);
  }
}
