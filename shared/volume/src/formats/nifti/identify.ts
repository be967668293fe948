import { Problem } from '@parse3d/contract/problems';
import { HEADER_BYTES } from './fields.js';

/** A header that can be read field by field. */
export interface IdentifiedHeader {
  readonly version: 1 | 2;
  /** The bytes given, with a `sizeof_hdr` that is right. */
  readonly bytes: Uint8Array;
  /** The magic says that the voxels lie in an .img file of their own. */
  readonly isPair: boolean;
  /** What was wrong and did not matter. */
  readonly repairs: readonly string[];
}

/** How many bytes `identifyHeader` needs, judged by a file's first four. */
export function headerBytesNeeded(start: Uint8Array): number {
  return sizeofHeader(start) === HEADER_BYTES[2] ? HEADER_BYTES[2] : HEADER_BYTES[1];
}

/**
 * Tells NIfTI-1 from NIfTI-2 by magic and size. Of a NIfTI-1 header the magic is enough: `dim[0]` tells its byte order
 * where the size is wrong.
 * @throws Problem `nifti-truncated`, `nifti-not-nifti`, `nifti-header-invalid`
 */
export function identifyHeader(bytes: Uint8Array): IdentifiedHeader {
  const needed = headerBytesNeeded(bytes);
  if (bytes.length < needed) {
    throw new Problem(
      'nifti-truncated',
      `expected at least ${needed} bytes of header, the file ends after ${bytes.length}`,
      { expected: needed, actual: bytes.length },
    );
  }
  // The fourth character is NUL by the standard; readers look at the three before it.
  const magic1 = latin1(bytes, 344, 347);
  const magic2 = latin1(bytes, 4, 7);
  const size = sizeofHeader(bytes);
  if (size === HEADER_BYTES[2] && (magic2 === 'n+2' || magic2 === 'ni2')) {
    const endOfLine = latin1(bytes, 8, 12);
    // Some writers leave these four bytes zero; anything else means that a text-mode transfer changed the file.
    if (endOfLine !== '\r\n\x1a\n' && endOfLine !== '\0\0\0\0') {
      throw invalid('the bytes after the magic are not CR LF SUB LF: the file was damaged by a text-mode transfer');
    }
    return { version: 2, bytes, isPair: magic2 === 'ni2', repairs: [] };
  }
  if (magic1 === 'n+1' || magic1 === 'ni1') {
    const repairs = bytes[347] === 0 ? [] : ['The magic of the header does not end in NUL.'];
    const isPair = magic1 === 'ni1';
    if (size === HEADER_BYTES[1]) return { version: 1, bytes, isPair, repairs };
    const repaired = withSize(bytes);
    if (size === undefined && repaired !== undefined) {
      return {
        version: 1,
        bytes: repaired,
        isPair,
        repairs: [...repairs, 'sizeof_hdr of the header is not 348; the magic and dim[0] say that it is NIfTI-1.'],
      };
    }
  }
  if (magic1 === 'n+1' || magic1 === 'ni1' || magic2 === 'n+2' || magic2 === 'ni2') {
    throw invalid(`expected sizeof_hdr 348 (NIfTI-1) or 540 (NIfTI-2) to match the magic, found ${size ?? 'neither'}`);
  }
  throw new Problem(
    'nifti-not-nifti',
    size === undefined
      ? 'expected a NIfTI header, these bytes are something else'
      : 'expected the magic "n+1" or "n+2", found none: an ANALYZE 7.5 file has no reliable orientation; convert it to NIfTI',
  );
}

/** A copy that says 348, in the byte order in which dim[0] is a number of axes; undefined where there is none. */
function withSize(bytes: Uint8Array): Uint8Array | undefined {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  const little = [true, false].find((order) => view.getInt16(40, order) >= 1 && view.getInt16(40, order) <= 7);
  if (little === undefined) return undefined;
  view.setInt32(0, HEADER_BYTES[1], little);
  return copy;
}

/** sizeof_hdr in whichever byte order makes it 348 or 540, else undefined. */
function sizeofHeader(bytes: Uint8Array): number | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 4);
  const sizes: readonly number[] = Object.values(HEADER_BYTES);
  return [view.getInt32(0, true), view.getInt32(0, false)].find((size) => sizes.includes(size));
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

function invalid(detail: string): Problem {
  return new Problem('nifti-header-invalid', detail, {});
}
