import { randomUUID } from 'node:crypto';
import type { BlobStore } from '@parse3d/storage';

/** Puts files into a fresh folder of the default tenant's uploads. @returns the folder's URI and key, each with a slash at its end */
export async function uploadFolder(
  store: BlobStore,
  files: Readonly<Record<string, Buffer>>,
): Promise<{ uri: string; prefix: string }> {
  const prefix = `uploads/default/${randomUUID()}/`;
  for (const [name, bytes] of Object.entries(files)) await store.write(prefix + name, bytes);
  return { uri: `${store.scheme}://${store.bucket}/${prefix}`, prefix };
}
