import { createHash } from 'node:crypto';
import { blobKeys, type RuleRecord } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { readAll, type BlobStore } from '@parse3d/storage';

/** Bytes of the largest record that is read: 32 million objects. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Marks in the order in which they come, 8 bytes each, in an array that doubles. */
export class MarkList {
  #marks = new BigUint64Array(1_024);
  #length = 0;

  push(mark: bigint): void {
    if (this.#length === this.#marks.length) {
      const larger = new BigUint64Array(2 * this.#length);
      larger.set(this.#marks);
      this.#marks = larger;
    }
    this.#marks[this.#length++] = mark;
  }

  /** What was pushed so far. */
  get marks(): BigUint64Array {
    return this.#marks.subarray(0, this.#length);
  }
}

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

  static of({ marks }: MarkList): SeenVersions {
    return new SeenVersions(marks.slice().sort());
  }

  /** What the last listing wrote, or undefined before the first since the rule holds as it is. */
  static async read(store: BlobStore, rule: SeenBy): Promise<SeenVersions | undefined> {
    try {
      const bytes = await readAll(store, keyOf(rule), { maxBytes: MAX_BYTES });
      const marks = new BigUint64Array(Math.floor(bytes.length / 8));
      for (let index = 0; index < marks.length; index++) marks[index] = bytes.readBigUInt64LE(index * 8);
      return new SeenVersions(marks);
    } catch (error) {
      if (isProblem(error, 'blob-missing')) return undefined;
      throw error;
    }
  }

  async write(store: BlobStore, rule: SeenBy): Promise<void> {
    const bytes = Buffer.alloc(this.#sorted.length * 8);
    for (const [index, mark] of this.#sorted.entries()) bytes.writeBigUInt64LE(mark, index * 8);
    await store.write(keyOf(rule), bytes, { contentType: 'application/octet-stream' });
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
  with({ marks }: MarkList): SeenVersions {
    const both = new BigUint64Array(this.#sorted.length + marks.length);
    both.set(this.#sorted);
    both.set(marks, this.#sorted.length);
    return new SeenVersions(both.sort());
  }

  equals(other: SeenVersions): boolean {
    return bytesOf(this.#sorted).equals(bytesOf(other.#sorted));
  }
}

const bytesOf = (marks: BigUint64Array): Buffer => Buffer.from(marks.buffer, marks.byteOffset, marks.byteLength);

type SeenBy = Pick<RuleRecord, 'id' | 'since'>;

/** A rule that takes other objects from now on has another record: a listing under way writes to the one before. */
const keyOf = ({ id, since }: SeenBy): string => blobKeys.ruleSeen(id, Date.parse(since));

/** The mark of one version of an object. */
export function markOf(key: string, etag: string): bigint {
  return createHash('sha256').update(`${key}\0${etag}`).digest().readBigUInt64LE();
}
