import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { withFile, type RandomAccess } from '../npz/access.js';
import { readZipDirectory, readZipEntry, type ZipEntry } from '../npz/zip.js';
import { DICOM_MAGIC_BYTES, isDicom } from './parse.js';
import type { DicomFile } from './types.js';

/** More files than any series has: those of a whole study fit. */
const MAX_FILES = 20_000;
const MAX_FILE_BYTES = 2 ** 29;
const MAX_DEPTH = 8;

export interface FileLimits {
  /** Most bytes of all files together, decompressed. @default 17179869184 (16 GiB) */
  readonly maxBytes?: number | undefined;
}

/**
 * Every DICOM file in a folder and its sub-folders, in the order of their names. Links are not followed; files that are
 * not DICOM are left out.
 * @throws Problem `archive-too-large`
 */
export async function dicomFilesInFolder(folder: string, limits: FileLimits = {}): Promise<DicomFile[]> {
  const meter = new Meter(limits);
  const found: DicomFile[] = [];
  for await (const path of walk(folder, MAX_DEPTH)) {
    await withFile(path, async (file) => {
      meter.add(file.bytes);
      const start = await file.read(0, Math.min(DICOM_MAGIC_BYTES, file.bytes));
      if (isDicom(start)) found.push({ bytes: file.bytes, read: () => readFile(path) });
    });
  }
  return found;
}

/**
 * Every DICOM file in a zip file. Entries are read by number: their names never become paths, and are never told.
 * @throws Problem `archive-invalid`, `archive-too-large`
 */
export async function dicomFilesInZip(archive: RandomAccess, limits: FileLimits = {}): Promise<DicomFile[]> {
  const meter = new Meter(limits);
  const entries = await asArchive(() => readZipDirectory(archive, { maxEntries: MAX_FILES }));
  const found: DicomFile[] = [];
  for (const entry of entries.values()) {
    if (entry.name.endsWith('/') || entry.bytes === 0) continue;
    meter.add(entry.bytes);
    if (isDicom(await firstOf(archive, entry, DICOM_MAGIC_BYTES))) {
      found.push({ bytes: entry.bytes, read: () => firstOf(archive, entry, entry.bytes) });
    }
  }
  return found;
}

/** So many entries are looked at before a zip file counts as one without DICOM. */
const MAX_PEEKED = 16;

/**
 * Looks at a zip file's directory and at its first entries: enough to refuse what holds no DICOM, or too much of it.
 * Nothing is parsed; that is for those who read the images.
 * @throws Problem `archive-invalid`, `archive-too-large`, `dicom-no-images`
 */
export async function peekDicomZip(archive: RandomAccess, limits: FileLimits = {}): Promise<void> {
  const meter = new Meter(limits);
  const entries = [...(await asArchive(() => readZipDirectory(archive, { maxEntries: MAX_FILES }))).values()];
  const files = entries.filter((entry) => !entry.name.endsWith('/') && entry.bytes > 0);
  for (const entry of files) meter.add(entry.bytes);
  for (const entry of files.slice(0, MAX_PEEKED)) {
    if (isDicom(await firstOf(archive, entry, DICOM_MAGIC_BYTES))) return;
  }
  throw new Problem('dicom-no-images', 'expected a zip file of a DICOM series, none of its first files is DICOM', {
    files: files.length,
  });
}

/** Sizes are those that directories declare; more than was declared ends the reading of an entry. */
class Meter {
  readonly #maxBytes: number;
  #bytes = 0;
  #files = 0;

  constructor({ maxBytes = 2 ** 34 }: FileLimits) {
    this.#maxBytes = maxBytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#files += 1;
    const over = (what: string, actual: number, limit: number): Problem =>
      new Problem('archive-too-large', `expected at most ${limit} ${what}, there are ${actual} or more`, {
        what,
        actual,
        limit,
      });
    if (this.#files > MAX_FILES) throw over('files', this.#files, MAX_FILES);
    if (bytes > MAX_FILE_BYTES) throw over('bytes in a file', bytes, MAX_FILE_BYTES);
    if (this.#bytes > this.#maxBytes) throw over('bytes in all files', this.#bytes, this.#maxBytes);
  }
}

/** The first bytes of an entry, or all of it, with the checksum verified when it is read to its end. */
async function firstOf(archive: RandomAccess, entry: ZipEntry, wanted: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(Math.min(wanted, entry.bytes));
  let filled = 0;
  await asArchive(async () => {
    for await (const chunk of readZipEntry(archive, entry)) {
      filled += Buffer.from(chunk).copy(bytes, filled);
      if (filled === bytes.length && bytes.length < entry.bytes) break;
    }
  });
  return bytes.subarray(0, filled);
}

/** The zip reader speaks of `.npz` files and of entries by name, which may name patients. */
async function asArchive<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isProblem(error, 'npz-too-large')) {
      throw new Problem('archive-too-large', 'the zip file has too many entries, or declares sizes that cannot be');
    }
    if (isProblem(error, 'npz-invalid')) {
      throw new Problem('archive-invalid', 'the zip file is damaged, cut off, encrypted or of an unknown compression');
    }
    throw error;
  }
}

async function* walk(folder: string, depth: number): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && depth > 0) yield* walk(path, depth - 1);
  }
}
