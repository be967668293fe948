import { Problem } from '@parse3d/contract/problems';
import type { NiftiDatatype } from '../nifti/types.js';
import { parseLiteral } from './literal.js';

export interface NpyHeader {
  readonly datatype: NiftiDatatype | 'float16' | 'object';
  readonly littleEndian: boolean;
  readonly bytesPerValue: number;
  /** First axis fastest instead of last. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** numpy itself reads no longer ones. */
const MAX_HEADER_BYTES = 10_000;

const kinds: Readonly<Record<string, NpyHeader['datatype']>> = {
  b1: 'uint8',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/** Takes an exact number of bytes off the front of a stream, and what is left as a stream. */
export class ByteQueue {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #left: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<Uint8Array> {
    const taken = new Uint8Array(count);
    for (let filled = 0; filled < count;) {
      if (this.#left.length === 0) {
        const next = await this.#chunks.next();
        if (next.done === true) throw new Problem('npz-invalid', 'the array ends inside its header');
        this.#left = next.value;
      }
      const piece = this.#left.subarray(0, count - filled);
      taken.set(piece, filled);
      filled += piece.length;
      this.#left = this.#left.subarray(piece.length);
    }
    return taken;
  }

  async *rest(): AsyncGenerator<Uint8Array> {
    if (this.#left.length > 0) yield this.#left;
    for (let next = await this.#chunks.next(); next.done !== true; next = await this.#chunks.next()) yield next.value;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/**
 * The header at the front of an `.npy` stream (versions 1 to 3); the queue is left at the first value.
 * @throws Problem `npz-invalid`
 */
export async function readNpyHeader(queue: ByteQueue): Promise<NpyHeader> {
  const start = Buffer.from(await queue.take(8));
  const major = start[6];
  if (start.toString('latin1', 0, 6) !== '\x93NUMPY') {
    throw new Problem('npz-invalid', 'expected an array in .npy format, the magic bytes are others');
  }
  if (major < 1 || major > 3) throw new Problem('npz-invalid', `.npy format ${major} is not known`, { version: major });
  const size = Buffer.from(await queue.take(major === 1 ? 2 : 4));
  const length = major === 1 ? size.readUInt16LE() : size.readUInt32LE();
  if (length > MAX_HEADER_BYTES) throw new Problem('npz-invalid', `the header of the array has ${length} bytes`);
  const text = Buffer.from(await queue.take(length)).toString(major === 3 ? 'utf8' : 'latin1');
  const fields = parseLiteral(text);
  if (!(fields instanceof Map)) throw new Problem('npz-invalid', 'the header of the array is no dictionary');
  const [descr, fortranOrder, shape] = ['descr', 'fortran_order', 'shape'].map((key): unknown => fields.get(key));
  if (typeof descr !== 'string' || typeof fortranOrder !== 'boolean' || !isShape(shape)) {
    throw new Problem('npz-invalid', 'expected descr, fortran_order and shape of a plain array in its header');
  }
  return { ...typeOf(descr), fortranOrder, shape };
}

function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.length <= 8 && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function typeOf(descr: string): Pick<NpyHeader, 'datatype' | 'littleEndian' | 'bytesPerValue'> {
  if (/^[<>|=]?O\d?$/.test(descr)) return { datatype: 'object', littleEndian: true, bytesPerValue: 0 };
  const [, order = '', kind = ''] = /^([<>|=]?)([biuf]\d)$/.exec(descr) ?? [];
  const datatype = kinds[kind];
  if (datatype === undefined) {
    throw new Problem('npz-invalid', `expected an array of integers or reals, its type is ${descr.slice(0, 32)}`, {
      descr: descr.slice(0, 32),
    });
  }
  return { datatype, littleEndian: order !== '>', bytesPerValue: Number(kind[1]) };
}

/** Number of values. */
export const valueCount = ({ shape }: NpyHeader): number => shape.reduce((product, size) => product * size, 1);
