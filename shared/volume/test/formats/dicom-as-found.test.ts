import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { isProblem, type ProblemCode } from '@parse3d/contract/problems';
import { readVolume, type VolumeImage } from '../../src/formats/index.js';
import { bare, pixelsOf, seriesFiles, slice, writeFolder, type Change } from './dicom-files.js';
import { temporaryFolder } from './temporary.js';

const root = temporaryFolder();
let folders = 0;
const write = (files: Readonly<Record<string, Uint8Array>>): string =>
  writeFolder(root, `folder-${(folders += 1)}`, files);
const SLICES = 6;
const whole = (): Promise<VolumeImage> => readVolume(write(seriesFiles(SLICES)));
const isRoot = process.getuid?.() === 0;

async function refusal(path: string): Promise<{ code: ProblemCode; message: string; fields: unknown }> {
  const error = await readVolume(path).catch((thrown: unknown) => thrown);
  if (!isProblem(error)) throw new Error(`expected a Problem, got ${String(error)}`);
  return { code: error.code, message: error.message, fields: error.fields };
}

/** Reads a folder, which must give the whole volume, and returns its warnings. */
async function warningsOf(path: string): Promise<readonly string[]> {
  const [image, expected] = [await readVolume(path), await whole()];
  expect(image.geometry).toEqual(expected.geometry);
  expect(Array.from(image.data)).toEqual(Array.from(expected.data));
  return image.readWarnings ?? [];
}

const each =
  (...changes: readonly Change[]) =>
  (k: number): Buffer =>
    slice(k, changes);

describe('files that do not begin as the standard says', () => {
  test.each([
    ['without the preamble', (k: number) => bare(slice(k), 'meta')],
    ['without preamble and meta information', (k: number) => bare(slice(k), 'nothing')],
    ['with the magic at their start', (k: number) => Buffer.concat([Buffer.from('DICM'), bare(slice(k), 'meta')])],
    [
      'with a preamble and no meta information',
      (k: number) => Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), bare(slice(k), 'nothing')]),
    ],
    [
      'some of one kind, some of another',
      (k: number) => (k < 3 ? slice(k) : bare(slice(k), k < 5 ? 'meta' : 'nothing')),
    ],
  ])('%s are read', async (_, make) => {
    expect(await warningsOf(write(seriesFiles(SLICES, make)))).toEqual([]);
    const zip = join(root, `zip-${(folders += 1)}.zip`);
    writeFileSync(zip, zipSync(seriesFiles(SLICES, make), { level: 0 }));
    expect(await warningsOf(zip)).toEqual([]);
  });

  test('text, NIfTI headers and noise are not taken for DICOM', async () => {
    const noise = Buffer.from(Array.from({ length: 4000 }, (_, n) => (n * 7919 + ((n * n) % 251)) % 256));
    const files = {
      'a.txt': Buffer.from('x'.repeat(500)),
      b: noise,
      'c.nii': Buffer.alloc(400, 8),
      d: Buffer.from([8, 0, 0, 0]),
    };
    expect(await warningsOf(write({ ...seriesFiles(SLICES), ...files }))).toEqual([
      '4 files are not DICOM and were left out.',
    ]);
    expect((await refusal(write(files))).message).toMatch(/no DICOM images\. 4 files are not DICOM/);
  });
});

