import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  decimalElement,
  dicomFileStart,
  pixelHead,
  shortElement,
  textElement,
  type DicomElement,
} from '../../src/formats/index.js';

const [COLUMNS, ROWS] = [5, 4];
const CT = '1.2.840.10008.5.1.4.1.1.2';

/** Tag, VR and value of a text; undefined leaves the element out. */
export type Change = readonly [tag: number, vr: string, value: string | undefined];

/** A CT image of 5×4 pixels at place k, 3 mm apart, made by our own encoder; `changes` replace or remove elements. */
export function slice(k: number, changes: readonly Change[] = [], pixels = pixelsOf(k)): Buffer {
  const uid = `2.25.1000${k}`;
  const elements: DicomElement[] = [
    textElement(0x0008_0008, 'CS', ['ORIGINAL', 'PRIMARY', 'AXIAL']),
    textElement(0x0008_0016, 'UI', CT),
    textElement(0x0008_0018, 'UI', uid),
    textElement(0x0008_0060, 'CS', 'CT'),
    textElement(0x0018_0050, 'DS', '3'),
    textElement(0x0020_000d, 'UI', '2.25.1'),
    textElement(0x0020_000e, 'UI', '2.25.2'),
    textElement(0x0020_0011, 'IS', '7'),
    textElement(0x0020_0013, 'IS', String(k + 1)),
    textElement(0x0020_0032, 'DS', ['-20', '-15', String(k * 3)]),
    decimalElement(0x0020_0037, [1, 0, 0, 0, 1, 0]),
    textElement(0x0020_0052, 'UI', '2.25.3'),
    shortElement(0x0028_0002, [1]),
    textElement(0x0028_0004, 'CS', 'MONOCHROME2'),
    shortElement(0x0028_0010, [ROWS]),
    shortElement(0x0028_0011, [COLUMNS]),
    decimalElement(0x0028_0030, [2, 2]),
    shortElement(0x0028_0100, [16]),
    shortElement(0x0028_0101, [16]),
    shortElement(0x0028_0102, [15]),
    shortElement(0x0028_0103, [0]),
    textElement(0x0028_1052, 'DS', '0'),
    textElement(0x0028_1053, 'DS', '1'),
  ].filter(({ tag }) => !changes.some(([changed]) => changed === tag));
  for (const [tag, vr, value] of changes) {
    if (value !== undefined) elements.push(textElement(tag, vr, value.split('\\')));
  }
  const bytes = Buffer.from(pixels.buffer);
  return Buffer.concat([dicomFileStart(CT, uid, elements), pixelHead(bytes.length), bytes]);
}

export const pixelsOf = (k: number): Uint16Array => Uint16Array.from({ length: COLUMNS * ROWS }, (_, n) => 100 * k + n);

/** The same file without its preamble; `meta` says whether the file meta information stays. */
export function bare(file: Buffer, meta: 'meta' | 'nothing'): Buffer {
  // Group length tells how long the meta information is, from behind its own 12 bytes.
  return file.subarray(meta === 'meta' ? 132 : 132 + 12 + file.readUInt32LE(140));
}

/** Writes files into a new folder of that name. */
export function writeFolder(root: string, name: string, files: Readonly<Record<string, Uint8Array>>): string {
  const folder = join(root, name);
  for (const [file, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), bytes);
  }
  return folder;
}

/** Files named as scanners do, for places 0 to `count` - 1. */
export function seriesFiles(count: number, make: (k: number) => Buffer = slice): Record<string, Buffer> {
  return Object.fromEntries(Array.from({ length: count }, (_, k) => [`IM${String(k).padStart(4, '0')}`, make(k)]));
}
