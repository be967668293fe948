import { blobKeys, Timestamp } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll, readRecord, writeJson, type BlobStore } from '@parse3d/storage';
import { z } from 'zod';
import type { ApiKeyRecord } from './api-key.js';
import type { ApiKeys } from './key-store.js';
import { isSecret, newId, newSecret, sha256 } from './secret.js';
import { Trusted } from './trusted.js';

/** A browser that signed in with a key: `sessions/<keyId>/<id>.json`. Its secret is kept by the browser alone. */
const SessionRecord = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9]{12}$/),
  keyId: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: Timestamp,
  expiresAt: Timestamp,
});
export type SessionRecord = z.infer<typeof SessionRecord>;

const TOKEN_FORM = /^([A-Za-z0-9]{12})\.([A-Za-z0-9]{12})\.([A-Za-z0-9_-]{43})$/;

/** Sessions of one key: whoever signs in once more ends the oldest, so that signing in again and again fills no store. */
const MOST_SESSIONS = 100;

/** Sessions of browsers in object storage. A session is never more than its key: it ends when that is revoked or expires. */
export class Sessions {
  readonly #store: BlobStore;
  readonly #keys: Pick<ApiKeys, 'current'>;
  readonly #found: Trusted<SessionRecord | undefined>;

  /** @param freshMs how long a session that was ended elsewhere may go on. @default 2000 */
  constructor(store: BlobStore, keys: Pick<ApiKeys, 'current'>, freshMs?: number) {
    this.#store = store;
    this.#keys = keys;
    this.#found = new Trusted((name) => this.#read(name), freshMs);
  }

  /** Begins a session. The token is seen whole here alone. A key has 100 sessions at most, of which the oldest goes. */
  async open(key: ApiKeyRecord, lifetimeMs: number): Promise<{ token: string; record: SessionRecord }> {
    await this.#makeRoom(key.id);
    const [id, secret] = [newId(), newSecret()];
    const now = Date.now();
    const ends = Math.min(now + lifetimeMs, key.expiresAt === undefined ? Infinity : Date.parse(key.expiresAt));
    const record = {
      id,
      keyId: key.id,
      sha256: sha256(secret),
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(ends).toISOString(),
    };
    await writeJson(this.#store, blobKeys.session(key.id, id), record);
    return { token: `${key.id}.${id}.${secret}`, record };
  }

  /** The key of a session that stands, or undefined. */
  async verify(token: string): Promise<{ key: ApiKeyRecord; record: SessionRecord } | undefined> {
    const record = await this.#standing(token);
    if (record === undefined) return undefined;
    const key = await this.#keys.current(record.keyId);
    return key && { key, record };
  }

  /**
   * Whether a session has neither ended nor expired, whatever its key does: for work that began with it.
   *
   * @throws Problem as the store
   */
  async stands(token: string): Promise<boolean> {
    return (await this.#standing(token)) !== undefined;
  }

  /** Ends a session. Nothing happens for a token that opens none. */
  async close(token: string): Promise<void> {
    const record = await this.#standing(token);
    if (record === undefined) return;
    const { keyId, id } = record;
    await this.#store.delete(blobKeys.session(keyId, id));
    this.#found.forget(`${keyId}/${id}`);
  }

  async #standing(token: string): Promise<SessionRecord | undefined> {
    const [, keyId, id, secret] = TOKEN_FORM.exec(token) ?? [];
    if (keyId === undefined || id === undefined || secret === undefined) return undefined;
    const record = await this.#found.get(`${keyId}/${id}`);
    if (record === undefined || !isSecret(secret, record.sha256)) return undefined;
    return Date.parse(record.expiresAt) <= Date.now() ? undefined : record;
  }

  /** Removes the sessions of a key that are over, and the oldest where there is no room for another. */
  async #makeRoom(keyId: string): Promise<void> {
    const keys: string[] = [];
    for await (const { key } of listAll(this.#store, blobKeys.sessionsPrefix(keyId))) {
      keys.push(key);
      if (keys.length === MOST_SESSIONS) break;
    }
    const read = await Promise.all(keys.map(async (key) => ({ key, record: await this.#readAt(key) })));
    const live = read.flatMap(({ key, record }) =>
      record !== undefined && Date.parse(record.expiresAt) > Date.now() ? [{ key, record }] : [],
    );
    const stay = live
      .sort((a, b) => b.record.createdAt.localeCompare(a.record.createdAt))
      .slice(0, MOST_SESSIONS - 1)
      .map(({ key }) => key);
    for (const key of keys.filter((one) => !stay.includes(one))) await this.#store.delete(key);
  }

  #read(name: string): Promise<SessionRecord | undefined> {
    const [keyId = '', id = ''] = name.split('/');
    return this.#readAt(blobKeys.session(keyId, id));
  }

  /** A record that cannot be read opens nothing. */
  async #readAt(key: string): Promise<SessionRecord | undefined> {
    try {
      return await readRecord(this.#store, key, SessionRecord);
    } catch (error) {
      if (isProblem(error, 'record-invalid')) return undefined;
      throw error;
    }
  }
}
