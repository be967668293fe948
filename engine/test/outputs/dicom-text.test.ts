import { expect, test } from 'vitest';
import type { DicomReference, RawElement } from '@parse3d/volume/formats';
import { textsOf } from '../../src/outputs/dicom-seg/text.js';

const CHARACTER_SET = 0x0008_0005;
const NAME = 0x0010_0010;

function reference(set: string | undefined, name: Uint8Array): DicomReference {
  const inherited: RawElement[] = [{ tag: NAME, vr: 'PN', bytes: name }];
  if (set !== undefined) inherited.unshift({ tag: CHARACTER_SET, vr: 'CS', bytes: Buffer.from(set, 'latin1') });
  return {
    studyUid: '2.25.1',
    seriesUid: '2.25.2',
    frameOfReferenceUid: undefined,
    slices: [],
    rowDirection: [1, 0, 0],
    columnDirection: [0, 1, 0],
    inherited,
  };
}

const textOf = (value: unknown): string =>
  Buffer.from(value instanceof Uint8Array ? value : [])
    .toString('utf8')
    .trim();

// The bytes are those of the examples in annex H, I and J of PS3.5.
const named: [string, string | undefined, readonly number[], string][] = [
  ['Latin', 'ISO_IR 100', [0x42, 0x75, 0x63, 0x5e, 0x4a, 0xe9, 0x72, 0xf4, 0x6d, 0x65], 'Buc^Jérôme'],
  ['Greek', 'ISO_IR 126', [0xc4, 0xe9, 0xef, 0xed, 0xf5, 0xf3, 0xe9, 0xef, 0xf2], 'Διονυσιος'],
  ['Japanese', '\\ISO 2022 IR 87', [0x59, 0x3d, 0x1b, 0x24, 0x42, 0x3b, 0x33, 0x45, 0x44, 0x1b, 0x28, 0x42], 'Y=山田'],
  ['Korean', '\\ISO 2022 IR 149', [0x48, 0x3d, 0x1b, 0x24, 0x29, 0x43, 0xfb, 0xf3], 'H=洪'],
  ['Chinese', 'GB18030', [0x57, 0x3d, 0xcd, 0xf5], 'W=王'],
];

test.each(named)(
  '%s names become UTF-8 where a label needs it, and keep their bytes where none does',
  (_, set, bytes, text) => {
    const source = reference(set, Uint8Array.from(bytes));
    const wide = textsOf(source, ['海馬']);
    expect(textOf(wide.characterSet.value)).toBe('ISO_IR 192');
    expect(textOf(wide.element(0x0062_0005, 'LO', '海馬').value)).toBe('海馬');
    expect(textOf(wide.inherited.find(({ tag }) => tag === NAME)?.bytes)).toBe(text);
    const narrow = textsOf(source, ['hippocampus']);
    expect(narrow.inherited).toBe(source.inherited);
    expect(textOf(narrow.characterSet.value)).toBe((set ?? '').trim());
  },
);

test('texts that are not of the set they name stay as they are, and a label is written in ASCII', () => {
  const source = reference('ISO_IR 192 ', Uint8Array.from([0x41]));
  expect(textOf(textsOf(source, ['海馬']).element(1, 'LO', '海馬').value)).toBe('海馬');
  const odd = textsOf(reference('\\ISO 2022 IR 87', Uint8Array.from([0xff, 0xfe])), ['海馬']);
  expect(textOf(odd.element(1, 'LO', '海馬').value)).toBe('??');
});
