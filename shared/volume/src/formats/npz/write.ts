import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { crc32, createDeflateRaw } from 'node:zlib';
import { voxelCount, type LabelArray, type Shape, type Vec3 } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import type { WrittenNifti } from '../nifti/types.js';

const PIECE_VALUES = 2 ** 17;
const DEFLATE_LEVEL = 4;
/** Beyond this a plain zip entry has no room for its size. */
const MAX_ENTRY_BYTES = 0xffff_fffe;
/** 1980-01-01, the first day that a zip file can name: equal labels give equal files. */
const DOS_DATE = 0x21;

/**
 * Writes a label map as the challenge wants it: `segs` in the order z, y, x (uint8, or uint16 and uint32 for larger
 * numbers) and `spacing` in mm in the order x, y, z. Equal input gives equal bytes; a file that cannot be finished is
 * removed.
 * @throws Problem `npz-too-large` for more than 4 GiB of voxels, `internal` when the file cannot be written
 */
export async function writeLabelsNpz(
  path: string,
  labels: { readonly data: LabelArray; readonly shape: Shape; readonly spacingMm: Vec3 },
): Promise<WrittenNifti> {
  const { data, shape, spacingMm } = labels;
  if (data.length !== voxelCount(shape))
    throw new Problem('internal', `${data.length} voxels do not have the shape ${shape.join('×')}`);
  if (data.byteLength > MAX_ENTRY_BYTES - 1024) {
    throw new Problem('npz-too-large', `the label map has ${data.byteLength} bytes, an .npz entry holds 4 GiB`);
  }
  const [nx, ny, nz] = shape;
  const segs = function* (): Generator<Buffer> {
    yield npyHeader(`<u${data.BYTES_PER_ELEMENT}`.replace('<u1', '|u1'), `${nz}, ${ny}, ${nx}`);
    for (let at = 0; at < data.length; at += PIECE_VALUES) yield littleEndian(data.subarray(at, at + PIECE_VALUES));
  };
  const spacing = function* (): Generator<Buffer> {
    yield npyHeader('<f8', '3,');
    const values = Buffer.alloc(24);
    spacingMm.forEach((value, n) => values.writeDoubleLE(value, n * 8));
    yield values;
  };
  try {
    await writeZip(path, { 'segs.npy': segs(), 'spacing.npy': spacing() });
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of createReadStream(path)) {
      const piece = Buffer.from(chunk);
      hash.update(piece);
      bytes += piece.length;
    }
    return { bytes, sha256: hash.digest('hex') };
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw Problem.from(error);
  }
}

function npyHeader(descr: string, shape: string): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  // Magic, version, length and text together are a multiple of 64 bytes, so that the values are aligned.
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0, 0]);
  head.writeUInt16LE(padded.length, 8);
  return Buffer.concat([head, Buffer.from(padded, 'latin1')]);
}

function littleEndian(values: LabelArray): Buffer {
  const bytes = Buffer.alloc(values.byteLength);
  const size = values.BYTES_PER_ELEMENT;
  for (let n = 0; n < values.length; n += 1) bytes.writeUIntLE(values[n], n * size, size);
  return bytes;
}

/** A zip file of deflated entries. Sizes are known only at the end of an entry, and are then filled in. */
async function writeZip(path: string, entries: Readonly<Record<string, Iterable<Buffer>>>): Promise<void> {
  const file = await open(path, 'w');
  try {
    let at = 0;
    const directory: Buffer[] = [];
    for (const [name, content] of Object.entries(entries)) {
      const offset = at;
      const start = offset + 30 + name.length;
      const { crc, stored, bytes } = await writeDeflated(file, start, content);
      const fields = commonFields(crc, stored, bytes, name.length);
      const local = Buffer.concat([signature(0x04034b50), fields, Buffer.from(name, 'latin1')]);
      await file.write(local, 0, local.length, offset);
      const rest = Buffer.alloc(14);
      rest.writeUInt32LE(offset, 10);
      directory.push(signature(0x02014b50), Buffer.from([20, 0]), fields, rest, Buffer.from(name, 'latin1'));
      at = start + stored;
    }
    const listed = Buffer.concat(directory);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50);
    end.writeUInt16LE(Object.keys(entries).length, 8);
    end.writeUInt16LE(Object.keys(entries).length, 10);
    end.writeUInt32LE(listed.length, 12);
    end.writeUInt32LE(at, 16);
    await file.write(Buffer.concat([listed, end]), 0, listed.length + end.length, at);
  } finally {
    await file.close();
  }
}

async function writeDeflated(
  file: FileHandle,
  start: number,
  content: Iterable<Buffer>,
): Promise<{ crc: number; stored: number; bytes: number }> {
  let crc = 0;
  let bytes = 0;
  let stored = 0;
  const measured = function* (): Generator<Buffer> {
    for (const piece of content) {
      crc = crc32(piece, crc);
      bytes += piece.length;
      yield piece;
    }
  };
  const deflated = createDeflateRaw({ level: DEFLATE_LEVEL });
  // A fault of the source ends the stream that is read below, and is thrown there.
  pipeline(Readable.from(measured(), { objectMode: false }), deflated, () => undefined);
  for await (const chunk of deflated) {
    const piece = Buffer.from(chunk);
    await file.write(piece, 0, piece.length, start + stored);
    stored += piece.length;
  }
  return { crc, stored, bytes };
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Version, flags, method, time, date, checksum, sizes, lengths of name and extra: the same in both places. */
function commonFields(crc: number, stored: number, bytes: number, nameLength: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt16LE(DOS_DATE, 8);
  fields.writeUInt32LE(crc, 10);
  fields.writeUInt32LE(stored, 14);
  fields.writeUInt32LE(bytes, 18);
  fields.writeUInt16LE(nameLength, 22);
  return fields;
}
