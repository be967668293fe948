import type { BatchItem } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { isFolderUri } from '@parse3d/storage';
import type { ApiDeps } from '../deps.js';
import { inspectVolume } from '../jobs/preflight.js';

/** Headers read together: each is a request to the storage. */
const AT_ONCE = 16;

/** Every frame of a 4D volume as an item of its own; other volumes as they are. The order stays. */
export async function* withFrames(items: AsyncIterable<BatchItem>, deps: ApiDeps): AsyncGenerator<BatchItem> {
  let some: BatchItem[] = [];
  const expanded = async function* (): AsyncGenerator<BatchItem> {
    for (const frames of await Promise.all(some.map((item) => framesOf(item, deps)))) yield* frames;
    some = [];
  };
  for await (const item of items) {
    some.push(item);
    if (some.length === AT_ONCE) yield* expanded();
  }
  yield* expanded();
}

/** A volume that is not there, or whose header is wrong, fails as an item of its own, with its reason. */
async function framesOf(item: BatchItem, { stores, config }: ApiDeps): Promise<BatchItem[]> {
  if (isFolderUri(item.uri)) return [item];
  try {
    const { store, key } = stores.open(item.uri);
    const { info, header } = await inspectVolume(store, key, config, 'any');
    const count = header?.frame?.count ?? 1;
    // The number of frames belongs to this version of the file.
    const pinned = { ...item, etag: info.etag, bytes: info.bytes };
    return count === 1
      ? [pinned]
      : Array.from({ length: count }, (_, index) => ({ ...pinned, frame: { number: index + 1, count } }));
  } catch (error) {
    if (!isProblem(error) || error.retry === 'later') throw error;
    return [item];
  }
}
