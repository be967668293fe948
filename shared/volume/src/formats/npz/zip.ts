import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { Problem } from '@parse3d/contract/problems';
import { MAX_GZIP_RATIO } from '../gunzip.js';
import type { RandomAccess } from './access.js';
import { sizesOf } from './zip64.js';

export interface ZipEntry {
  readonly name: string;
  readonly compressed: boolean;
  readonly crc32: number;
  /** Size in the file, and of the content. Unit: bytes. */
  readonly storedBytes: number;
  readonly bytes: number;
  /** Where the entry's own header starts. */
  readonly offset: number;
}

/** An `.npz` of the challenge has four entries; nobody needs hundreds. */
const MAX_ENTRIES = 64;
/** A name with its record takes less than this, on average. */
const DIRECTORY_BYTES_PER_ENTRY = 2 ** 14;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const CHUNK_BYTES = 2 ** 18;

const invalid = (detail: string): Problem => new Problem('npz-invalid', detail);

/** True for the magic bytes of a zip file's first entry. */
export function isZip(start: Uint8Array): boolean {
  return start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4;
}

/** True for a zip file whose first entry is an array of numpy: an `.npz`, by 128 bytes of its start. */
export function isNpz(start: Uint8Array): boolean {
  if (!isZip(start) || start.length < 30) return false;
  const nameBytes = start[26] + 256 * start[27];
  return Buffer.from(start.subarray(30, 30 + nameBytes))
    .toString('latin1')
    .endsWith('.npy');
}

/**
 * The entries of a zip file, from the directory at its end: names, sizes and places are known before anything is
 * inflated. Zip64 is read; encryption, several disks and methods other than stored and deflate are refused.
 * @throws Problem `npz-invalid`, `npz-too-large`
 */
export async function readZipDirectory(
  file: RandomAccess,
  { maxEntries = MAX_ENTRIES }: { /** @default 64 */ readonly maxEntries?: number } = {},
): Promise<ReadonlyMap<string, ZipEntry>> {
  const end = await findEnd(file);
  if (end.entries > maxEntries || end.bytes > Math.min(maxEntries * DIRECTORY_BYTES_PER_ENTRY, 2 ** 26)) {
    throw new Problem('npz-too-large', `the zip file lists ${end.entries} entries, at most ${maxEntries} are read`, {
      entries: end.entries,
      limit: maxEntries,
    });
  }
  if (end.offset + end.bytes > file.bytes) throw invalid('the zip directory lies outside of the file');
  const directory = Buffer.from(await file.read(end.offset, end.bytes));
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let n = 0; n < end.entries; n += 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) {
      throw invalid(`entry ${n + 1} of the zip directory is damaged`);
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => directory.readUInt16LE(at + offset));
    const extraAt = at + 46 + (nameBytes ?? 0);
    const next = extraAt + (extraBytes ?? 0) + (commentBytes ?? 0);
    if (next > directory.length) throw invalid(`entry ${n + 1} of the zip directory is cut off`);
    const name = directory.toString('utf8', at + 46, extraAt);
    const record = directory.subarray(at, at + 46);
    const entry = entryOf(name, record, directory.subarray(extraAt, extraAt + (extraBytes ?? 0)), end.offset);
    if (entries.has(name)) throw invalid(`the zip file has two entries named ${name}`);
    entries.set(name, entry);
    at = next;
  }
  return entries;
}

function entryOf(name: string, record: Buffer, extra: Buffer, directoryOffset: number): ZipEntry {
  const method = record.readUInt16LE(10);
  if ((record.readUInt16LE(8) & 1) !== 0) throw invalid(`the zip entry ${name} is encrypted`);
  if (method !== 0 && method !== 8)
    throw invalid(`the zip entry ${name} is compressed by the unknown method ${method}`);
  const { bytes, storedBytes, offset } = sizesOf(record, extra, name);
  if (offset + 30 + storedBytes > directoryOffset) throw invalid(`the zip entry ${name} lies outside of the file`);
  if (bytes > Math.max(1, storedBytes) * MAX_GZIP_RATIO || (method === 0 && bytes !== storedBytes)) {
    throw new Problem(
      'npz-too-large',
      `the zip entry ${name} declares ${bytes} bytes in ${storedBytes}, which cannot be`,
      {
        name,
        bytes,
        storedBytes,
      },
    );
  }
  return { name, compressed: method === 8, crc32: record.readUInt32LE(16), storedBytes, bytes, offset };
}

/**
 * Inflates one entry, a quarter of a megabyte at a time. The content has exactly the size and checksum that the directory
 * declares, or the stream ends with an error; one byte too many ends it at once.
 */
export async function* readZipEntry(file: RandomAccess, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const head = Buffer.from(await file.read(entry.offset, 30));
  if (head.readUInt32LE(0) !== 0x04034b50) throw invalid(`the zip entry ${entry.name} does not begin where it should`);
  const start = entry.offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
  if (start + entry.storedBytes > file.bytes) throw invalid(`the zip entry ${entry.name} lies outside of the file`);
  const stored = file.stream(start, entry.storedBytes);
  let bytes = 0;
  let crc = 0;
  for await (const chunk of entry.compressed ? inflate(stored, entry.name) : stored) {
    bytes += chunk.length;
    if (bytes > entry.bytes)
      throw invalid(`the zip entry ${entry.name} holds more than the ${entry.bytes} bytes declared`);
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (bytes !== entry.bytes || crc !== entry.crc32) {
    throw invalid(`the zip entry ${entry.name} is damaged: ${bytes} of ${entry.bytes} bytes, or another checksum`);
  }
}

async function* inflate(stored: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const source = Readable.from(stored, { objectMode: false });
  const inflater = createInflateRaw({ chunkSize: CHUNK_BYTES });
  source.on('error', (error) => inflater.destroy(error));
  source.pipe(inflater);
  try {
    for await (const chunk of inflater) yield Buffer.from(chunk);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('npz-invalid', `the zip entry ${name} cannot be inflated`, { name }, { cause: error });
  } finally {
    source.destroy();
    inflater.destroy();
  }
}

async function findEnd(file: RandomAccess): Promise<{ entries: number; bytes: number; offset: number }> {
  const length = Math.min(file.bytes, END_BYTES + MAX_COMMENT_BYTES + 20);
  const from = file.bytes - length;
  const tail = Buffer.from(await file.read(from, length));
  let at = tail.length - END_BYTES;
  while (
    at >= 0 &&
    !(tail.readUInt32LE(at) === 0x06054b50 && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length)
  ) {
    at -= 1;
  }
  if (at < 0) throw invalid('expected a zip file, its directory is missing: the file may be cut off');
  const end = {
    entries: tail.readUInt16LE(at + 10),
    bytes: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
  const locator = at - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) return end;
  const place = Number(tail.readBigUInt64LE(locator + 8));
  if (place + 56 > file.bytes) throw invalid('the zip64 directory lies outside of the file');
  const wide = Buffer.from(await file.read(place, 56));
  if (wide.readUInt32LE(0) !== 0x06064b50) throw invalid('the zip64 directory is damaged');
  const [entries = 0, bytes = 0, offset = 0] = [32, 40, 48].map((field) => Number(wide.readBigUInt64LE(field)));
  return { entries, bytes, offset };
}
