import { Problem } from '@parse3d/contract/problems';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const invalid = (detail: string): Problem => new Problem('request-invalid', detail);

/**
 * Walks through JSON as its bytes arrive. Small values are parsed whole and within a bound; a long string is handed on in
 * pieces and never held.
 */
export class JsonCursor {
  readonly #chunks: AsyncIterator<unknown>;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(chunks: AsyncIterable<unknown>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next byte that is not white space, as a character; it is not taken. Empty at the end. */
  async peek(): Promise<string> {
    for (;;) {
      while (this.#at < this.#chunk.length) {
        const byte = this.#chunk[this.#at] ?? 0;
        if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return String.fromCharCode(byte);
        this.#at += 1;
      }
      if (!(await this.#refill())) return '';
    }
  }

  /** Takes one character if it comes next. */
  async accept(character: string): Promise<boolean> {
    if ((await this.peek()) !== character) return false;
    this.#at += 1;
    return true;
  }

  /** @throws Problem `request-invalid` when something else comes */
  async expect(character: string): Promise<void> {
    if (await this.accept(character)) return;
    const next = await this.peek();
    throw invalid(`expected ${character} in the JSON, got ${next === '' ? 'its end' : JSON.stringify(next)}`);
  }

  /** Goes through the items of an array or the fields of an object; `item` takes one. */
  async each(open: '[' | '{', item: (index: number) => Promise<void>): Promise<void> {
    const close = open === '[' ? ']' : '}';
    await this.expect(open);
    if (await this.accept(close)) return;
    for (let index = 0; ; index += 1) {
      await item(index);
      if (await this.accept(close)) return;
      await this.expect(',');
    }
  }

  /** A key with its colon. */
  async key(): Promise<string> {
    const key = await this.small(1024);
    if (typeof key !== 'string') throw invalid('expected a key in quotes in the JSON');
    await this.expect(':');
    return key;
  }

  /** Any value whose text is at most so long. @throws Problem `request-invalid` */
  async small(maxBytes: number): Promise<unknown> {
    await this.peek();
    const taken: number[] = [];
    let depth = 0;
    let inString = false;
    for (;;) {
      const byte = await this.#look();
      const isEnd = byte === undefined || (!inString && depth === 0 && taken.length > 0 && isDelimiter(byte));
      if (isEnd) break;
      if (taken.push(byte) > maxBytes)
        throw invalid(`a value of the JSON is longer than the ${maxBytes} bytes accepted`);
      this.#at += 1;
      if (inString) {
        if (byte === BACKSLASH) {
          const escaped = await this.#look();
          if (escaped === undefined) break;
          taken.push(escaped);
          this.#at += 1;
        } else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === 0x5b || byte === 0x7b) depth += 1;
      else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    }
    try {
      return JSON.parse(Buffer.from(taken).toString('utf8')) as unknown;
    } catch (error) {
      throw new Problem('request-invalid', 'the request is not JSON', {}, { cause: error });
    }
  }

  /** The content of the string that comes next, in pieces; escapes are resolved, for characters up to U+00FF. */
  async *longString(): AsyncGenerator<Buffer> {
    await this.expect('"');
    for (;;) {
      if (this.#at >= this.#chunk.length && !(await this.#refill())) throw invalid('the JSON ends inside a string');
      const rest = this.#chunk.subarray(this.#at);
      const end = endOf(rest);
      if (end > 0) {
        this.#at += end;
        yield rest.subarray(0, end);
      }
      if (end === rest.length) continue;
      this.#at += 1;
      if (rest[end] === QUOTE) return;
      yield await this.#escape();
    }
  }

  /** @throws Problem `request-invalid` when anything but white space follows */
  async end(): Promise<void> {
    if ((await this.peek()) !== '') throw invalid('expected the JSON to end');
  }

  async #escape(): Promise<Buffer> {
    const taken = [await this.#take()];
    if (taken[0] === 0x75) for (let n = 0; n < 4; n += 1) taken.push(await this.#take());
    try {
      return Buffer.from(String(JSON.parse(`"\\${Buffer.from(taken).toString('latin1')}"`)), 'latin1');
    } catch (error) {
      throw new Problem('request-invalid', 'the JSON has an escape that it does not know', {}, { cause: error });
    }
  }

  async #take(): Promise<number> {
    const byte = await this.#look();
    if (byte === undefined) throw invalid('the JSON ends inside a string');
    this.#at += 1;
    return byte;
  }

  async #look(): Promise<number | undefined> {
    while (this.#at >= this.#chunk.length) if (!(await this.#refill())) return undefined;
    return this.#chunk[this.#at];
  }

  async #refill(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#chunk =
      next.value instanceof Uint8Array
        ? Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length)
        : Buffer.from(String(next.value));
    this.#at = 0;
    return true;
  }
}

const isDelimiter = (byte: number): boolean =>
  byte === 0x2c ||
  byte === 0x3a ||
  byte === 0x5d ||
  byte === 0x7d ||
  byte === 0x20 ||
  byte === 0x0a ||
  byte === 0x0d ||
  byte === 0x09;

/** Where the plain run at the front ends: at a quote, a backslash, or with the chunk. */
function endOf(bytes: Buffer): number {
  const quote = bytes.indexOf(QUOTE);
  const run = quote < 0 ? bytes.length : quote;
  const backslash = bytes.subarray(0, run).indexOf(BACKSLASH);
  return backslash < 0 ? run : backslash;
}
