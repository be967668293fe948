import { createHash } from 'node:crypto';
import { blobKeys } from '@parse3d/shared/contract';
import { isProblem } from '@parse3d/shared/problems';
import { readAll, type BlobStore } from '@parse3d/shared/storage';

/** Bytes of the largest record that is read: 32 million objects. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Which versions of objects a rule's listing has dealt with, at 8 bytes each: no time stamp tells that, since the date
 * of an object is that of its upload's beginning in some stores, and whatever its mover kept in a folder. Among a
 * million objects two share their 8 bytes with a chance of one in 30 million.
 */
export class SeenVersions {
  readonly #sorted: BigUint64Array;

  private constructor(sorted: BigUint64Array) {
    this.#sorted = sorted;
  }

  static of(marks: readonly bigint[]): SeenVersions {
    return new SeenVersions(BigUint64Array.from(marks).sort());
  }

  /** What the last listing wrote, or undefined before the first. */
  static async read(store: BlobStore, ruleId: string): Promise<SeenVersions | undefined> {
    try {
      const bytes = await readAll(store, blobKeys.ruleSeen(ruleId), { maxBytes: MAX_BYTES });
      const marks = new BigUint64Array(Math.floor(bytes.length / 8));
      for (let index = 0; index < marks.length; index++) marks[index] = bytes.readBigUInt64LE(index * 8);
      return new SeenVersions(marks);
    } catch (error) {
      if (isProblem(error, 'blob-missing')) return undefined;
      throw error;
    }
  }

  async write(store: BlobStore, ruleId: string): Promise<void> {
    const bytes = Buffer.alloc(this.#sorted.length * 8);
    for (const [index, mark] of this.#sorted.entries()) bytes.writeBigUInt64LE(mark, index * 8);
    await store.write(blobKeys.ruleSeen(ruleId), bytes, { contentType: 'application/octet-stream' });
  }

  has(mark: bigint): boolean {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? 0n) < mark) low = middle + 1;
      else high = middle;
    }
    return this.#sorted[low] === mark;
  }

  /** These and more. */
  with(marks: readonly bigint[]): SeenVersions {
    return SeenVersions.of([...this.#sorted, ...marks]);
  }

  equals(other: SeenVersions): boolean {
    return this.#sorted.length === other.#sorted.length && this.#sorted.every((mark) => other.has(mark));
  }
}

/** The mark of one version of an object. */
export function markOf(key: string, etag: string): bigint {
  return createHash('sha256').update(`${key}\0${etag}`).digest().readBigUInt64LE();
}
