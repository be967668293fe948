import { Readable } from 'node:stream';
import { Backoff, pause } from '@parse3d/async';
import { isProblem, Problem } from '@parse3d/contract/problems';

/** How many connections in a row may break with hardly a byte before the stream fails. */
const MAX_BARREN_TRIES = 4;
/** What a connection must bring to count as progress. */
const PROGRESS_BYTES = 64 * 1024;
const FIRST_PAUSE_MS = 100;

export interface ResumingBodyOptions {
  readonly key: string;
  /** Body of the first answer. */
  readonly source: Readable;
  /** Offset of the first byte in the object. */
  readonly start: number;
  readonly length: number;
  /** Opens the same version again, from a byte of the object on; throws Problems. */
  readonly reopen: (position: number, signal: AbortSignal) => Promise<Readable>;
}

/**
 * Bytes of an object over connections that may break: the stream goes on where it was, from the same version. A broken
 * connection is replaced only when somebody reads on, so that a slow reader costs no reconnects.
 */
export class ResumingBody extends Readable {
  readonly #key: string;
  readonly #reopen: ResumingBodyOptions['reopen'];
  readonly #abort = new AbortController();
  #source: Readable | undefined;
  #position: number;
  #left: number;
  #barren = 0;
  readonly #backoff = new Backoff({ firstMs: FIRST_PAUSE_MS });
  /** Bytes that the present connection has brought. */
  #brought = 0;
  #opening = false;
  /** Somebody waits for bytes. */
  #wanted = false;
  #cause: unknown;

  constructor({ key, source, start, length, reopen }: ResumingBodyOptions) {
    super({ highWaterMark: 256 * 1024 });
    this.#key = key;
    this.#reopen = reopen;
    this.#position = start;
    this.#left = length;
    this.#attach(source);
    if (length === 0) this.#finish();
  }

  override _read(): void {
    this.#wanted = true;
    if (this.#source !== undefined) this.#source.resume();
    else if (!this.#opening) this.#resume().catch((error: unknown) => this.destroy(Problem.from(error)));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#abort.abort();
    this.#detach();
    done(error);
  }

  #attach(source: Readable): void {
    this.#source = source;
    this.#brought = 0;
    source.pause();
    source.on('data', (chunk: Buffer) => {
      if (this.#source === source) this.#take(chunk, source);
    });
    source.on('error', (error) => this.#broken(source, error));
    source.on('close', () => this.#broken(source, new Error('the connection was closed before the end')));
  }

  #take(chunk: Buffer, source: Readable): void {
    this.#brought += chunk.length;
    if (this.#brought >= PROGRESS_BYTES) {
      this.#barren = 0;
      this.#backoff.reset();
    }
    this.#position += chunk.length;
    this.#left -= chunk.length;
    if (this.#left < 0) {
      this.destroy(new Problem('storage-unavailable', `the store sent more bytes of ${this.#key} than it announced`));
    } else if (this.#left === 0) {
      this.push(chunk);
      this.#finish();
    } else if (!this.push(chunk)) {
      this.#wanted = false;
      source.pause();
    }
  }

  #finish(): void {
    // The source is at its end too: read on, so that its connection goes back to the pool.
    const source = this.#source;
    this.#source = undefined;
    source?.resume();
    this.push(null);
  }

  #broken(source: Readable, cause: unknown): void {
    if (this.#source !== source) return;
    this.#cause = cause;
    this.#detach();
    if (this.#wanted) this._read();
  }

  #detach(): void {
    const source = this.#source;
    this.#source = undefined;
    source?.destroy();
  }

  async #resume(): Promise<void> {
    if (this.#left === 0) return;
    this.#opening = true;
    try {
      while (!this.#abort.signal.aborted) {
        if (this.#barren >= MAX_BARREN_TRIES) throw this.#gaveUp();
        // An abort ends the pause at once, and with it the loop.
        if (this.#barren > 0) await pause(this.#backoff.next(), this.#abort.signal).catch(() => undefined);
        this.#barren++;
        const source = await this.#tryReopen();
        if (source === undefined) continue;
        if (this.destroyed) source.on('error', () => undefined).destroy();
        else this.#attach(source);
        break;
      }
    } finally {
      this.#opening = false;
    }
    this.#source?.resume();
  }

  /** A new source, or undefined when another try may help. */
  async #tryReopen(): Promise<Readable | undefined> {
    try {
      return await this.#reopen(this.#position, this.#abort.signal);
    } catch (error) {
      if (isProblem(error, 'blob-missing')) {
        throw new Problem('blob-changed', `${this.#key} was deleted while it was read`, { key: this.#key });
      }
      if (!isProblem(error, 'storage-unavailable')) throw error;
      this.#cause = error;
      return undefined;
    }
  }

  #gaveUp(): Problem {
    return new Problem(
      'storage-unavailable',
      `reading ${this.#key} broke off at byte ${this.#position} and could not be resumed in ${MAX_BARREN_TRIES} tries`,
      { key: this.#key, position: this.#position },
      { cause: this.#cause },
    );
  }
}
