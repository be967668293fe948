import { crc32, deflateRawSync } from 'node:zlib';

/** An `.npy` array with any header text. */
export function npy(header: string, body: Uint8Array, version = 1): Buffer {
  const text = Buffer.from(`${header}\n`, 'latin1');
  const size = version === 1 ? 2 : 4;
  const head = Buffer.alloc(8 + size);
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  head.writeUIntLE(text.length, 8, size);
  return Buffer.concat([head, text, body]);
}

export const numbers = (descr: string, shape: string, body: Uint8Array): Buffer =>
  npy(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`, body);

export const pickled = (pickle: Uint8Array): Buffer => numbers('|O', '()', pickle);

export const unitSpacing = numbers('<f8', '(3,)', new Uint8Array(new Float64Array([1, 1, 1]).buffer));

interface Lies {
  /** Declared instead of the true size. */
  readonly bytes?: number;
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
}

/** A zip file that may say of its entries what is not true. */
export function zip(entries: readonly (readonly [name: string, content: Buffer, lies?: Lies])[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content, lies = {}] of entries) {
    const stored = deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(lies.flags ?? 0, 2);
    fields.writeUInt16LE(lies.method ?? 8, 4);
    fields.writeUInt32LE(lies.crc ?? crc32(content), 10);
    fields.writeUInt32LE(stored.length, 14);
    fields.writeUInt32LE(lies.bytes ?? content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), stored]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    parts.push(local);
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, rest, Buffer.from(name));
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}
