import { blobKeys } from '@parse3d/contract';
import { listAll, readRecord, type BlobStore } from '@parse3d/storage';
import { LRUCache } from 'lru-cache';
import { ApiKeyRecord, keyIdOf, mintApiKey, verifies } from './api-key.js';

/** What was found under an id: perhaps nothing. */
interface Found {
  readonly record: ApiKeyRecord | undefined;
}

/** Ids that are kept: guessing them must not fill the memory. */
const KEPT_KEYS = 10_000;

/** API keys in object storage, so that losing Redis locks nobody out. */
export class ApiKeys {
  readonly #store: BlobStore;
  readonly #cache: LRUCache<string, Found>;

  /** @param cacheMs how long a looked-up key is trusted, and thus how long a revoked one may go on. @default 30000 */
  constructor(store: BlobStore, cacheMs = 30_000) {
    this.#store = store;
    this.#cache = new LRUCache({ max: KEPT_KEYS, ttl: cacheMs });
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
    if (id === undefined) return undefined;
    const record = await this.#lookUp(id);
    return record !== undefined && verifies(key, record) ? record : undefined;
  }

  async list(): Promise<ApiKeyRecord[]> {
    const records: ApiKeyRecord[] = [];
    for await (const { key } of listAll(this.#store, blobKeys.apiKeyPrefix)) {
      const record = await this.#read(key);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  /** Other processes stop accepting the key when their cache entry has aged. */
  async revoke(id: string): Promise<void> {
    await this.#store.delete(blobKeys.apiKey(id));
    this.#cache.delete(id);
  }

  async #lookUp(id: string): Promise<ApiKeyRecord | undefined> {
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached.record;
    const record = await this.#read(blobKeys.apiKey(id));
    this.#cache.set(id, { record });
    return record;
  }

  #read(key: string): Promise<ApiKeyRecord | undefined> {
    return readRecord(this.#store, key, ApiKeyRecord);
  }
}
