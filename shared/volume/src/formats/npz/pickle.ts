import { Problem } from '@parse3d/contract/problems';

/** What a pickle may hold here. Nothing is imported, called or built: globals are only recognised by their names. */
export type Value =
  | { readonly kind: 'none' }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly kind: 'list'; readonly items: Value[] }
  | { readonly kind: 'tuple'; readonly items: readonly Value[] }
  | { readonly kind: 'dictionary'; readonly entries: Map<string | number, Value> }
  | { readonly kind: 'global'; readonly name: string }
  | { readonly kind: 'dtype' }
  | { readonly kind: 'array'; state: Value | undefined };

/** The four globals with which numpy pickles an array of objects, old and new spelling. */
const globals: Readonly<Record<string, string>> = {
  'numpy.core.multiarray _reconstruct': 'reconstruct',
  'numpy._core.multiarray _reconstruct': 'reconstruct',
  'numpy ndarray': 'ndarray',
  'numpy dtype': 'dtype',
  '_codecs encode': 'encode',
};

/** An op takes at least a byte, so this bounds work and memory too. */
export const MAX_PICKLE_BYTES = 2 ** 20;
const MAX_STACK = 10_000;

const refuse = (detail: string): Problem =>
  new Problem('pickle-refused', `expected a dictionary of strings and integers; ${detail}`);

/**
 * Reads a pickle (protocols 2 to 5) that holds nothing but strings, integers and dictionaries inside numpy's wrapping of
 * an object array. Every other opcode, global or shape is refused before anything is made of it.
 * @throws Problem `pickle-refused`
 */
export function readPickle(bytes: Uint8Array): Value {
  if (bytes.length > MAX_PICKLE_BYTES) throw refuse(`the pickle has ${bytes.length} bytes, at most 1 MiB is read`);
  return new PickleReader(Buffer.from(bytes)).read();
}

class PickleReader {
  readonly #bytes: Buffer;
  readonly #stack: Value[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Value>();
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(): Value {
    for (;;) {
      const opcode = this.#take(1)[0];
      if (opcode === 0x2e) {
        const value = this.#pop();
        if (this.#stack.length > 0 || this.#marks.length > 0) throw refuse('the pickle leaves values behind');
        if (this.#at !== this.#bytes.length) throw refuse('bytes follow the pickle');
        return value;
      }
      this.#step(opcode);
      if (this.#stack.length > MAX_STACK) throw refuse('the pickle nests too much');
    }
  }

  #step(opcode: number): void {
    switch (opcode) {
      case 0x80: // PROTO
        if (this.#take(1)[0] > 5) throw refuse('the pickle is of a later protocol');
        return;
      case 0x95: // FRAME: its length says nothing that we need
        this.#take(8);
        return;
      case 0x28: // MARK
        this.#marks.push(this.#stack.length);
        return;
      case 0x4e: // NONE
        return this.#push({ kind: 'none' });
      case 0x88: // NEWTRUE
        return this.#integer(1);
      case 0x89: // NEWFALSE
        return this.#integer(0);
      case 0x4b: // BININT1
        return this.#integer(this.#take(1)[0]);
      case 0x4d: // BININT2
        return this.#integer(this.#take(2).readUInt16LE());
      case 0x4a: // BININT
        return this.#integer(this.#take(4).readInt32LE());
      case 0x8c: // SHORT_BINUNICODE
        return this.#text(this.#take(1)[0]);
      case 0x58: // BINUNICODE
        return this.#text(this.#take(4).readUInt32LE());
      case 0x43: // SHORT_BINBYTES
        return this.#push({ kind: 'bytes', value: this.#take(this.#take(1)[0]) });
      case 0x7d: // EMPTY_DICT
        return this.#push({ kind: 'dictionary', entries: new Map() });
      case 0x5d: // EMPTY_LIST
        return this.#push({ kind: 'list', items: [] });
      case 0x29: // EMPTY_TUPLE
        return this.#push({ kind: 'tuple', items: [] });
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#push({ kind: 'tuple', items: this.#popMany(opcode - 0x84) });
      case 0x74: // TUPLE
        return this.#push({ kind: 'tuple', items: this.#popToMark() });
      case 0x73: // SETITEM
        return this.#setItems(this.#popMany(2));
      case 0x75: // SETITEMS
        return this.#setItems(this.#popToMark());
      case 0x61: // APPEND
        return this.#append(this.#popMany(1));
      case 0x65: // APPENDS
        return this.#append(this.#popToMark());
      case 0x94: // MEMOIZE
        return this.#remember(this.#memo.size);
      case 0x71: // BINPUT
        return this.#remember(this.#take(1)[0]);
      case 0x72: // LONG_BINPUT
        return this.#remember(this.#take(4).readUInt32LE());
      case 0x68: // BINGET
        return this.#recall(this.#take(1)[0]);
      case 0x6a: // LONG_BINGET
        return this.#recall(this.#take(4).readUInt32LE());
      case 0x63: // GLOBAL
        return this.#global(`${this.#line()} ${this.#line()}`);
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2).map((value) => (value.kind === 'text' ? value.value : ''));
        return this.#global(`${module} ${name}`);
      }
      case 0x52: // REDUCE
        return this.#reduce();
      case 0x62: // BUILD
        return this.#build();
      default:
        throw refuse(`the opcode 0x${opcode.toString(16).padStart(2, '0')} at byte ${this.#at - 1} is not allowed`);
    }
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw refuse('the pickle ends too early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > 128) throw refuse('the pickle names a global that is not allowed');
    const line = this.#bytes.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return line;
  }

  #push(value: Value): void {
    this.#stack.push(value);
  }

  #integer(value: number): void {
    this.#push({ kind: 'integer', value });
  }

