import {
  rawElement,
  textElement,
  type DicomElement,
  type DicomReference,
  type RawElement,
} from '@parse3d/volume/formats';

export const SPECIFIC_CHARACTER_SET = 0x0008_0005;
const UTF8 = 'ISO_IR 192';

/** Writes our own texts beside those of the source. */
export interface Texts {
  /** The character set that the whole object declares. */
  readonly characterSet: DicomElement;
  /** The source's elements, in that character set. */
  readonly inherited: readonly RawElement[];
  /** A text of ours, without what would divide or end a value, cut to its VR's length. */
  element(tag: number, vr: 'LO' | 'ST' | 'LT' | 'SH' | 'PN', text: string): DicomElement;
}

const MAX_LENGTH = { LO: 64, PN: 64, SH: 16, ST: 1024, LT: 10_240 } as const;
/** VRs whose bytes depend on the character set. */
const OF_CHARACTERS = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);

/**
 * The source's texts keep their bytes and their character set, unless ours hold letters beyond ASCII: then all become
 * UTF-8, which holds both.
 * @param ours what will be written
 */
export function textsOf({ inherited }: DicomReference, ours: readonly string[]): Texts {
  const declared = inherited.find(({ tag }) => tag === SPECIFIC_CHARACTER_SET);
  const name = Buffer.from(declared?.bytes ?? [])
    .toString('latin1')
    .trim();
  // Without a declared set, text is ASCII, which UTF-8 includes; some files break that rule.
  const isAscii = inherited.every(({ bytes }) => bytes.every((byte) => byte < 128));
  const utf8 = name === UTF8 || ((name === '' || name === 'ISO_IR 6') && isAscii);
  const wider = !utf8 && ours.some((text) => /[^ -~]/.test(text)) ? inUtf8(inherited, name) : undefined;
  return {
    characterSet:
      utf8 || wider !== undefined
        ? textElement(SPECIFIC_CHARACTER_SET, 'CS', UTF8)
        : declared === undefined
          ? textElement(SPECIFIC_CHARACTER_SET, 'CS', 'ISO_IR 100')
          : rawElement(SPECIFIC_CHARACTER_SET, 'CS', declared.bytes),
    inherited: wider ?? inherited,
    element: (tag, vr, text) => {
      const plain = text.replaceAll('\\', '/').replace(/\p{Cc}+/gu, ' ');
      const writable =
        utf8 || wider !== undefined
          ? plain
          : plain
              .normalize('NFKD')
              .replace(/\p{M}/gu, '')
              .replace(/[^ -~]/g, '?');
      return textElement(tag, vr, [...writable].slice(0, MAX_LENGTH[vr]).join('').trim());
    },
  };
}

/** DICOM's names of character sets as those of the web; of code extensions the last, which holds the letters. */
const ENCODINGS: Readonly<Record<string, string>> = {
  '': 'utf-8',
  'IR 6': 'utf-8',
  'IR 100': 'iso-8859-1',
  'IR 101': 'iso-8859-2',
  'IR 109': 'iso-8859-3',
  'IR 110': 'iso-8859-4',
  'IR 126': 'iso-8859-7',
  'IR 127': 'iso-8859-6',
  'IR 138': 'iso-8859-8',
  'IR 144': 'iso-8859-5',
  'IR 148': 'windows-1254',
  'IR 166': 'windows-874',
  'IR 13': 'shift_jis',
  'IR 87': 'iso-2022-jp',
  'IR 149': 'euc-kr',
  'IR 58': 'gbk',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

/** The elements with their texts in UTF-8; undefined where the bytes are none of their character set. */
function inUtf8(inherited: readonly RawElement[], declared: string): RawElement[] | undefined {
  const [encoding] = declared
    .split('\\')
    .map((name) => ENCODINGS[name.trim().replace(/^ISO[_ ](2022 )?/, '')])
    .toReversed();
  if (encoding === undefined) return undefined;
  try {
    const decoder = new TextDecoder(encoding, { fatal: true });
    return inherited.map((element) => {
      if (!OF_CHARACTERS.has(element.vr) || element.bytes.every((byte) => byte < 128 && byte !== ESCAPE))
        return element;
      const text = decoder.decode(encoding === 'iso-2022-jp' ? element.bytes : withoutEscapes(element.bytes));
      return { ...element, bytes: Buffer.from(text, 'utf8') };
    });
  } catch (error) {
    // Bytes that are not of the set, or a set that this build of Node does not know.
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

const ESCAPE = 0x1b;
/** `ESC $ ) C` names Korean, `ESC $ ) A` Chinese. */
const NAMES_SET = new RegExp(`${String.fromCharCode(ESCAPE)}(\\$[()]?.|[-().].)`, 'g');

/** Korean and Chinese texts name their set by an escape and are 8 bits wide then; decoders do not expect it. */
function withoutEscapes(bytes: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(bytes).toString('latin1').replace(NAMES_SET, ''), 'latin1');
}
