import { rawElement, textElement, type DicomElement, type DicomReference } from '@parse3d/volume/formats';

export const SPECIFIC_CHARACTER_SET = 0x0008_0005;
const UTF8 = 'ISO_IR 192';

/** Writes our own texts beside those of the source, which keep their character set. */
export interface Texts {
  /** The character set that the whole object declares. */
  readonly characterSet: DicomElement;
  /** A text of ours, without what would divide or end a value, cut to its VR's length. */
  element(tag: number, vr: 'LO' | 'ST' | 'LT' | 'SH' | 'PN', text: string): DicomElement;
}

const MAX_LENGTH = { LO: 64, PN: 64, SH: 16, ST: 1024, LT: 10_240 } as const;

export function textsOf({ inherited }: DicomReference): Texts {
  const declared = inherited.find(({ tag }) => tag === SPECIFIC_CHARACTER_SET);
  const name = Buffer.from(declared?.bytes ?? [])
    .toString('latin1')
    .trim();
  // Without a declared set, text is ASCII, which UTF-8 includes; some files break that rule.
  const isAscii = inherited.every(({ bytes }) => bytes.every((byte) => byte < 128));
  const utf8 = name === UTF8 || ((name === '' || name === 'ISO_IR 6') && isAscii);
  return {
    characterSet:
      utf8 || declared === undefined
        ? textElement(SPECIFIC_CHARACTER_SET, 'CS', utf8 ? UTF8 : 'ISO_IR 100')
        : rawElement(SPECIFIC_CHARACTER_SET, 'CS', declared.bytes),
    element: (tag, vr, text) => {
      const plain = text.replaceAll('\\', '/').replace(/\p{Cc}+/gu, ' ');
      const writable = utf8
        ? plain
        : plain
            .normalize('NFKD')
            .replace(/\p{M}/gu, '')
            .replace(/[^ -~]/g, '?');
      return textElement(tag, vr, [...writable].slice(0, MAX_LENGTH[vr]).join('').trim());
    },
  };
}