  #text(length: number): void {
    this.#push({ kind: 'text', value: this.#take(length).toString('utf8') });
  }

  /** Values above the newest mark: no op reaches below it. */
  #popMany(count: number): Value[] {
    if (this.#stack.length - count < (this.#marks.at(-1) ?? 0)) throw refuse('the pickle takes more than it has put');
    return this.#stack.splice(this.#stack.length - count);
  }

  #pop(): Value {
    const [value] = this.#popMany(1);
    if (value === undefined) throw refuse('the pickle takes more than it has put');
    return value;
  }

  #popToMark(): Value[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw refuse('the pickle takes more than it has put');
    return this.#stack.splice(mark);
  }

  #top(): Value {
    const value = this.#stack.at(-1);
    if (value === undefined) throw refuse('the pickle takes more than it has put');
    return value;
  }

  #setItems(items: readonly Value[]): void {
    const target = this.#top();
    if (target.kind !== 'dictionary' || items.length % 2 !== 0) throw refuse('it sets items of something else');
    for (let n = 0; n < items.length; n += 2) {
      const [key, value] = [items[n], items[n + 1]];
      if (value === undefined || (key?.kind !== 'text' && key?.kind !== 'integer')) {
        throw refuse('a key is neither a string nor an integer');
      }
      target.entries.set(key.value, value);
    }
  }

  #append(items: readonly Value[]): void {
    const target = this.#top();
    if (target.kind !== 'list') throw refuse('it appends to something else than a list');
    for (const item of items) target.items.push(item);
  }

  #remember(index: number): void {
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw refuse('it refers to something that was not remembered');
    this.#push(value);
  }

  #global(name: string): void {
    const known = Object.hasOwn(globals, name) ? globals[name] : undefined;
    if (known === undefined) throw refuse(`it names ${JSON.stringify(name.slice(0, 100))}`);
    this.#push({ kind: 'global', name: known });
  }

  /** Only the three calls by which numpy wraps an object array, with exactly the arguments it gives them. */
  #reduce(): void {
    const [callee, args] = this.#popMany(2);
    if (callee?.kind !== 'global' || args?.kind !== 'tuple') throw refuse('it calls something');
    const [first, second, third] = args.items;
    if (
      callee.name === 'reconstruct' &&
      isGlobal(first, 'ndarray') &&
      second?.kind === 'tuple' &&
      args.items.length === 3
    ) {
      return this.#push({ kind: 'array', state: undefined });
    }
    if (callee.name === 'dtype' && first?.kind === 'text' && /^O8?$/.test(first.value) && third?.kind === 'integer') {
      return this.#push({ kind: 'dtype' });
    }
    if (callee.name === 'encode' && first?.kind === 'text' && second?.kind === 'text' && second.value === 'latin1') {
      return this.#push({ kind: 'bytes', value: Buffer.from(first.value, 'latin1') });
    }
    throw refuse(`it calls ${callee.name} with other arguments than numpy does`);
  }

  #build(): void {
    const [target, state] = this.#popMany(2);
    if (target?.kind === 'array' && target.state === undefined && state !== undefined) target.state = state;
    else if (target?.kind !== 'dtype' || state?.kind !== 'tuple') throw refuse('it sets the state of something');
    this.#push(target);
  }
}

const isGlobal = (value: Value | undefined, name: string): boolean => value?.kind === 'global' && value.name === name;

/**
 * The one value of a pickled 0-dimensional object array: state (version, shape (), dtype, order, [value]).
 * @throws Problem `pickle-refused`
 */
export function onlyItem(array: Value): Value {
  const state = array.kind === 'array' ? array.state : undefined;
  const [, shape, dtype, , list] = state?.kind === 'tuple' ? state.items : [];
  if (shape?.kind !== 'tuple' || shape.items.length !== 0 || dtype?.kind !== 'dtype' || list?.kind !== 'list') {
    throw refuse('it is not inside an array without dimensions');
  }
  const [item] = list.items;
  if (item === undefined || list.items.length !== 1) throw refuse(`the array holds ${list.items.length} values`);
  return item;
}
