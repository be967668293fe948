import { readFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';

/** A numeric array of a trusted .npz file of the test data, last axis fastest. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array | Int32Array;
}

/** Reads the test data's own .npz files; no reader for strangers' files. */
export async function readTestNpz(path: string, only?: readonly string[]): Promise<Map<string, NpyArray>> {
  const wanted = ({ name }: { name: string }): boolean =>
    only === undefined || only.includes(name.replace(/\.npy$/, ''));
  const entries = Object.entries(unzipSync(await readFile(path), { filter: wanted }));
  return new Map(entries.map(([name, bytes]) => [name.replace(/\.npy$/, ''), parseNpy(bytes)]));
}

function parseNpy(bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint16(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(10, 10 + headerLength));
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)?.[1]
    ?.split(',')
    .flatMap((part) => (part.trim() === '' ? [] : [Number(part)]));
  const descr = /'descr': '([^']+)'/.exec(header)?.[1];
  // A copy, since the data need not be aligned inside of the file.
  const body = bytes.slice(10 + headerLength).buffer;
  if (shape === undefined) throw new Error(`no shape in ${header}`);
  switch (descr) {
    case '<f4':
      return { shape, data: new Float32Array(body) };
    case '|u1':
      return { shape, data: new Uint8Array(body) };
    case '<i4':
      return { shape, data: new Int32Array(body) };
    case '|b1':
      return { shape, data: new Uint8Array(body) };
    case '<u2':
      return { shape, data: Int32Array.from(new Uint16Array(body)) };
    case '<i8':
      return { shape, data: Int32Array.from(new BigInt64Array(body), Number) };
    default:
      throw new Error(`dtype ${descr ?? 'unknown'} is not in the test data`);
  }
}
