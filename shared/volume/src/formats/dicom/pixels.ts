import { endianness } from 'node:os';
import type { VoxelArray } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import type { FrameDecoder } from './codecs.js';
import { encapsulatedFrame } from './encapsulated.js';
import { parseDicom, type DataSet } from './parse.js';
import type { DicomFile, PixelLayout, SliceHeader, Tile } from './types.js';

/** Gives the elements of an image's file, pixels and all. */
export type OpenImage = (header: SliceHeader) => Promise<DataSet>;

/** The file that was asked for last stays in memory, as its frames are mostly read one after another. */
export function imageOpener(): OpenImage {
  let last: { readonly file: DicomFile; readonly dataSet: DataSet } | undefined;
  return async ({ file }) => {
    if (last?.file !== file) {
      // Released before the next is read, so that one is in memory at a time.
      last = undefined;
      last = { file, dataSet: parseDicom(await file.read(), 'pixels') };
    }
    return last.dataSet;
  };
}

/**
 * Puts the values of one image into the volume as slice k. Rows are turned around: the last comes first, as j
 * runs against the columns of DICOM.
 * @throws Problem `dicom-invalid`, `dicom-truncated`, `dicom-unsupported`
 */
export async function writePixels(
  dataSet: DataSet,
  header: SliceHeader,
  k: number,
  out: VoxelArray,
  decoder: FrameDecoder,
): Promise<void> {
  const { pixels, slope, intercept, tile } = header;
  const stored = tile === undefined ? pixels : { ...pixels, rows: tile.rows, columns: tile.columns };
  const bytes =
    pixels.coding === 'native'
      ? nativeBytes(dataSet, { ...header, pixels: stored })
      : await decoder.decode(encapsulatedFrame(dataSet, header), stored);
  const whole = wordsOf(bytes, stored);
  const words = tile === undefined ? whole : tileOf(whole, tile, pixels);
  const { rows, columns, bitsStored, highBit, signed } = pixels;
  if (slope === 0 && words.some((word) => word !== words[0])) {
    throw new Problem(
      'dicom-invalid',
      'RescaleSlope is 0 in an image whose stored numbers differ: its values are lost',
    );
  }
  // Bits above the stored ones are not the pixel's (old files keep overlays there): shifted out on the left.
  const left = 31 - highBit;
  const right = 32 - bitsStored;
  for (let row = 0; row < rows; row += 1) {
    let from = row * columns;
    let to = (k * rows + (rows - 1 - row)) * columns;
    for (const end = from + columns; from < end; from += 1, to += 1) {
      const top = words[from] << left;
      out[to] = (signed ? top >> right : top >>> right) * slope + intercept;
    }
  }
}

type Words = Uint8Array | Uint16Array | Uint32Array;

function tileOf(whole: Words, tile: Tile, { rows, columns }: PixelLayout): Words {
  const out = whole.slice(0, rows * columns);
  for (let row = 0; row < rows; row += 1) {
    const start = (tile.top + row) * tile.columns + tile.left;
    out.set(whole.subarray(start, start + columns), row * columns);
  }
  return out;
}

function nativeBytes(dataSet: DataSet, { pixels, frame, frames }: SliceHeader): Uint8Array {
  const size = (pixels.rows * pixels.columns * pixels.bitsAllocated) / 8;
  const expected = size * frames;
  const element = dataSet.elements['x7fe00010'];
  const actual = Math.min(element?.length ?? 0, dataSet.byteArray.length - (element?.dataOffset ?? 0));
  if (element === undefined || element.fragments !== undefined || actual < expected) {
    throw new Problem('dicom-truncated', `expected ${expected} bytes of pixels in an image, it has ${actual}`, {
      expected,
      actual,
    });
  }
  const start = element.dataOffset + frame * size;
  return dataSet.byteArray.subarray(start, start + size);
}

/** @throws Problem `dicom-truncated` when a decoder gave too little */
function wordsOf(bytes: Uint8Array, pixels: PixelLayout): Words {
  const size = pixels.bitsAllocated / 8;
  const count = pixels.rows * pixels.columns;
  if (bytes.length < count * size) {
    throw new Problem('dicom-truncated', `expected ${count * size} bytes of pixels in an image, got ${bytes.length}`, {
      expected: count * size,
      actual: bytes.length,
    });
  }
  if (size === 1) return bytes.subarray(0, count);
  // Copied: the pixels may begin at an odd place.
  const copy = Buffer.from(new Uint8Array(bytes.subarray(0, count * size)).buffer);
  if (pixels.bigEndian !== (endianness() === 'BE')) {
    if (size === 2) copy.swap16();
    else copy.swap32();
  }
  return size === 2 ? new Uint16Array(copy.buffer, 0, count) : new Uint32Array(copy.buffer, 0, count);
}
