import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@parse3d/contract/problems';

/**
 * Mask logits per slice and prompt on disk, so that memory does not grow with prompts times slices. Only what shows takes
 * room. The file has no name once it is open: it is gone when this process is, however that ends.
 */
export class MaskSpool {
  readonly #file: number;
  readonly #prompts: number;
  readonly #pixels: number;
  readonly #recordOf: Int32Array;
  readonly #kept: Uint8Array;
  #written = 0;
  #open = true;

  constructor(folder: string | undefined, slices: number, prompts: number, maskSize: number) {
    this.#prompts = prompts;
    this.#pixels = maskSize * maskSize;
    this.#recordOf = new Int32Array(slices * prompts).fill(-1);
    this.#kept = new Uint8Array(slices * prompts);
    try {
      const own = mkdtempSync(join(folder ?? tmpdir(), 'masks-'));
      this.#file = openSync(join(own, 'spool'), 'wx+');
      rmSync(own, { recursive: true, force: true });
    } catch (error) {
      throw Problem.from(error);
    }
  }

  has(slice: number, prompt: number): boolean {
    return this.#recordOf[slice * this.#prompts + prompt] >= 0;
  }

  /** Writes a mask; one that was written already stays. */
  put(slice: number, prompt: number, logits: Float32Array): void {
    if (this.has(slice, prompt)) return;
    const bytes = new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength);
    try {
      for (let done = 0; done < bytes.length;) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, this.#written * bytes.length + done);
      }
    } catch (error) {
      throw Problem.from(error);
    }
    this.#recordOf[slice * this.#prompts + prompt] = this.#written++;
  }

  /** Marks a mask as one that stayed after suppression. */
  keep(slice: number, prompt: number): void {
    this.#kept[slice * this.#prompts + prompt] = 1;
  }

  /** The mask if it stayed. */
  getKept(slice: number, prompt: number): Float32Array | undefined {
    return this.#kept[slice * this.#prompts + prompt] === 1 ? this.get(slice, prompt) : undefined;
  }

  get(slice: number, prompt: number): Float32Array | undefined {
    const record = this.#recordOf[slice * this.#prompts + prompt];
    if (record < 0) return undefined;
    const logits = new Float32Array(this.#pixels);
    const bytes = new Uint8Array(logits.buffer);
    for (let done = 0; done < bytes.length;) {
      const read = readSync(this.#file, bytes, done, bytes.length - done, record * bytes.length + done);
      if (read === 0) throw new Problem('internal', 'the scratch file of masks ends too early');
      done += read;
    }
    return logits;
  }

  close(): void {
    if (this.#open) closeSync(this.#file);
    this.#open = false;
  }
}