describe('a folder as people have it', () => {
  test('links, also to folders and in a circle, are read as what they lead to', async () => {
    const files = write(seriesFiles(SLICES));
    const links = write({});
    mkdirSync(links, { recursive: true });
    for (const name of Object.keys(seriesFiles(SLICES))) symlinkSync(join(files, name), join(links, name));
    expect(await warningsOf(links)).toEqual([]);
    const around = join(root, 'around');
    mkdirSync(around);
    symlinkSync(files, join(around, 'series'));
    symlinkSync(around, join(around, 'again'));
    expect(await warningsOf(around)).toEqual([]);
  });

  test('folders may be twelve deep', async () => {
    const deep = Array.from({ length: 12 }, (_, n) => n).join('/');
    const files = Object.entries(seriesFiles(SLICES)).map(([name, bytes]) => [`${deep}/${name}`, bytes] as const);
    expect(await warningsOf(write(Object.fromEntries(files)))).toEqual([]);
  });

  test('what is no image beside it is counted, by reason', async () => {
    const beside = {
      'README.txt': Buffer.from('notes'),
      '._IM0001.dcm': Buffer.alloc(90),
      '.nomedia': Buffer.alloc(0),
    };
    expect(await warningsOf(write({ ...seriesFiles(SLICES), ...beside }))).toEqual([
      '2 files are not DICOM and were left out.',
      '1 files are empty and were left out.',
    ]);
  });

  test.each<[string, (folder: string, last: string) => void]>([
    ['emptied', (folder, last) => writeFileSync(join(folder, last), '')],
    ['overwritten', (folder, last) => writeFileSync(join(folder, last), Buffer.alloc(600, 'x'))],
    ['cut off in its preamble', (folder, last) => writeFileSync(join(folder, last), Buffer.alloc(100))],
    [
      'moved behind a link that leads to nothing',
      (folder, last) => {
        renameSync(join(folder, last), join(root, `gone-${(folders += 1)}`));
        symlinkSync('/nothing/here', join(folder, `${last}-link`));
      },
    ],
  ])('the last image %s is no shorter volume, but an error', async (_, harm) => {
    const folder = write(seriesFiles(SLICES));
    harm(folder, 'IM0005');
    expect((await refusal(folder)).code).toBe('dicom-slices-missing');
  });

  test.skipIf(isRoot)('a file that may not be read is an error (not as root, who may)', async () => {
    const folder = write(seriesFiles(SLICES));
    chmodSync(join(folder, 'IM0005'), 0);
    expect((await refusal(folder)).code).toBe('dicom-slices-missing');
  });

  test('images that say how many they are tell of those missing at an end', async () => {
    const say = (count: number): ((k: number) => Buffer) => each([0x0020_1002, 'IS', String(count)]);
    const missing = await refusal(write(seriesFiles(SLICES, say(SLICES + 1))));
    expect(missing).toMatchObject({ code: 'dicom-slices-missing', fields: { expected: 7, actual: 6, missing: 1 } });
    expect(await warningsOf(write(seriesFiles(SLICES, say(SLICES))))).toEqual([]);
    // One acquisition may be reconstructed several times.
    expect(await warningsOf(write(seriesFiles(SLICES, say(3 * SLICES))))).toEqual([
      'The images say that their acquisition gave 18; 6 are in this series.',
    ]);
  });
});

describe('identity', () => {
  const SOP = 0x0008_0018;
  const files = seriesFiles(SLICES);

  test('images at other places are no copies, though they share a UID', async () => {
    const [warning, ...others] = await warningsOf(write(seriesFiles(SLICES, each([SOP, 'UI', '2.25.5']))));
    expect(warning).toMatch(/6 images or more share a SOPInstanceUID/);
    expect(others).toEqual([]);
  });

  test('the same pixels at the same place are a copy, whatever the UID', async () => {
    const copies = { copy1: slice(1, [[SOP, 'UI', '2.25.77']]), copy2: slice(2), copy3: bare(slice(3), 'nothing') };
    expect(await warningsOf(write({ ...files, ...copies }))).toEqual([
      '3 DICOM files are copies of others and were left out.',
    ]);
  });

  test('other pixels at the same place are told with the number of places', async () => {
    const others = { other1: slice(1, [], pixelsOf(9)), other2: slice(2, [], pixelsOf(8)), copy: slice(3) };
    const found = await refusal(write({ ...files, ...others }));
    expect(found).toMatchObject({ code: 'volume-not-3d', fields: { doubled: 2, places: 6 } });
    expect(found.message).toMatch(/2 of 6 places/);
    const twice = Object.fromEntries(Object.keys(files).map((name, k) => [`b${name}`, slice(k, [], pixelsOf(k + 1))]));
    expect((await refusal(write({ ...files, ...twice }))).message).toMatch(/several volumes/);
  });

  const unusual: [string, (k: number) => Buffer, RegExp][] = [
    ['letters in a UID', (k) => slice(k, [[SOP, 'UI', `1.2.A1.${k}`]]), /SOPInstanceUID holds letters/],
    ['a UID too long', (k) => slice(k, [[SOP, 'UI', `1.2.${'9'.repeat(64)}.${k}`]]), /longer than 64/],
    ['no UID', each([SOP, 'UI', undefined]), /SOPInstanceUID is missing/],
    ['words', each([0x0020_000e, 'UI', 'anonymized'], [0x0020_000d, 'UI', 'anonymized']), /SeriesInstanceUID holds/],
    ['no SeriesInstanceUID', each([0x0020_000e, 'UI', undefined]), /SeriesInstanceUID is missing/],
    [
      'a SeriesInstanceUID an image',
      (k) => slice(k, [[0x0020_000e, 'UI', `2.25.9${k}`]]),
      /differ in SeriesInstanceUID/,
    ],
    ['a StudyInstanceUID an image', (k) => slice(k, [[0x0020_000d, 'UI', `2.25.9${k}`]]), /differ in StudyInstanceUID/],
    ['a FrameOfReferenceUID an image', (k) => slice(k, [[0x0020_0052, 'UI', `2.25.9${k}`]]), /differ in FrameOfRef/],
  ];
  test.each(unusual)('%s: read, and no object can refer to it', async (_, make, warning) => {
    const folder = write(seriesFiles(SLICES, make));
    expect(await warningsOf(folder)).toEqual([expect.stringMatching(warning)]);
    expect((await readVolume(folder)).dicom?.unreferable).toMatch(warning);
  });

  test('two series under one word are told apart by number and modality', async () => {
    const word: Change = [0x0020_000e, 'UI', 'anonymized'];
    const others = Object.fromEntries(
      Object.keys(files).map((name, k) => [`b${name}`, slice(k + 20, [word, [0x0020_0011, 'IS', '8']])]),
    );
    const found = await refusal(write({ ...seriesFiles(SLICES, each(word)), ...others }));
    expect(found.code).toBe('dicom-several-series');
  });

  test('two frames of reference are two places', async () => {
    const halves = seriesFiles(SLICES, (k) => slice(k, [[0x0020_0052, 'UI', k < 3 ? '2.25.3' : '2.25.4']]));
    expect(await refusal(write(halves))).toMatchObject({
      code: 'dicom-geometry',
      fields: { differ: 'frame of reference' },
    });
  });
});

