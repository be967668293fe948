import type { RandomAccess } from '@parse3d/volume/formats';
import { readAll, type BlobInfo, type BlobStore } from '@parse3d/storage';

/** One version of a stored object as bytes that can be read anywhere, by ranges. */
export function blobAccess(store: BlobStore, { key, bytes, etag }: BlobInfo): RandomAccess {
  const range = (start: number, length: number) => ({ start, end: start + length - 1, etag });
  return {
    bytes,
    read: async (start, length) => (length === 0 ? new Uint8Array(0) : readAll(store, key, range(start, length))),
    async *stream(start, length) {
      if (length === 0) return;
      const { body } = await store.read(key, range(start, length));
      for await (const chunk of body) yield Buffer.from(chunk);
    },
  };
}
