import { each } from '@parse3d/async';
import { blobKeys } from '@parse3d/contract';
import { listAll, readListed, writeJson, type BlobStore, type OnUnreadable } from '@parse3d/storage';
import { z } from 'zod';
import type { ApiKeyRecord } from './api-key.js';
import type { ApiKeys } from './key-store.js';
import type { Tenants } from './tenants.js';

/** What a revocation ends, as it stood when the key was revoked. */
export interface Stopped {
  readonly rules: number;
  readonly webhooks: number;
  /** With work left. */
  readonly batches: number;
  /** That wait or run, besides those of batches. */
  readonly jobs: number;
  /** Records that cannot be read: whose they are is not known. */
  readonly unreadable: number;
}

/** Records read at a time. */
const AT_ONCE = 32;

const Owned = z.object({ tenant: z.string(), keyId: z.string().optional() });
type Owned = z.infer<typeof Owned>;

/** Counts what was begun with one key, or, without an id, by anybody of the tenant. */
export async function revocation(
  store: BlobStore,
  { tenant, keyId }: Owned,
  onUnreadable: OnUnreadable = () => undefined,
): Promise<Stopped> {
  let unreadable = 0;
  const count = async (keys: AsyncIterable<string>): Promise<number> => {
    let own = 0;
    await each(keys, AT_ONCE, async (key) => {
      const record = await readListed(store, key, Owned, (damaged, problem) => {
        unreadable++;
        onUnreadable(damaged, problem);
      });
      if (record?.tenant === tenant && (keyId === undefined || record.keyId === keyId)) own++;
    });
    return own;
  };
  const rules = await count(keysUnder(store, blobKeys.tenantRulesPrefix(tenant)));
  const webhooks = await count(keysUnder(store, blobKeys.tenantWebhooksPrefix(tenant)));
  const batches = await count(openBatches(store));
  const jobs = await count(keysUnder(store, blobKeys.pendingPrefix));
  return { rules, webhooks, batches, jobs, unreadable };
}

/** Revokes every key of a tenant, and what was begun in its name without a key. Can be repeated. */
export async function revokeTenant(
  store: BlobStore,
  tenant: string,
  { keys, tenants }: { readonly keys: ApiKeys; readonly tenants: Tenants },
): Promise<ApiKeyRecord[]> {
  await tenants.set(tenant, { ...(await tenants.get(tenant)), revokedAt: new Date().toISOString() });
  await writeJson(store, blobKeys.withdrawal(`tenant-${tenant}`), { tenant });
  const own = (await keys.list()).filter((record) => record.tenant === tenant);
  for (const record of own) await keys.revoke(record);
  return own;
}

async function* keysUnder(store: BlobStore, prefix: string): AsyncGenerator<string> {
  for await (const { key } of listAll(store, prefix)) yield key;
}

async function* openBatches(store: BlobStore): AsyncGenerator<string> {
  for await (const key of keysUnder(store, blobKeys.openBatchPrefix)) {
    yield blobKeys.batch(key.slice(blobKeys.openBatchPrefix.length, -'.json'.length));
  }
}
