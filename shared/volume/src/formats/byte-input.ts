import { Problem } from '@parse3d/contract/problems';

/** Bytes of a source in order, of which some can be given back. */
export class ByteInput {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #held: Uint8Array[] = [];
  #taken = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** Bytes handed out so far. */
  get taken(): number {
    return this.#taken;
  }

  /** The next piece, of any length; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const held = this.#held.shift();
    const piece = held ?? (await this.#pull());
    this.#taken += piece?.length ?? 0;
    return piece;
  }

  unread(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#held.unshift(bytes);
    this.#taken -= bytes.length;
  }

  /** The next bytes without taking them: fewer at the end. */
  async peek(count: number): Promise<Buffer> {
    const [first] = this.#held;
    // Nothing is copied where one piece holds enough.
    if (first !== undefined && first.length >= count) return asBuffer(first.subarray(0, count));
    const pieces: Uint8Array[] = [];
    for (let length = 0; length < count;) {
      const piece = await this.next();
      if (piece === undefined) break;
      pieces.push(piece);
      length += piece.length;
    }
    const [only] = pieces;
    const all = only !== undefined && pieces.length === 1 ? asBuffer(only) : Buffer.concat(pieces);
    this.unread(all);
    return all.subarray(0, count);
  }

  /** @throws Problem `nifti-truncated` when there are fewer */
  async take(count: number): Promise<Buffer> {
    const bytes = await this.peek(count);
    if (bytes.length < count) {
      throw new Problem('nifti-truncated', 'the gzip stream ends in the middle');
    }
    for (let left = count; left > 0;) {
      const piece = (await this.next()) ?? Buffer.alloc(0);
      if (piece.length > left) this.unread(piece.subarray(left));
      left -= Math.min(left, piece.length);
    }
    return bytes;
  }

  /** Reads to the end. */
  async count(): Promise<{ bytes: number; onlyZeros: boolean }> {
    let bytes = 0;
    let onlyZeros = true;
    for (let piece = await this.next(); piece !== undefined; piece = await this.next()) {
      bytes += piece.length;
      onlyZeros &&= piece.every((byte) => byte === 0);
    }
    return { bytes, onlyZeros };
  }

  async close(): Promise<void> {
    this.#held = [];
    await this.#iterator.return?.();
  }

  async #pull(): Promise<Uint8Array | undefined> {
    const next = await this.#iterator.next();
    return next.done === true ? undefined : next.value;
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
