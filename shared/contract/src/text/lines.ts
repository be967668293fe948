import { Problem } from '../problems/index.js';

/** A line of a text, numbered from 1, without its end. */
export interface TextLine {
  readonly number: number;
  readonly text: string;
}

export interface TextSource {
  /** Named in refusals: a path or a URI. */
  readonly name?: string;
  /** Longest line. @default 65,536 */
  readonly maxCharacters?: number;
}

/**
 * The lines of a text as it arrives; `\n`, `\r\n` and `\r` end one. A byte order mark decides between UTF-8, UTF-16LE and
 * UTF-16BE; without one it is UTF-8. No more than a piece and one line are held.
 *
 * @throws Problem `request-invalid` with the line, for bytes that are not text in that encoding, for NUL, and for a line
 * that is too long
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  source: TextSource = {},
): AsyncGenerator<TextLine, void> {
  const lines = new Lines(source);
  for await (const chunk of chunks) yield* lines.push(chunk);
  yield* lines.end();
}

/** All lines of a text that is small enough to be held. @throws Problem as `linesOf` does */
export async function readLines(chunks: AsyncIterable<Uint8Array>, source: TextSource = {}): Promise<TextLine[]> {
  const lines: TextLine[] = [];
  for await (const line of linesOf(chunks, source)) lines.push(line);
  return lines;
}

/** A whole text, such as a document in JSON, with `\n` between its lines. @throws Problem as `linesOf` does */
export function textOf(bytes: Uint8Array, source: TextSource = {}): string {
  const lines = new Lines({ maxCharacters: Number.POSITIVE_INFINITY, ...source });
  return [...lines.push(bytes), ...lines.end()].map(({ text }) => text).join('\n');
}

const MAX_LINE_CHARACTERS = 64 * 1024;
const LINE_END = /\r\n|\n|\r/;

class Lines {
  readonly #name: string | undefined;
  readonly #maxCharacters: number;
  /** The first bytes, until there are enough for a byte order mark. */
  #start: Uint8Array | undefined = new Uint8Array(0);
  #decoder = new Decoder('utf-8');
  #rest = '';
  #number = 1;

  constructor({ name, maxCharacters = MAX_LINE_CHARACTERS }: TextSource) {
    this.#name = name;
    this.#maxCharacters = maxCharacters;
  }

  *push(chunk: Uint8Array): Generator<TextLine, void> {
    if (this.#start === undefined) return yield* this.#take(this.#decoder.decode(chunk));
    const start = joined(this.#start, chunk);
    this.#start = start;
    if (start.length >= LONGEST_MARK) yield* this.#begin(start);
  }

  *end(): Generator<TextLine, void> {
    if (this.#start !== undefined) yield* this.#begin(this.#start);
    yield* this.#take(this.#decoder.decode());
    // The \r that was held back ends the last line.
    const last = this.#rest.endsWith('\r') ? this.#rest.slice(0, -1) : this.#rest;
    if (this.#rest !== '') yield this.#checked(last);
  }

  *#begin(start: Uint8Array): Generator<TextLine, void> {
    this.#start = undefined;
    const encoding = encodingOf(start);
    if (encoding === undefined) return this.#refuse(1, 'is UTF-32: save the text as UTF-8');
    this.#decoder = new Decoder(encoding);
    yield* this.#take(this.#decoder.decode(start));
  }

  *#take({ text, broken }: Decoded): Generator<TextLine, void> {
    const all = this.#rest + text;
    if (broken !== undefined) {
      const before = all.slice(0, this.#rest.length + Math.max(0, text.indexOf('\ufffd')));
      this.#refuse(this.#number + before.split(LINE_END).length - 1, `is not ${broken}: save the text as UTF-8`);
    }
    // A \r at the end may be the first half of an end.
    const held = all.endsWith('\r') ? 1 : 0;
    const lines = all.slice(0, all.length - held).split(LINE_END);
    this.#rest = (lines.pop() ?? '') + all.slice(all.length - held);
    for (const line of lines) yield this.#checked(line);
    if (this.#rest.length > this.#maxCharacters + 1) this.#checked(this.#rest);
  }

  #checked(text: string): TextLine {
    if (text.length > this.#maxCharacters) {
      this.#refuse(this.#number, `is longer than ${this.#maxCharacters} characters`);
    }
    if (text.includes('\0')) this.#refuse(this.#number, 'has a NUL character: UTF-16 needs its byte order mark');
    return { number: this.#number++, text };
  }

  #refuse(line: number, why: string): never {
    const place = this.#name === undefined ? `line ${line}` : `${this.#name}, line ${line}`;
    throw new Problem('request-invalid', `${place} ${why}`, {
      ...(this.#name === undefined ? {} : { file: this.#name }),
      line,
    });
  }
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

const LONGEST_MARK = 4;

/** As the byte order mark says; undefined for UTF-32, which nothing writes and `TextDecoder` does not know. */
function encodingOf(start: Uint8Array): Encoding | undefined {
  const [a, b, c, d] = start;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? undefined : 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return a === 0 && b === 0 && c === 0xfe && d === 0xff ? undefined : 'utf-8';
}

interface Decoded {
  readonly text: string;
  /** The encoding that the bytes are not in; `text` then has U+FFFD where they are not. */
  readonly broken?: Encoding;
}

/** Decodes strictly, and still says where the bytes are wrong. */
class Decoder {
  readonly #encoding: Encoding;
  readonly #strict: InstanceType<typeof TextDecoder>;
  readonly #lenient: InstanceType<typeof TextDecoder>;

  constructor(encoding: Encoding) {
    this.#encoding = encoding;
    this.#strict = new TextDecoder(encoding, { fatal: true });
    this.#lenient = new TextDecoder(encoding);
  }

  /** Without bytes: what is left at the end. */
  decode(bytes?: Uint8Array): Decoded {
    const text = this.#lenient.decode(bytes, { stream: bytes !== undefined });
    try {
      this.#strict.decode(bytes, { stream: bytes !== undefined });
      return { text };
    } catch {
      return { text, broken: this.#encoding };
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
