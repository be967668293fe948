import { randomBytes, randomUUID } from 'node:crypto';
import { blobKeys } from '@parse3d/contract';
import { readAll, type BlobStore } from '@parse3d/storage';
import { z } from 'zod';
import type { Random } from './random.js';

const kinds = [
  'webhook',
  'delivery',
  'rule',
  'tenant',
  'key',
  'manifest',
  'pending-marker',
  'batch',
  'reusable-result',
] as const;
export type DamagedKind = (typeof kinds)[number];

/** What a process leaves that is killed in the middle of a write to a store that keeps it. */
const HALF_A_RECORD = '{"schemaVersion":1,"tenant":"default","createdAt":"20';

/** Puts half-written records of every kind into a store, beside those that the jobs of the run need. */
export class Vandal {
  readonly #store: BlobStore;
  readonly #deal: () => DamagedKind;
  readonly #planted = new Set<string>();
  /** Ids of jobs and batches that nobody was promised, and that these records belong to. */
  readonly ids = new Set<string>();

  constructor(store: BlobStore, random: Random) {
    this.#store = store;
    this.#deal = random.deck(kinds);
  }

  async strike(): Promise<DamagedKind> {
    const kind = this.#deal();
    await this.#damage(kind);
    return kind;
  }

  /** Removes the records, as an operator does who was shown them. */
  async cleanUp(): Promise<void> {
    for (const key of this.#planted) await this.#store.delete(key);
  }

  async #damage(kind: DamagedKind): Promise<void> {
    const id = randomUUID();
    switch (kind) {
      case 'webhook':
        return this.#plant(blobKeys.webhook('default', id));
      case 'delivery':
        await this.#plant(blobKeys.delivery(id, id));
        return this.#plant(blobKeys.outbox('default', id, id));
      case 'rule':
        return this.#plant(blobKeys.rule('default', id));
      case 'tenant':
        // The one whose jobs run.
        return this.#plant(blobKeys.tenant('default'));
      case 'key':
        return this.#plant(blobKeys.apiKey(randomBytes(6).toString('hex')));
      case 'manifest': {
        this.ids.add(id);
        const request = await this.#someRequest(id);
        await this.#plant(blobKeys.manifest(id, 1));
        // The attempt was killed at its very end, so that its marker is still there.
        if (request !== undefined) await this.#plant(blobKeys.pending(id, 1), request);
        return;
      }
      case 'pending-marker':
        this.ids.add(id);
        return this.#plant(blobKeys.pending(id, 1));
      case 'batch':
        this.ids.add(id);
        await this.#plant(blobKeys.batch(id));
        return this.#plant(blobKeys.openBatch(id));
      case 'reusable-result':
        return this.#plant(blobKeys.reuse(randomBytes(32).toString('hex')));
      default:
        kind satisfies never;
    }
  }

  async #plant(key: string, text = HALF_A_RECORD): Promise<void> {
    this.#planted.add(key);
    await this.#store.write(key, Buffer.from(text), { contentType: 'application/json' });
  }

  /** The request of a job that waits now, under another id. */
  async #someRequest(jobId: string): Promise<string | undefined> {
    const { blobs } = await this.#store.list({ prefix: blobKeys.pendingPrefix, limit: 20 });
    for (const { key } of blobs) {
      if (this.#planted.has(key)) continue;
      const text = await readAll(this.#store, key).catch(() => undefined);
      if (text === undefined) continue;
      const request = z.record(z.string(), z.unknown()).parse(JSON.parse(text.toString('utf8')));
      return JSON.stringify({ ...request, jobId });
    }
    return undefined;
  }
}
