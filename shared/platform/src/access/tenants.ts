import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { blobKeys } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll, readRecord, writeJson, type BlobStore } from '@parse3d/storage';

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
});
export type TenantSettings = z.infer<typeof TenantSettings>;

/** Tenants whose settings are kept. */
const KEPT_TENANTS = 10_000;

/** Settings of tenants, looked up in storage and trusted for a while. */
export class Tenants {
  readonly #store: BlobStore;
  readonly #cache: LRUCache<string, TenantSettings>;

  /** @param cacheMs how long a change may take to be seen. @default 30000 */
  constructor(store: BlobStore, cacheMs = 30_000) {
    this.#store = store;
    this.#cache = new LRUCache({ max: KEPT_TENANTS, ttl: cacheMs });
  }

  async get(tenant: string): Promise<TenantSettings> {
    const cached = this.#cache.get(tenant);
    if (cached !== undefined) return cached;
    const settings = await this.#read(tenant);
    this.#cache.set(tenant, settings);
    return settings;
  }

  async set(tenant: string, settings: TenantSettings): Promise<void> {
    await writeJson(this.#store, blobKeys.tenant(tenant), settings);
    this.#cache.delete(tenant);
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
    return (await readRecord(this.#store, blobKeys.tenant(tenant), TenantSettings)) ?? TenantSettings.parse({});
  }
}
