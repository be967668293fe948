import { blobKeys, Timestamp } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll, readListed, readRecord, writeJson, type BlobStore, type OnUnreadable } from '@parse3d/storage';
import { z } from 'zod';
import { ApiKeyRecord, keyIdOf, mintApiKey, verifies } from './api-key.js';
import type { Standing } from './standing.js';
import { Trusted } from './trusted.js';

/** `revoked-keys/<id>.json`. */
const RevokedKey = z.strictObject({
  tenant: z.string(),
  revokedAt: Timestamp,
  /** The key in whose name everything goes on. */
  successor: z.string().optional(),
});
type RevokedKey = z.infer<typeof RevokedKey>;

/** What stands under an id. */
type Found = { readonly record: ApiKeyRecord } | { readonly revoked: RevokedKey } | 'unreadable' | undefined;

/** Keys that followed one another: more of them is a circle. */
const MOST_SUCCESSORS = 16;

/** API keys in object storage, so that losing Redis locks nobody out. */
export class ApiKeys {
  readonly #store: BlobStore;
  readonly #found: Trusted<Found>;
  readonly #onUnreadable: OnUnreadable;

  /**
   * @param onUnreadable called with keys whose record cannot be read: such a key opens nothing
   * @param freshMs how long a looked-up key is trusted, and thus how long a revoked one may go on. @default 2000
   */
  constructor(store: BlobStore, onUnreadable: OnUnreadable = () => undefined, freshMs?: number) {
    this.#store = store;
    this.#onUnreadable = onUnreadable;
    this.#found = new Trusted((id) => this.#find(id), freshMs);
  }

  /** Makes and stores a key. The answer is the only time that it is seen whole. */
  async create(grant: Parameters<typeof mintApiKey>[0]): Promise<{ key: string; record: ApiKeyRecord }> {
    const minted = mintApiKey(grant);
    const body = Buffer.from(`${JSON.stringify(minted.record, null, 2)}\n`);
    await this.#store.write(blobKeys.apiKey(minted.record.id), body, {
      ifAbsent: true,
      contentType: 'application/json',
    });
    return minted;
  }

  /** The record of a valid key, or undefined for anything else. */
  async verify(key: string): Promise<ApiKeyRecord | undefined> {
    const id = keyIdOf(key);
    const found = id === undefined ? undefined : await this.#found.get(id);
    return isKey(found) && verifies(key, found.record) ? found.record : undefined;
  }

  /** The record of a key that stands, by its id: for whoever was let in with it before. */
  async current(id: string): Promise<ApiKeyRecord | undefined> {
    const found = await this.#found.get(id);
    if (!isKey(found)) return undefined;
    const { expiresAt } = found.record;
    return expiresAt !== undefined && Date.parse(expiresAt) <= Date.now() ? undefined : found.record;
  }

  /** Whether a key stands, or the one that followed it; for whoever acts in its name. */
  async standing(id: string, tenant: string): Promise<Standing> {
    let next: string | undefined = id;
    for (let hops = 0; next !== undefined && hops < MOST_SUCCESSORS; hops++) {
      const found: Found = await this.#found.get(next);
      if (found === 'unreadable') return { stands: false, why: 'unreadable' };
      if (isKey(found)) {
        const { expiresAt, inputs, tenant: owner } = found.record;
        if (owner !== tenant) break;
        const isOver = expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();
        return isOver ? { stands: false, why: 'expired' } : { stands: true, inputs };
      }
      next = found?.revoked.successor;
    }
    return { stands: false, why: 'revoked' };
  }

  /** What was read of it is not trusted any more. */
  forget(id: string): void {
    this.#found.forget(id);
  }

  /** Keys whose records can be read. */
  async list(): Promise<ApiKeyRecord[]> {
    const records: ApiKeyRecord[] = [];
    for await (const { key } of listAll(this.#store, blobKeys.apiKeyPrefix)) {
      const record = await readListed(this.#store, key, ApiKeyRecord, this.#onUnreadable);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  /**
   * Other processes stop accepting the key, and withdraw what was begun with it, within seconds.
   *
   * @param successor id of the key in whose name everything goes on
   */
  async revoke({ id, tenant }: Pick<ApiKeyRecord, 'id' | 'tenant'>, successor?: string): Promise<void> {
    const revoked: RevokedKey = {
      tenant,
      revokedAt: new Date().toISOString(),
      ...(successor === undefined ? {} : { successor }),
    };
    // In this order: killed in between, the key is still there and can be revoked again.
    await writeJson(this.#store, blobKeys.revokedKey(id), revoked);
    if (successor === undefined) await writeJson(this.#store, blobKeys.withdrawal(id), { keyId: id, tenant });
    await this.#store.delete(blobKeys.apiKey(id));
    this.#found.forget(id);
  }

  async #find(id: string): Promise<Found> {
    try {
      const record = await readRecord(this.#store, blobKeys.apiKey(id), ApiKeyRecord);
      if (record !== undefined) return { record };
      const revoked = await readRecord(this.#store, blobKeys.revokedKey(id), RevokedKey);
      return revoked && { revoked };
    } catch (error) {
      if (!isProblem(error, 'record-invalid')) throw error;
      this.#onUnreadable(blobKeys.apiKey(id), error);
      return 'unreadable';
    }
  }
}

const isKey = (found: Found): found is { readonly record: ApiKeyRecord } =>
  typeof found === 'object' && 'record' in found;
