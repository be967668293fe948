import { ApiKeys, scopes } from '@parse3d/platform/access';
import { createBucketIfMissing, openStores, type StorageConfig } from '@parse3d/storage';
import { readCredentials, writeCredentials, type Credentials } from './credentials.js';
import type { StackPaths } from './paths.js';

/**
 * The key by which this machine's commands use the embedded service: the one from before as long as it is valid and may
 * read all that is asked for, else a new one.
 * @param inputs prefixes of volumes in storage that it may read
 * @returns `isNew` when the key has not been shown to anybody yet
 */
export async function ensureLocalKey(
  paths: StackPaths,
  storage: StorageConfig,
  url: string,
  inputs: readonly string[],
): Promise<{ credentials: Credentials; isNew: boolean }> {
  await createBucketIfMissing(storage);
  const stores = openStores(storage);
  try {
    const keys = new ApiKeys(stores.primary);
    const earlier = await readCredentials(paths.credentials);
    const known = earlier === undefined ? undefined : await keys.verify(earlier.key);
    if (earlier !== undefined && inputs.every((prefix) => known?.inputs.includes(prefix))) {
      const credentials = { url, key: earlier.key };
      await writeCredentials(paths.credentials, credentials);
      return { credentials, isNew: false };
    }
    const { key } = await keys.create({ name: 'local', tenant: 'default', scopes: [...scopes], inputs: [...inputs] });
    const credentials = { url, key };
    await writeCredentials(paths.credentials, credentials);
    return { credentials, isNew: true };
  } finally {
    await stores.close();
  }
}