describe('kinds of images', () => {
  test('one slice is a volume of one, as thick as it says', async () => {
    const image = await readVolume(write(seriesFiles(1)));
    expect(image.geometry).toMatchObject({ shape: [5, 4, 1], spacingMm: [2, 2, 3] });
    expect(image.readWarnings).toEqual([expect.stringMatching(/one slice, as thick as it says \(3 mm\)/)]);
    const thin = write(seriesFiles(1, each([0x0018_0050, 'DS', undefined])));
    expect(await refusal(thin)).toMatchObject({ code: 'dicom-unsupported' });
  });

  test('images without PhotometricInterpretation are grey where one sample is all they have', async () => {
    const none: Change = [0x0028_0004, 'CS', undefined];
    expect(await warningsOf(write(seriesFiles(SLICES, each(none))))).toEqual([
      expect.stringMatching(/^6 images have no PhotometricInterpretation/),
    ]);
    const palette = write(seriesFiles(SLICES, each(none, [0x0028_1101, 'US', 'ab'])));
    expect((await refusal(palette)).message).toMatch(/no PhotometricInterpretation/);
  });

  test('a mosaic and a localizer are told as such', async () => {
    const type = (value: string): Change => [0x0008_0008, 'CS', value];
    const mosaic = await refusal(write(seriesFiles(1, each(type('ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC')))));
    expect(mosaic.message).toMatch(/mosaic/);
    const scout = type('ORIGINAL\\PRIMARY\\LOCALIZER');
    expect((await refusal(write(seriesFiles(1, each(scout))))).message).toMatch(/nothing but a localizer/);
    const planes = [
      [1, 0, 0, 0, 1, 0],
      [0, 1, 0, 0, 0, -1],
      [1, 0, 0, 0, 0, -1],
    ].map((six) => six.join('\\'));
    const three = seriesFiles(3, (k) => slice(k, [scout, [0x0020_0037, 'DS', planes[k] ?? '']]));
    expect((await refusal(write(three))).message).toMatch(/localizers, scout images/);
    const beside = { scout: slice(40, [scout, [0x0020_0037, 'DS', planes[1] ?? '']]) };
    expect(await warningsOf(write({ ...seriesFiles(SLICES), ...beside }))).toEqual([
      '1 localizers (scout images) were left out.',
    ]);
  });

  test('a slope of 0 is read where every stored number is the same, and refused where it loses values', async () => {
    const zero: Change = [0x0028_1053, 'DS', '0'];
    const empty = seriesFiles(SLICES, (k) => (k === 0 ? slice(0, [zero], new Uint16Array(20)) : slice(k)));
    const image = await readVolume(write(empty));
    expect(Array.from(image.data.subarray(0, 20))).toEqual(new Array(20).fill(0));
    expect((await refusal(write(seriesFiles(SLICES, each(zero))))).code).toBe('dicom-invalid');
  });
});
