import { Problem } from '@parse3d/contract/problems';
import type { Tenants } from '@parse3d/platform/access';
import type { BlobStore } from '@parse3d/storage';
import type { UsageCounters } from '../live/usage.js';

/** What holds for every tenant whose own settings say nothing else. */
export interface StorageLimits {
  /** Most bytes that a tenant may have stored; 0 for no limit. */
  readonly quotaBytes: number;
  /** Room that stays free on the disk of the file store, in bytes; 0 turns this check off. */
  readonly marginBytes: number;
  /** How long an upload stays that nothing names, in ms. */
  readonly uploadsKeptMs: number;
  /** Age at which ended jobs and batches are removed, in ms; 0 for never. */
  readonly retentionMs: number;
}

export const NO_LIMITS: StorageLimits = {
  quotaBytes: 0,
  marginBytes: 0,
  uploadsKeptMs: 7 * 86_400_000,
  retentionMs: 0,
};

/** Bytes of an upload of unknown length that are counted ahead. */
const STEP_BYTES = 16 * 2 ** 20;

/** Bytes that are arriving, counted before they are stored. */
export interface Arrival {
  /** Has to be called as bytes come. @throws Problem `storage-quota-exceeded` */
  came(bytes: number): Promise<void>;
  /** The upload has ended. @param storedBytes what is stored of it, 0 for nothing */
  ended(storedBytes: number): Promise<void>;
}

/** What tenants may store and for how long: their own settings, else those of the server. */
export class StoragePolicy {
  readonly #usage: UsageCounters;
  readonly #tenants: Tenants;
  readonly #store: BlobStore;
  readonly #limits: StorageLimits;

  constructor(usage: UsageCounters, tenants: Tenants, store: BlobStore, limits: StorageLimits) {
    this.#usage = usage;
    this.#tenants = tenants;
    this.#store = store;
    this.#limits = limits;
  }

  /** Most bytes that the tenant may have stored; null for no limit. */
  async quotaBytes(tenant: string): Promise<number | null> {
    const { maxStoredBytes: own } = await this.#tenants.get(tenant);
    if (own !== undefined) return own;
    return this.#limits.quotaBytes === 0 ? null : this.#limits.quotaBytes;
  }

  /** Age at which ended jobs and batches of the tenant are removed, in ms; null for never. */
  retentionMs(tenant: string): Promise<number | null> {
    return retentionOf(tenant, this.#tenants, this.#limits);
  }

  get limits(): StorageLimits {
    return this.#limits;
  }

  /**
   * Nothing new for a tenant that has used up its quota. Without a quota Redis is not asked.
   *
   * @throws Problem `storage-quota-exceeded`
   */
  async admit(tenant: string): Promise<void> {
    const refusal = await this.refusal(tenant);
    if (refusal !== undefined) throw refusal;
  }

  /** Why `admit` would throw, or undefined. */
  async refusal(tenant: string): Promise<Problem | undefined> {
    const quotaBytes = await this.quotaBytes(tenant);
    if (quotaBytes === null) return undefined;
    const { total } = await this.#usage.get(tenant);
    return total < quotaBytes ? undefined : exceeded(tenant, total, quotaBytes, 0);
  }

  /**
   * Nothing new on a disk that is about to be full.
   *
   * @param bytes that are to come
   * @throws Problem `storage-full`
   */
  async requireRoom(bytes = 0): Promise<void> {
    const shortage = await this.shortage(bytes);
    if (shortage !== undefined) throw new Problem('storage-full', shortage.detail, shortage.fields);
  }

  /** What is wrong with the room on the disk, in words and numbers; undefined where there is enough, or it is not known. */
  async shortage(bytes = 0): Promise<{ detail: string; fields: Record<string, number> } | undefined> {
    const { marginBytes } = this.#limits;
    if (marginBytes === 0) return undefined;
    const room = await this.#store.room();
    if (room === undefined || room.freeBytes - bytes >= marginBytes) return undefined;
    const coming = bytes === 0 ? '' : `, ${bytes} are to come`;
    return {
      detail: `the disk of the storage has ${room.freeBytes} bytes free${coming}, and ${marginBytes} have to stay free`,
      fields: { freeBytes: room.freeBytes, marginBytes, ...(bytes === 0 ? {} : { bytes }) },
    };
  }

  /**
   * Admits an upload and counts it while it arrives, so that many at a time cannot exceed the quota together.
   *
   * @param bytes as announced; undefined where that is not known
   * @throws Problem `storage-quota-exceeded`, `storage-full`
   */
  async arrival(tenant: string, bytes: number | undefined): Promise<Arrival> {
    await this.requireRoom(bytes);
    const quotaBytes = await this.quotaBytes(tenant);
    const names: string[] = [];
    let ahead = 0;
    let seen = 0;
    const reserve = async (more: number): Promise<void> => {
      if (quotaBytes === null) return;
      const before = await this.#usage.get(tenant);
      if (before.total >= quotaBytes) throw exceeded(tenant, before.total, quotaBytes, more);
      names.push(await this.#usage.arriving(tenant, more));
      ahead += more;
      const { total } = await this.#usage.get(tenant);
      if (total > quotaBytes) throw exceeded(tenant, total - more, quotaBytes, more);
    };
    const forget = (): Promise<void> => this.#usage.arrived(tenant, names);
    if (bytes !== undefined) {
      await reserve(bytes).catch(async (error: unknown) => {
        await forget();
        throw error;
      });
    }
    return {
      came: async (more) => {
        seen += more;
        if (quotaBytes === null || seen <= ahead) return;
        // The last step before the limit is as small as it has to be.
        const { total } = await this.#usage.get(tenant);
        const left = quotaBytes - total;
        await reserve(Math.max(seen - ahead, Math.min(STEP_BYTES, left)));
        await this.requireRoom();
      },
      ended: async (storedBytes) => {
        await this.#usage.add(tenant, 'uploads', storedBytes);
        await forget();
      },
    };
  }
}

/** As `StoragePolicy.retentionMs`, without Redis. */
export async function retentionOf(
  tenant: string,
  tenants: Tenants,
  { retentionMs }: Pick<StorageLimits, 'retentionMs'>,
): Promise<number | null> {
  const { retentionDays: own } = await tenants.exactly(tenant);
  if (own !== undefined) return own === null ? null : own * 86_400_000;
  return retentionMs === 0 ? null : retentionMs;
}

function exceeded(tenant: string, usedBytes: number, quotaBytes: number, bytes: number): Problem {
  const coming = bytes === 0 ? '' : `, and ${bytes} more were to come`;
  return new Problem(
    'storage-quota-exceeded',
    `tenant ${tenant} has ${usedBytes} bytes stored, its quota is ${quotaBytes}${coming}; remove uploads, jobs or batches`,
    { usedBytes, quotaBytes, ...(bytes === 0 ? {} : { bytes }) },
  );
}
