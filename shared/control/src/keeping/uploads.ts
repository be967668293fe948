import type { Ledger } from '../ledger/ledger.js';
import { uploadName } from '../ledger/uploads.js';
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
   * Removes an upload: storage (its objects), then Redis (what the tenant has stored). Killed in between, what is left can
   * be removed again, and the next walk counts it again.
   *
   * @param uri the folder of the upload, or its only object
   * @returns what was removed: nothing for what is not an upload of the tenant
   */
  async remove(uri: string, tenant: string): Promise<{ objects: number; bytes: number }> {
    const upload = this.#ledger.uploads.at(uri);
    if (upload?.tenant !== tenant || !(await this.#ledger.uploads.isWhole(uri, upload)))
      return { objects: 0, bytes: 0 };
    return this.#usage.takeOff(tenant, 'uploads', uploadName(upload), () => this.#ledger.uploads.remove(upload));
  }
}
