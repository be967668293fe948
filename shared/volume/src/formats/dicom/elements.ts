/** Bytes of a value, or the items of a sequence. */
export interface DicomElement {
  readonly tag: number;
  readonly vr: string;
  readonly value: Uint8Array | readonly (readonly DicomElement[])[];
}

/** VRs whose length takes four bytes, after two that are reserved. */
const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OW', 'SQ', 'UC', 'UN', 'UR', 'UT']);
const UNDEFINED_LENGTH = 0xffff_ffff;
const IMPLEMENTATION_UID = '2.25.294186457180236457341129836184715302417';
const TRANSFER_SYNTAX = { explicit: '1.2.840.10008.1.2.1', implicit: '1.2.840.10008.1.2' } as const;
/** Whether elements name their VR. Without it every length has four bytes: numbers as text may be longer than 64 KiB. */
type Coding = keyof typeof TRANSFER_SYNTAX;

/** A value of text. Several values are joined by backslashes; an odd length is padded as the VR wants. */
export function textElement(tag: number, vr: string, value: string | readonly string[]): DicomElement {
  const joined = Buffer.from(typeof value === 'string' ? value : value.join('\\'), 'utf8');
  return rawElement(tag, vr, joined);
}

/** A value as bytes, padded to an even length. */
export function rawElement(tag: number, vr: string, bytes: Uint8Array): DicomElement {
  if (bytes.length % 2 === 0) return { tag, vr, value: bytes };
  return { tag, vr, value: Buffer.concat([bytes, Buffer.from(vr === 'UI' || vr === 'OB' ? '\0' : ' ')]) };
}

/** Decimal texts, as exact as 16 characters allow. */
export function decimalElement(tag: number, values: readonly number[]): DicomElement {
  return textElement(tag, 'DS', values.map(decimalText));
}

/** 16-bit numbers without sign. */
export function shortElement(tag: number, values: readonly number[]): DicomElement {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, n) => bytes.writeUInt16LE(value, n * 2));
  return { tag, vr: 'US', value: bytes };
}

/** 32-bit numbers without sign. */
export function longElement(tag: number, values: readonly number[]): DicomElement {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, n) => bytes.writeUInt32LE(value, n * 4));
  return { tag, vr: 'UL', value: bytes };
}

/** The tag of another element. */
export function tagElement(tag: number, value: number): DicomElement {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(value >>> 16, 0);
  bytes.writeUInt16LE(value & 0xffff, 2);
  return { tag, vr: 'AT', value: bytes };
}

export function sequence(tag: number, ...items: readonly (readonly DicomElement[])[]): DicomElement {
  return { tag, vr: 'SQ', value: items };
}

/** A number as a decimal text of at most 16 characters. */
export function decimalText(value: number): string {
  if (Object.is(value, -0)) return '0';
  for (let digits = 15; digits > 0; digits -= 1) {
    const shown = Number(value.toPrecision(digits)).toString();
    if (shown.length <= 16) return shown;
  }
  return '0';
}

/**
 * Preamble, file meta information and elements, little endian, in the order of tags. Pixels may follow:
 * `pixelHead` begins them.
 */
export function dicomFileStart(
  sopClassUid: string,
  sopInstanceUid: string,
  elements: readonly DicomElement[],
  coding: Coding = 'explicit',
): Buffer {
  const meta = encodeElements([
    rawElement(0x0002_0001, 'OB', Uint8Array.of(0, 1)),
    textElement(0x0002_0002, 'UI', sopClassUid),
    textElement(0x0002_0003, 'UI', sopInstanceUid),
    textElement(0x0002_0010, 'UI', TRANSFER_SYNTAX[coding]),
    textElement(0x0002_0012, 'UI', IMPLEMENTATION_UID),
    textElement(0x0002_0013, 'SH', 'PARSE3D'),
  ]);
  const length = encodeElements([longElement(0x0002_0000, [meta.length])]);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, encodeElements(elements, coding)]);
}

/** The head of PixelData with so many bytes (even) of value. */
export function pixelHead(bytes: number): Buffer {
  return elementHead(0x7fe0_0010, 'OB', bytes);
}

function encodeElements(elements: readonly DicomElement[], coding: Coding = 'explicit'): Buffer {
  const pieces = elements.toSorted((a, b) => a.tag - b.tag).flatMap((element) => encodeElement(element, coding));
  return Buffer.concat(pieces);
}

function encodeElement({ tag, vr, value }: DicomElement, coding: Coding): Buffer[] {
  if (value instanceof Uint8Array) return [elementHead(tag, vr, value.length, coding), Buffer.from(value)];
  const items = value.flatMap((elements) => {
    const bytes = encodeElements(elements, coding);
    return [itemHead(0xe000, bytes.length), bytes];
  });
  return [elementHead(tag, vr, UNDEFINED_LENGTH, coding), ...items, itemHead(0xe0dd, 0)];
}

function elementHead(tag: number, vr: string, length: number, coding: Coding = 'explicit'): Buffer {
  const head = Buffer.alloc(coding === 'explicit' && LONG.has(vr) ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  if (coding === 'implicit') {
    head.writeUInt32LE(length, 4);
    return head;
  }
  head.write(vr, 4, 'latin1');
  if (LONG.has(vr)) head.writeUInt32LE(length, 8);
  else head.writeUInt16LE(length, 6);
  return head;
}

function itemHead(element: number, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0xfffe, 0);
  head.writeUInt16LE(element, 2);
  head.writeUInt32LE(length, 4);
  return head;
}
