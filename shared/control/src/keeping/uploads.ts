import type { Ledger } from '../ledger/ledger.js';
import type { UsageCounters } from '../live/usage.js';

/** Uploads of tenants, as their owners remove them. */
export class Uploads {
  readonly #ledger: Ledger;
  readonly #usage: UsageCounters;

  constructor(ledger: Ledger, usage: UsageCounters) {
    this.#ledger = ledger;
    this.#usage = usage;
  }

  /**
   * Removes the upload that a URI lies in: storage (its objects), then Redis (what the tenant has stored). Killed in
   * between, what is left can be removed again, and the next walk counts anew.
   *
   * @returns what was removed: nothing for what is not an upload of the tenant
   */
  async remove(uri: string, tenant: string): Promise<{ objects: number; bytes: number }> {
    const upload = this.#ledger.uploads.at(uri);
    if (upload?.tenant !== tenant) return { objects: 0, bytes: 0 };
    const removed = await this.#ledger.uploads.remove(upload);
    await this.#usage.add(tenant, 'uploads', -removed.bytes);
    return removed;
  }
}
