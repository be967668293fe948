import { join, resolve } from 'node:path';
import { ApiKeys, revocation, Tenants, type ApiKeyRecord, type Stopped } from '@parse3d/platform/access';
import { commonEnv, parseEnv, storageFromEnv } from '@parse3d/platform/config';
import { isProblem, Problem } from '@parse3d/contract/problems';
import {
  createBucketIfMissing,
  openStores,
  type BlobStore,
  type OnUnreadable,
  type StorageConfig,
} from '@parse3d/storage';
import type { GrantOptions, StorageOptions } from '../options/storage.js';
import { EMBEDDED_BUCKET } from '../stack/paths.js';
import { asCalled } from '../terminal/as-called.js';
import type { Output } from '../terminal/output.js';

/** Who may use the service, as its storage knows it. */
export interface Access {
  readonly keys: ApiKeys;
  readonly tenants: Tenants;
  readonly store: BlobStore;
}

/** Runs on the storage itself, so that no service need run. */
export async function withAccess(options: StorageOptions, run: (access: Access) => Promise<void>): Promise<void> {
  const storage = storageOf(options.dir);
  // A folder is ours to make; a bucket elsewhere is its owner's.
  if (storage.kind === 'file') await createBucketIfMissing(storage);
  const stores = openStores(storage);
  const { primary: store } = stores;
  try {
    await run({ keys: new ApiKeys(store, warn), tenants: new Tenants(store, warn), store });
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

/**
 * People paste whole keys where an id is asked for.
 *
 * @param successor id of the key in whose name everything goes on; without one all that was begun with the key is withdrawn
 * @throws Problem `not-found`, `state-conflict` for a successor that cannot be one
 */
export async function revokeKey(
  { keys, store }: Access,
  idOrKey: string,
  successor: string | undefined,
  output: Output,
): Promise<void> {
  const known = await keys.list();
  const find = (text: string): ApiKeyRecord => {
    const id = /^p3d_([A-Za-z0-9]{12})_/.exec(text)?.[1] ?? text;
    const record = known.find((one) => one.id === id);
    if (record === undefined) throw new Problem('not-found', `there is no key ${id}; see: parse3d key list`, { id });
    return record;
  };
  const record = find(idOrKey);
  const next = successor === undefined ? undefined : find(successor);
  if (next?.id === record.id || (next !== undefined && next.tenant !== record.tenant)) {
    throw new Problem(
      'state-conflict',
      `another key of tenant ${record.tenant} can follow ${record.id}, not ${next.id}`,
    );
  }
  const stopped = await revocation(store, { tenant: record.tenant, keyId: record.id });
  await keys.revoke(record, next?.id);
  const { id, name } = record;
  output.document({
    id,
    revoked: true,
    ...(next === undefined ? { stopped } : { successor: next.id, continued: stopped }),
  });
  output.say(`${id} (${name}) is revoked`);
  if (next === undefined) sayStopped(stopped, output);
  else output.say(`in the name of ${next.id} (${next.name}) go on: ${wordsFor(stopped)}`);
}

/** What a revocation ends, for people. */
export function sayStopped(stopped: Stopped, output: Output): void {
  output.say(`it ends: ${wordsFor(stopped)}`);
  if (stopped.unreadable > 0) output.note(`${stopped.unreadable} records cannot be read; see: parse3d doctor`);
  output.hint('within seconds; event streams, uploads and downloads that are open end too');
}

function wordsFor({ rules, webhooks, batches, jobs }: Stopped): string {
  const named = [
    { count: rules, one: 'rule', many: 'rules' },
    { count: webhooks, one: 'webhook', many: 'webhooks' },
    { count: batches, one: 'open batch', many: 'open batches' },
    { count: jobs, one: 'job', many: 'jobs' },
  ];
  return named.map(({ count, one, many }) => `${count} ${count === 1 ? one : many}`).join(', ');
}

/** Whatever cannot be read is passed over, and said once. */
const warn: OnUnreadable = (key) => void process.stderr.write(asCalled(`${key} cannot be read; see: parse3d doctor\n`));

/** Of a key, nobody needs its hash. */
export function withoutHash({ sha256: _hash, ...record }: ApiKeyRecord): Omit<ApiKeyRecord, 'sha256'> {
  return record;
}
