import type { BlobInfo, BlobStore } from './blob-store.js';

/** Objects of one page: a folder is read again for each. */
const PAGE = 10_000;

/**
 * Everything below a prefix in the order of its keys, page by page: what is removed meanwhile disturbs nothing.
 *
 * @param signal ends it early, without an error
 * @param onLeftOut is told the keys that stand in the place of objects and cannot be read
 */
export async function* listAll(
  store: BlobStore,
  prefix: string,
  signal?: AbortSignal,
  onLeftOut?: (keys: readonly string[]) => void,
): AsyncGenerator<BlobInfo> {
  let startAfter: string | undefined;
  do {
    const page = await store.list({ prefix, startAfter, limit: PAGE });
    if (page.leftOut !== undefined) onLeftOut?.(page.leftOut);
    for (const blob of page.blobs) {
      if (signal?.aborted === true) return;
      yield blob;
    }
    startAfter = page.next;
  } while (startAfter !== undefined);
}
