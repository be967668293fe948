import { blobKeys } from '@parse3d/contract';
import type { Ledger } from '../ledger/ledger.js';
import { uploadName, type UploadId } from '../ledger/uploads.js';

/** Uploads that one walk looks for the names of; the others are looked at by the next. */
const MOST = 50_000;

/** An upload that nothing names. */
export interface UnusedUpload extends UploadId {
  readonly objects: number;
  readonly bytes: number;
}

/** Uploads that may be removed, until something is found that names them. */
export class Candidates {
  readonly #uploads: Ledger['uploads'];
  readonly #left = new Map<string, UnusedUpload>();
  /** True when there were more than one walk looks at. */
  more = false;

  constructor({ uploads }: Pick<Ledger, 'uploads'>) {
    this.#uploads = uploads;
  }

  get left(): readonly UnusedUpload[] {
    return [...this.#left.values()];
  }

  get size(): number {
    return this.#left.size;
  }

  add(upload: UnusedUpload): void {
    if (this.#left.size < MOST) this.#left.set(uploadName(upload), upload);
    else this.more = true;
  }

  /** @param uri of one upload, of a file in it, or of a folder above many */
  named(uri: string): void {
    if (this.#left.size === 0) return;
    const upload = this.#uploads.at(uri);
    if (upload !== undefined) {
      this.#left.delete(uploadName(upload));
      return;
    }
    const key = this.#uploads.keyOf(uri);
    if (key !== undefined) this.namedBelow(key);
  }

  /** Every upload below a prefix of keys is named, and the one that the prefix leads into. */
  namedBelow(prefix: string): void {
    for (const [name, { tenant, uploadId }] of this.#left) {
      const folder = blobKeys.uploadPrefix(tenant, uploadId);
      if (folder.startsWith(prefix) || prefix.startsWith(folder)) this.#left.delete(name);
    }
  }

  /** What names uploads cannot be read: none is removed while that is so. */
  keepAll(): void {
    this.#left.clear();
  }
}
