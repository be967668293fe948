import { blobKeys, JobId, Timestamp } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { listAll, readListed, readRecord, writeJson, type BlobStore } from '@parse3d/storage';
import { z } from 'zod';
import type { ApiKeyRecord } from './api-key.js';
import type { ApiKeys } from './key-store.js';
import { isSecret, newId, newSecret, sha256 } from './secret.js';
import { Trusted } from './trusted.js';

/** A link with which others look at one job: `links/<jobId>/<id>.json`. Its secret is part of the link alone. */
export const LinkRecord = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9]{12}$/),
  jobId: JobId,
  tenant: z.string(),
  /** The key that made it, in whose name it reads. */
  keyId: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: Timestamp,
  expiresAt: Timestamp,
});
export type LinkRecord = z.infer<typeof LinkRecord>;

const TOKEN_FORM = /^p3l_([0-9a-f-]{36})_([A-Za-z0-9]{12})_([A-Za-z0-9_-]{43})$/;

/** Links of one job, those included that have expired and were not revoked. */
const MOST_LINKS = 50;

export const isLinkToken = (token: string): boolean => token.startsWith('p3l_');

/** Links to single jobs, in object storage. A link ends with the key that made it. */
export class Links {
  readonly #store: BlobStore;
  readonly #keys: Pick<ApiKeys, 'current'>;
  readonly #found: Trusted<LinkRecord | undefined>;

  /** @param freshMs how long a link that was revoked elsewhere may go on. @default 2000 */
  constructor(store: BlobStore, keys: Pick<ApiKeys, 'current'>, freshMs?: number) {
    this.#store = store;
    this.#keys = keys;
    this.#found = new Trusted((name) => this.#read(name), freshMs);
  }

  /**
   * Makes a link. The token is seen whole here alone.
   *
   * @throws Problem `quota-exceeded` for a job with too many of them
   */
  async create(
    jobId: string,
    { id: keyId, tenant }: Pick<ApiKeyRecord, 'id' | 'tenant'>,
    lifetimeMs: number,
  ): Promise<{ token: string; record: LinkRecord }> {
    const links = (await this.list(jobId)).length;
    if (links >= MOST_LINKS) {
      throw new Problem('quota-exceeded', `job ${jobId} has ${links} links; revoke some`, { limit: MOST_LINKS });
    }
    const [id, secret] = [newId(), newSecret()];
    const now = Date.now();
    const record = {
      id,
      jobId,
      tenant,
      keyId,
      sha256: sha256(secret),
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + lifetimeMs).toISOString(),
    };
    await writeJson(this.#store, blobKeys.link(jobId, id), record);
    return { token: `p3l_${jobId}_${id}_${secret}`, record };
  }

  /** The job that a link opens, and the key in whose name it reads; undefined for one that is over or never was. */
  async verify(token: string): Promise<{ key: ApiKeyRecord; record: LinkRecord } | undefined> {
    const record = await this.#standing(token);
    if (record === undefined) return undefined;
    const key = await this.#keys.current(record.keyId);
    return key?.tenant === record.tenant ? { key, record } : undefined;
  }

  /**
   * Whether a link is neither revoked nor expired, whatever its key does: for work that began with it.
   *
   * @throws Problem as the store
   */
  async stands(token: string): Promise<boolean> {
    return (await this.#standing(token)) !== undefined;
  }

  /** The links of a job, oldest first, those included that have expired. */
  async list(jobId: string): Promise<LinkRecord[]> {
    const records: LinkRecord[] = [];
    for await (const { key } of listAll(this.#store, blobKeys.linksPrefix(`${jobId}/`))) {
      const record = await readListed(this.#store, key, LinkRecord, () => undefined);
      if (record !== undefined) records.push(record);
    }
    return records.sort((one, other) => one.createdAt.localeCompare(other.createdAt));
  }

  /** Ends a link. @throws Problem `not-found` */
  async revoke(jobId: string, id: string): Promise<void> {
    if ((await this.#read(`${jobId}/${id}`)) === undefined) {
      throw new Problem('not-found', `job ${jobId} has no link ${id}`);
    }
    await this.#store.delete(blobKeys.link(jobId, id));
    this.#found.forget(`${jobId}/${id}`);
  }

  async #standing(token: string): Promise<LinkRecord | undefined> {
    const [, jobId, id, secret] = TOKEN_FORM.exec(token) ?? [];
    if (jobId === undefined || id === undefined || secret === undefined) return undefined;
    const record = await this.#found.get(`${jobId}/${id}`);
    if (record === undefined || !isSecret(secret, record.sha256)) return undefined;
    return Date.parse(record.expiresAt) <= Date.now() ? undefined : record;
  }

  /** A record that cannot be read opens nothing. */
  async #read(name: string): Promise<LinkRecord | undefined> {
    const [jobId = '', id = ''] = name.split('/');
    try {
      return await readRecord(this.#store, blobKeys.link(jobId, id), LinkRecord);
    } catch (error) {
      if (isProblem(error, 'record-invalid')) return undefined;
      throw error;
    }
  }
}
