import { readFile } from 'node:fs/promises';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { withFile, type RandomAccess } from '../npz/access.js';
import { readZipDirectory, readZipEntry, type ZipEntry } from '../npz/zip.js';
import { DICOM_MAGIC_BYTES, isDicom } from './bare.js';
import { assertNoSliceAmong, leftOutOf, nameShape, type NotTaken } from './left-out.js';
import { mosaicOf } from './mosaic.js';
import { integer, parseDicom } from './parse.js';
import type { DicomFile } from './types.js';
import { filesBelow } from './walk.js';

/** More files than any series has: those of a whole study fit. */
const MAX_FILES = 20_000;
const MAX_FILE_BYTES = 2 ** 29;
const NUMBER_OF_FRAMES = 'x00280008';

export interface FileLimits {
  /** Most bytes of all files together, decompressed. @default 17179869184 (16 GiB) */
  readonly maxBytes?: number | undefined;
}

/** The DICOM files of a folder or a zip file. */
export interface DicomFiles {
  readonly files: readonly DicomFile[];
  /** Sentences about what else was there, counted by reason. */
  readonly leftOut: readonly string[];
}

/**
 * Every DICOM file in a folder and its sub-folders, in the order of their names. Links are followed with the rights of
 * whoever runs this. What is not taken is counted.
 * @throws Problem `archive-too-large`; `dicom-slices-missing` when what cannot be read may be slices
 */
export async function dicomFilesInFolder(folder: string, limits: FileLimits = {}): Promise<DicomFiles> {
  const meter = new Meter(limits);
  const files: DicomFile[] = [];
  const shapes: string[] = [];
  const notTaken: NotTaken[] = [];
  for await (const found of filesBelow(folder)) {
    const { path } = found;
    if (found.kind !== 'file') {
      notTaken.push({ reason: found.kind, shape: nameShape(path) });
      continue;
    }
    const reason = await withFile(path, async (file) => {
      meter.add(file.bytes);
      if (file.bytes === 0) return 'empty';
      const start = await file.read(0, Math.min(DICOM_MAGIC_BYTES, file.bytes));
      if (!isDicom(start)) return 'other';
      files.push({ bytes: file.bytes, read: () => readFile(path) });
      shapes.push(nameShape(path));
      return undefined;
    });
    if (reason !== undefined) notTaken.push({ reason, shape: nameShape(path) });
  }
  return { files, leftOut: told(files, shapes, notTaken) };
}

/**
 * A file that holds a volume by itself: a multi-frame object or a mosaic.
 * @throws Problem `volume-not-3d` for one image of a series; `archive-too-large`, `dicom-invalid`, `dicom-unsupported`
 */
export async function dicomFileAlone(path: string, limits: FileLimits = {}): Promise<DicomFiles> {
  const meter = new Meter(limits);
  const bytes = await withFile(path, (file) => Promise.resolve(file.bytes));
  meter.add(bytes);
  const read = (): Promise<Uint8Array> => readFile(path);
  const dataSet = parseDicom(await read(), 'header');
  if ((integer(dataSet, NUMBER_OF_FRAMES) ?? 1) === 1 && mosaicOf(dataSet) === undefined) throw oneImage();
  return { files: [{ bytes, read }], leftOut: [] };
}

/**
 * Every DICOM file in a zip file. Entries are read by number: their names never become paths, and are never told.
 * @throws Problem `archive-invalid`, `archive-too-large`, `dicom-slices-missing`
 */
export async function dicomFilesInZip(archive: RandomAccess, limits: FileLimits = {}): Promise<DicomFiles> {
  const meter = new Meter(limits);
  const entries = await asArchive(() => readZipDirectory(archive, { maxEntries: MAX_FILES }));
  const files: DicomFile[] = [];
  const shapes: string[] = [];
  const notTaken: NotTaken[] = [];
  for (const entry of entries.values()) {
    if (entry.name.endsWith('/')) continue;
    meter.add(entry.bytes);
    const shape = nameShape(entry.name);
    if (entry.bytes === 0) {
      notTaken.push({ reason: 'empty', shape });
    } else if (isDicom(await firstOf(archive, entry, DICOM_MAGIC_BYTES))) {
      files.push({ bytes: entry.bytes, read: () => firstOf(archive, entry, entry.bytes) });
      shapes.push(shape);
    } else {
      notTaken.push({ reason: 'other', shape });
    }
  }
  return { files, leftOut: told(files, shapes, notTaken) };
}

