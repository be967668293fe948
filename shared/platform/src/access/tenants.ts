import { z } from 'zod';
import { blobKeys, Timestamp } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll, readListed, readRecord, writeJson, type BlobStore, type OnUnreadable } from '@parse3d/storage';
import { Trusted } from './trusted.js';

/** What an operator grants a tenant: `tenants/<tenant>.json` in the service's bucket. Without one the defaults hold. */
export const TenantSettings = z.strictObject({
  /** Share of the workers among tenants that have work waiting. */
  weight: z.number().min(0.01).max(100).default(1),
  /** Jobs that may wait at a time, besides those of batches. Above it the answer is 429. */
  maxWaitingJobs: z.int().min(0).default(10_000),
  /** Batches that may have work left at a time. */
  maxOpenBatches: z.int().min(0).default(100),
  /** Most bytes stored, uploads and results together; null for no limit. Absent, the server's setting holds. */
  maxStoredBytes: z.int().min(0).nullable().optional(),
  /** Days after which ended jobs and batches are removed; null for never. Absent, the server's setting holds. */
  retentionDays: z.number().positive().max(36_500).nullable().optional(),
  /** When all keys of it were revoked last: what was begun before without naming a key does not go on. */
  revokedAt: Timestamp.optional(),
});
export type TenantSettings = z.infer<typeof TenantSettings>;

/** Settings of tenants, looked up in storage and trusted for a while. */
export class Tenants {
  readonly #store: BlobStore;
  readonly #settings: Trusted<TenantSettings>;
  /** Settings as they were last read: where the record is damaged, they hold on. */
  readonly #last = new Map<string, TenantSettings>();
  readonly #onUnreadable: OnUnreadable;

  /**
   * @param onUnreadable called with tenants whose settings cannot be read: the last ones hold, else the defaults
   * @param freshMs how long a change may take to be seen. @default 2000
   */
  constructor(store: BlobStore, onUnreadable: OnUnreadable = () => undefined, freshMs?: number) {
    this.#store = store;
    this.#onUnreadable = onUnreadable;
    this.#settings = new Trusted((tenant) => this.#read(tenant), freshMs);
  }

  /** A damaged record must not stop the tenant, nor the feeding of others. */
  get(tenant: string): Promise<TenantSettings> {
    return this.#settings.get(tenant);
  }

  /**
   * The settings as they stand, for whoever removes something by them.
   *
   * @throws Problem `record-invalid` where they cannot be read
   */
  async exactly(tenant: string): Promise<TenantSettings> {
    return (await readRecord(this.#store, blobKeys.tenant(tenant), TenantSettings)) ?? TenantSettings.parse({});
  }

  /** What was read of it is not trusted any more. */
  forget(tenant: string): void {
    this.#settings.forget(tenant);
  }

  async set(tenant: string, settings: TenantSettings): Promise<void> {
    await writeJson(this.#store, blobKeys.tenant(tenant), settings);
    this.#settings.forget(tenant);
  }

  /** Whether it has settings of its own. */
  async exists(tenant: string): Promise<boolean> {
    try {
      await this.#store.head(blobKeys.tenant(tenant));
      return true;
    } catch (error) {
      if (isProblem(error, 'blob-missing')) return false;
      throw error;
    }
  }

  /** Tenants that have settings of their own, by name. */
  async list(): Promise<string[]> {
    const names: string[] = [];
    for await (const { key } of listAll(this.#store, blobKeys.tenantPrefix)) {
      const name = /^tenants\/([a-z0-9-]+)\.json$/.exec(key)?.[1];
      if (name !== undefined) names.push(name);
    }
    return names;
  }

  async #read(tenant: string): Promise<TenantSettings> {
    let isDamaged = false;
    const stored = await readListed(this.#store, blobKeys.tenant(tenant), TenantSettings, (key, problem) => {
      isDamaged = true;
      this.#onUnreadable(key, problem);
    });
    const settings = stored ?? (isDamaged ? this.#last.get(tenant) : undefined) ?? TenantSettings.parse({});
    if (stored !== undefined) this.#last.set(tenant, stored);
    return settings;
  }
}
