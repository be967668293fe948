import type { RemovedVolume } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { ApiDeps } from '../deps.js';

/**
 * Removes an upload of the tenant, with all files of its folder.
 *
 * @throws Problem `not-found`, with the same words for what is not there, lies elsewhere or belongs to another tenant
 */
export async function removeUpload(uri: string, tenant: string, { control }: ApiDeps): Promise<RemovedVolume> {
  const removed = await control.uploads.remove(uri, tenant);
  if (removed.objects > 0) return { uri, ...removed };
  throw new Problem('not-found', `this key has no upload ${uri}`, { uri });
}
