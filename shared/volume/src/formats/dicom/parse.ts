import { inflateRawSync } from 'node:zlib';
import dicomParser, { type DataSet } from 'dicom-parser';
import { Problem } from '@parse3d/contract/problems';
import { withPreamble } from './bare.js';

export type { DataSet } from 'dicom-parser';

const PIXEL_DATA = 'x7fe00010';
/** Deflated headers and pixels of one image; more is a bomb. */
const MAX_INFLATED_BYTES = 2 ** 29;

/**
 * The elements of a DICOM file, with preamble or without; values stay bytes until they are asked for.
 * @param upTo `header` stops before the pixels
 * @throws Problem `dicom-invalid`
 */
export function parseDicom(bytes: Uint8Array, upTo: 'header' | 'pixels'): DataSet {
  try {
    return dicomParser.parseDicom(withPreamble(bytes), {
      inflater,
      ...(upTo === 'header' ? { untilTag: PIXEL_DATA } : {}),
    });
  } catch (error) {
    if (error instanceof Problem) throw error;
    // The parser throws texts and objects; what they say may quote the file, and files name patients.
    throw new Problem('dicom-invalid', 'a file begins as DICOM, but its elements cannot be read: it is damaged', {});
  }
}

/** The parser wants the whole file back, with the deflated part inflated. */
function inflater(bytes: Uint8Array, position: number): Uint8Array {
  try {
    const inflated = inflateRawSync(bytes.subarray(position), { maxOutputLength: MAX_INFLATED_BYTES });
    return Buffer.concat([bytes.subarray(0, position), inflated]);
  } catch (error) {
    throw new Problem('dicom-invalid', 'a deflated DICOM file cannot be inflated, or holds too much', {
      limit: MAX_INFLATED_BYTES,
      reason: error instanceof Error && 'code' in error ? String(error.code) : 'damaged',
    });
  }
}

/** The text of a value, or undefined for none: values of text are padded, and empty where nothing is known. */
export function text(dataSet: DataSet, tag: string, index?: number): string | undefined {
  const value = dataSet.string(tag, index);
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

/** The numbers of a value of decimal texts, or undefined where it has another count or one is not a number. */
export function decimals(dataSet: DataSet, tag: string, count: number): readonly number[] | undefined {
  if (dataSet.elements[tag] === undefined || dataSet.numStringValues(tag) !== count) return undefined;
  const values = Array.from({ length: count }, (_, index) => Number(text(dataSet, tag, index) ?? Number.NaN));
  return values.every(Number.isFinite) ? values : undefined;
}

/** A whole number written as text, or undefined. */
export function integer(dataSet: DataSet, tag: string): number | undefined {
  const value = Number(text(dataSet, tag) ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * A private element, wherever its creator has reserved a block.
 * @param element last two hexadecimal digits
 */
export function privateElement(
  dataSet: DataSet,
  group: number,
  creator: string,
  element: number,
): DataSet['elements'][string] | undefined {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  for (let block = 0x10; block <= 0xff; block += 1) {
    if (text(dataSet, `x${hex(group, 4)}00${hex(block, 2)}`) !== creator) continue;
    return dataSet.elements[`x${hex(group, 4)}${hex(block, 2)}${hex(element, 2)}`];
  }
  return undefined;
}
