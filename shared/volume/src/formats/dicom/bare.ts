/**
 * DICOM files that do not begin as the standard says: without the 128 bytes of preamble, without the file meta
 * information that names the transfer syntax, or with neither. Old scanners, exports and de-identifiers write them.
 */

/** How many first bytes `isDicom` needs. */
export const DICOM_MAGIC_BYTES = 132;

const IMPLICIT = '1.2.840.10008.1.2';
const EXPLICIT = '1.2.840.10008.1.2.1';
const BIG_ENDIAN = '1.2.840.10008.1.2.2';
/** Longer values stand at the beginning of no data set. */
const MAX_FIRST_VALUE = 1024;

/** True for a DICOM file, with its magic bytes or without. */
export function isDicom(start: Uint8Array): boolean {
  return hasMagic(start, 128) || hasMagic(start, 0) || firstGroup(start, 0) !== undefined;
}

/** `DICM`, after 128 bytes of anything where all is as it should be. */
function hasMagic(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x44 && bytes[at + 1] === 0x49 && bytes[at + 2] === 0x43 && bytes[at + 3] === 0x4d;
}

/** The same file with all that the standard puts in front of the elements. */
export function withPreamble(bytes: Uint8Array): Uint8Array {
  const at = hasMagic(bytes, 128) ? 132 : hasMagic(bytes, 0) ? 4 : 0;
  const first = firstGroup(bytes, at);
  if (first === undefined || (first.group === 2 && at === 132)) return bytes;
  const meta = first.group === 2 ? Buffer.alloc(0) : metaOf(first.syntax);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), meta, bytes.subarray(at)]);
}

interface FirstElement {
  readonly group: 2 | 8;
  readonly syntax: string;
}

/**
 * What the first elements tell: they belong to group 2 or 8, stand in the order of their tags, and have values of a
 * sensible length. Two of them are looked at, so that other files are not mistaken for DICOM.
 */
function firstGroup(bytes: Uint8Array, at: number): FirstElement | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const syntax of [EXPLICIT, IMPLICIT, BIG_ENDIAN]) {
    const first = elementAt(buffer, at, syntax);
    if (first === undefined || (first.group !== 2 && first.group !== 8)) continue;
    if (first.group === 2 && syntax !== EXPLICIT) continue;
    const second = first.end + 8 <= buffer.length ? elementAt(buffer, first.end, syntax) : first;
    // Group 2 is explicit, whatever follows.
    const ends = first.group === 2 && first.end + 8 <= buffer.length;
    const isNext = second !== undefined && (second === first || second.tag > first.tag);
    if (isNext || (ends && second === undefined)) return { group: first.group, syntax };
  }
  return undefined;
}

function elementAt(bytes: Buffer, at: number, syntax: string): { group: number; tag: number; end: number } | undefined {
  if (at + 8 > bytes.length) return undefined;
  const short = (where: number): number =>
    syntax === BIG_ENDIAN ? bytes.readUInt16BE(where) : bytes.readUInt16LE(where);
  const group = short(at);
  const tag = group * 0x1_0000 + short(at + 2);
  if (group < 2 || group > 0x10) return undefined;
  let length: number;
  let head = 8;
  if (syntax === IMPLICIT) {
    length = bytes.readUInt32LE(at + 4);
  } else {
    const vr = bytes.toString('latin1', at + 4, at + 6);
    if (!/^(AE|AS|AT|CS|DA|DS|DT|IS|LO|LT|OB|OW|PN|SH|SQ|ST|TM|UI|UL|UN|US|UT)$/.test(vr)) return undefined;
    length = short(at + 6);
    if (['OB', 'OW', 'SQ', 'UN', 'UT'].includes(vr)) {
      if (at + 12 > bytes.length) return undefined;
      head = 12;
      length = syntax === BIG_ENDIAN ? bytes.readUInt32BE(at + 8) : bytes.readUInt32LE(at + 8);
    }
  }
  if (length % 2 === 1 || length > MAX_FIRST_VALUE) return undefined;
  return { group, tag, end: at + head + length };
}

/** File meta information with the transfer syntax alone, which is what a reader needs. */
function metaOf(syntax: string): Buffer {
  const value = Buffer.from(syntax.length % 2 === 0 ? syntax : `${syntax}\0`, 'latin1');
  const element = Buffer.alloc(8);
  element.writeUInt16LE(0x0002, 0);
  element.writeUInt16LE(0x0010, 2);
  element.write('UI', 4, 'latin1');
  element.writeUInt16LE(value.length, 6);
  return Buffer.concat([element, value]);
}