function told(files: readonly DicomFile[], shapes: readonly string[], notTaken: readonly NotTaken[]): string[] {
  if (files.length > 0) assertNoSliceAmong(notTaken, new Set(shapes));
  return leftOutOf(notTaken);
}

/** Something that may be a DICOM file: a file, an entry of a zip file, an object in storage. */
interface Candidate {
  readonly name: string;
  readonly bytes: number;
  /** Its first `DICOM_MAGIC_BYTES` bytes, or all of them. */
  start(): Promise<Uint8Array>;
}

/** Candidates looked at together. */
const PEEKED_TOGETHER = 16;

/**
 * True as soon as one of them is DICOM; false once all were looked at, as whoever reads the images does. One of each form
 * of name comes first, so that what lies beside the images costs a few reads.
 */
export async function hasDicom(candidates: readonly Candidate[]): Promise<boolean> {
  const shapes = new Set<string>();
  const first: Candidate[] = [];
  const others: Candidate[] = [];
  for (const candidate of candidates) {
    if (candidate.bytes === 0) continue;
    const shape = nameShape(candidate.name);
    (shapes.has(shape) ? others : first).push(candidate);
    shapes.add(shape);
  }
  const ordered = [...first, ...others];
  for (let from = 0; from < ordered.length; from += PEEKED_TOGETHER) {
    const starts = await Promise.all(ordered.slice(from, from + PEEKED_TOGETHER).map((candidate) => candidate.start()));
    if (starts.some(isDicom)) return true;
  }
  return false;
}

/**
 * Looks at a zip file's directory and at its entries until one is DICOM: enough to refuse what holds no DICOM, or too
 * much of it. Nothing is parsed; that is for those who read the images.
 * @throws Problem `archive-invalid`, `archive-too-large`, `dicom-no-images`
 */
export async function peekDicomZip(archive: RandomAccess, limits: FileLimits = {}): Promise<void> {
  const meter = new Meter(limits);
  const entries = [...(await asArchive(() => readZipDirectory(archive, { maxEntries: MAX_FILES }))).values()];
  const files = entries.filter((entry) => !entry.name.endsWith('/'));
  for (const entry of files) meter.add(entry.bytes);
  const candidates = files.map((entry) => ({
    name: entry.name,
    bytes: entry.bytes,
    start: () => firstOf(archive, entry, DICOM_MAGIC_BYTES),
  }));
  if (await hasDicom(candidates)) return;
  throw new Problem('dicom-no-images', 'expected a zip file of a DICOM series, none of its files is DICOM', {
    files: files.length,
  });
}

/**
 * Looks at the start of a DICOM file that is to be a volume by itself: one image of a series is refused as soon as its
 * header shows. Nothing is parsed; where the start does not reach so far, those who read the images find out.
 * @throws Problem `volume-not-3d`
 */
export function peekDicomFile(start: Uint8Array): void {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.length);
  // NumberOfFrames stands before Rows, and both after everything of a patient, in either byte order.
  const has = (group: number, element: number): boolean =>
    bytes.includes(Buffer.from([group, 0, element, 0])) || bytes.includes(Buffer.from([0, group, 0, element]));
  const mosaic = ['MOSAIC', 'VFRAME'].some((term) => bytes.includes(term));
  if (has(0x28, 0x10) && !has(0x28, 0x08) && !mosaic) throw oneImage();
}

const oneImage = (): Problem =>
  new Problem('volume-not-3d', 'expected a series, this is one DICOM file; give its folder, or a zip of it');

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
