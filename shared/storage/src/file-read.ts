import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Problem } from '@parse3d/contract/problems';
import { fileProblem } from './file-errors.js';

const CHUNK_BYTES = 256 * 1024;

/**
 * Bytes of an open file. The open handle holds one version, whatever is renamed over its name; a file that another
 * program changes in place ends the stream with `blob-changed`. Owns the handle.
 */
export class FileBody extends Readable {
  readonly #key: string;
  readonly #handle: FileHandle;
  readonly #opened: BigIntStats;
  #position: number;
  #left: number;

  constructor(key: string, handle: FileHandle, opened: BigIntStats, range: { start: number; length: number }) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#key = key;
    this.#handle = handle;
    this.#opened = opened;
    this.#position = range.start;
    this.#left = range.length;
  }

  override _read(): void {
    this.#next().then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(fileProblem(error, this.#key)),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#handle.close().then(
      () => done(error),
      (closing: unknown) => done(error ?? fileProblem(closing, this.#key)),
    );
  }

  async #next(): Promise<Buffer | null> {
    if (this.#left === 0) {
      await this.#checkUnchanged();
      return null;
    }
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, this.#left));
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.#position);
    if (bytesRead === 0) throw this.#changed();
    this.#position += bytesRead;
    this.#left -= bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  async #checkUnchanged(): Promise<void> {
    const now = await this.#handle.stat({ bigint: true });
    if (now.size !== this.#opened.size || now.mtimeNs !== this.#opened.mtimeNs) throw this.#changed();
  }

  #changed(): Problem {
    return new Problem('blob-changed', `the file of ${this.#key} was changed in place while it was read`, {
      key: this.#key,
    });
  }
}
