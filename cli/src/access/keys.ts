import { join, resolve } from 'node:path';
import { ApiKeys, Tenants, type ApiKeyRecord } from '@parse3d/platform/access';
import { commonEnv, parseEnv, storageFromEnv } from '@parse3d/platform/config';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { createBucketIfMissing, openStores, type StorageConfig } from '@parse3d/storage';
import type { GrantOptions, StorageOptions } from '../options/storage.js';
import { EMBEDDED_BUCKET } from '../stack/paths.js';
import type { Output } from '../terminal/output.js';

/** Who may use the service, as its storage knows it. */
export interface Access {
  readonly keys: ApiKeys;
  readonly tenants: Tenants;
}

/** Runs on the storage itself, so that no service need run. */
export async function withAccess(options: StorageOptions, run: (access: Access) => Promise<void>): Promise<void> {
  const storage = storageOf(options.dir);
  // A folder is ours to make; a bucket elsewhere is its owner's.
  if (storage.kind === 'file') await createBucketIfMissing(storage);
  const stores = openStores(storage);
  try {
    await run({ keys: new ApiKeys(stores.primary), tenants: new Tenants(stores.primary) });
  } catch (error) {
    if (!isProblem(error, 'bucket-missing')) throw error;
    throw new Problem('config-invalid', `the bucket ${storage.bucket} does not exist; make it, or set PARSE3D_BUCKET`, {
      bucket: storage.bucket,
    });
  } finally {
    await stores.close();
  }
}

function storageOf(dir: string | undefined): StorageConfig {
  if (dir !== undefined) return { kind: 'file', root: resolve(join(dir, 'storage')), bucket: EMBEDDED_BUCKET };
  return storageFromEnv(parseEnv(commonEnv, process.env));
}

/** Makes a key and shows it, this once. */
export async function createKey(
  keys: ApiKeys,
  { name, tenant }: { name: string; tenant: string },
  { scope, input, expiresInDays }: GrantOptions,
  output: Output,
): Promise<void> {
  const until = expiresInDays === undefined ? undefined : new Date(Date.now() + expiresInDays * 86_400_000);
  const { key, record } = await keys.create({
    name,
    tenant,
    scopes: [...new Set(scope)],
    inputs: input,
    ...(until === undefined ? {} : { expiresAt: until.toISOString() }),
  });
  output.document({ key, ...withoutHash(record) });
  output.say(key);
  output.hint(`id ${record.id}; this is the only time that it is shown`);
}

/** People paste whole keys where an id is asked for. @throws Problem `not-found` */
export async function revokeKey(keys: ApiKeys, idOrKey: string, output: Output): Promise<void> {
  const id = /^p3d_([A-Za-z0-9]{12})_/.exec(idOrKey)?.[1] ?? idOrKey;
  const known = (await keys.list()).find((record) => record.id === id);
  if (known === undefined) throw new Problem('not-found', `there is no key ${id}; see: parse3d key list`, { id });
  await keys.revoke(id);
  output.document({ id, revoked: true });
  output.say(`${id} (${known.name}) is revoked`);
}

/** Of a key, nobody needs its hash. */
export function withoutHash({ sha256: _hash, ...record }: ApiKeyRecord): Omit<ApiKeyRecord, 'sha256'> {
  return record;
}
