import { blobKeys, parseBlobKeys } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll, writeJson, type BlobStore } from '@parse3d/storage';

/** An upload of a tenant: one object, or the files of a series. */
export interface UploadId {
  readonly tenant: string;
  readonly uploadId: string;
}

export const uploadName = ({ tenant, uploadId }: UploadId): string => `${tenant}/${uploadId}`;

/** The marks of uploads: `gone` from the moment that nothing new may name them, `released` by the end of their owner. */
export class UploadMarks {
  readonly #store: BlobStore;
  readonly #begin: string;

  constructor(store: BlobStore) {
    this.#store = store;
    this.#begin = `${store.scheme}://${store.bucket}/${blobKeys.uploadsPrefix}`;
  }

  /** The upload that a URI lies in; undefined for everything else. */
  at(uri: string): UploadId | undefined {
    return uri.startsWith(this.#begin)
      ? parseBlobKeys.upload(blobKeys.uploadsPrefix + uri.slice(this.#begin.length))
      : undefined;
  }

  /** The key, or the beginning of keys, that a URI names among the uploads; undefined for a URI of another place. */
  keyOf(uri: string): string | undefined {
    const own = this.#begin.slice(0, -blobKeys.uploadsPrefix.length);
    const key = uri.startsWith(own) ? uri.slice(own.length) : undefined;
    if (key === undefined) return undefined;
    return key.startsWith(blobKeys.uploadsPrefix) || blobKeys.uploadsPrefix.startsWith(key) ? key : undefined;
  }

  /** True from the moment that nothing new may name the upload. */
  async isGone({ tenant, uploadId }: UploadId): Promise<boolean> {
    try {
      await this.#store.head(blobKeys.uploadGone(tenant, uploadId));
      return true;
    } catch (error) {
      if (isProblem(error, 'blob-missing')) return false;
      throw error;
    }
  }

  async markGone({ tenant, uploadId }: UploadId): Promise<void> {
    await writeJson(this.#store, blobKeys.uploadGone(tenant, uploadId), {});
  }

  async unmarkGone({ tenant, uploadId }: UploadId): Promise<void> {
    await this.#store.delete(blobKeys.uploadGone(tenant, uploadId));
  }

  async release({ tenant, uploadId }: UploadId): Promise<void> {
    await writeJson(this.#store, blobKeys.uploadReleased(tenant, uploadId), {});
  }

  async unrelease({ tenant, uploadId }: UploadId): Promise<void> {
    await this.#store.delete(blobKeys.uploadReleased(tenant, uploadId));
  }

  /** Every mark of one kind, by name. */
  async list(kind: 'gone' | 'released', signal?: AbortSignal): Promise<Map<string, UploadId>> {
    const prefix = kind === 'gone' ? blobKeys.uploadsGonePrefix : blobKeys.uploadsReleasedPrefix;
    const found = new Map<string, UploadId>();
    for await (const { key } of listAll(this.#store, prefix, signal)) {
      const upload = parseBlobKeys.uploadMark(key);
      if (upload !== undefined) found.set(uploadName(upload), upload);
    }
    return found;
  }

  /** True for the folder of an upload and for its only object, which is there: not for one file of several. */
  async isWhole(uri: string, { tenant, uploadId }: UploadId): Promise<boolean> {
    const prefix = blobKeys.uploadPrefix(tenant, uploadId);
    const key = this.keyOf(uri);
    if (key === prefix) return true;
    const { blobs } = await this.#store.list({ prefix, limit: 2 });
    return blobs.length === 1 && blobs[0]?.key === key;
  }

  /** Removes all objects of an upload; can be repeated. @returns what was removed */
  async remove({ tenant, uploadId }: UploadId): Promise<{ objects: number; bytes: number }> {
    const removed = { objects: 0, bytes: 0 };
    for await (const { key, bytes } of listAll(this.#store, blobKeys.uploadPrefix(tenant, uploadId))) {
      await this.#store.delete(key);
      removed.objects++;
      removed.bytes += bytes;
    }
    return removed;
  }
}
