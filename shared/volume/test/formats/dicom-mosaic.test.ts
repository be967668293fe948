import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isProblem } from '@parse3d/contract/problems';
import {
  decimalElement,
  dicomFileStart,
  peekDicomFile,
  pixelHead,
  rawElement,
  readVolume,
  sequence,
  shortElement,
  textElement,
  writeNifti,
  type DicomElement,
  type VolumeImage,
} from '../../src/formats/index.js';
import { describeWithDicomTools, runScript } from '../../../../test/support/dicom.js';
import { writeFolder } from './dicom-files.js';
import { temporaryFolder } from './temporary.js';

const root = temporaryFolder();
const MR = '1.2.840.10008.5.1.4.1.1.4';
/** Five slices of 6×4 pixels: three beside each other, two rows of them, one place left empty. */
const [SLICES, COLUMNS, ROWS, ACROSS] = [5, 6, 4, 3];
let folders = 0;

interface MosaicSpec {
  /** Instance and acquisition number, which is in the pixels too. */
  readonly time?: number;
  /** The slices follow against row direction × column direction. */
  readonly against?: boolean;
  readonly down?: number;
  readonly change?: readonly DicomElement[];
  readonly without?: readonly number[];
}

const valueOf = (time: number, slice: number, row: number, column: number): number =>
  1000 * time + 100 * slice + 10 * row + column;

function pixelsOf(time: number, down: number): Uint16Array {
  const out = new Uint16Array(ACROSS * COLUMNS * down * ROWS);
  for (let n = 0; n < out.length; n += 1) {
    const [row, column] = [Math.floor(n / (ACROSS * COLUMNS)), n % (ACROSS * COLUMNS)];
    const slice = Math.floor(row / ROWS) * ACROSS + Math.floor(column / COLUMNS);
    if (slice < SLICES) out[n] = valueOf(time, slice, row % ROWS, column % COLUMNS);
  }
  return out;
}

/** The private header of Siemens (CSA, version 2) with these names. */
function csa(values: Readonly<Record<string, readonly string[]>>): Buffer {
  const int = (...numbers: readonly number[]): Buffer => Buffer.from(Int32Array.from(numbers).buffer);
  const tags = Object.entries(values).flatMap(([name, items]) => [
    Buffer.concat([Buffer.from(name), Buffer.alloc(64 - name.length)]),
    int(items.length, 0x5346, 6, items.length, 77),
    ...items.flatMap((item) => {
      const text = Buffer.concat([Buffer.from(item), Buffer.alloc(4 - (item.length % 4))]);
      return [int(text.length, text.length, 77, text.length), text];
    }),
  ]);
  return Buffer.concat([Buffer.from('SV10\x04\x03\x02\x01', 'latin1'), int(Object.keys(values).length, 77), ...tags]);
}

const privateHeader = (values: Readonly<Record<string, readonly string[]>>): DicomElement =>
  rawElement(0x0029_1010, 'OB', csa(values));

function mosaic({ time = 1, against = false, down = ACROSS, change = [], without = [] }: MosaicSpec = {}): Buffer {
  const normal = against ? ['0', '0.6', '-0.8'] : ['0', '-0.6', '0.8'];
  const uid = `2.25.77${time}`;
  const elements = [
    textElement(0x0008_0008, 'CS', ['ORIGINAL', 'PRIMARY', 'M', 'ND', 'MOSAIC']),
    textElement(0x0008_0016, 'UI', MR),
    textElement(0x0008_0018, 'UI', uid),
    textElement(0x0008_0060, 'CS', 'MR'),
    textElement(0x0008_0070, 'LO', 'SIEMENS'),
    textElement(0x0018_0050, 'DS', '3'),
    textElement(0x0018_0088, 'DS', '3.5'),
    textElement(0x0019_0010, 'LO', 'SIEMENS MR HEADER'),
    shortElement(0x0019_100a, [SLICES]),
    textElement(0x0020_000d, 'UI', '2.25.1'),
    textElement(0x0020_000e, 'UI', '2.25.2'),
    textElement(0x0020_0011, 'IS', '7'),
    textElement(0x0020_0012, 'IS', String(time)),
    textElement(0x0020_0013, 'IS', String(time)),
    decimalElement(0x0020_0032, [-20, -15, 7]),
    decimalElement(0x0020_0037, [1, 0, 0, 0, 0.8, 0.6]),
    textElement(0x0020_0052, 'UI', '2.25.3'),
    shortElement(0x0028_0002, [1]),
    textElement(0x0028_0004, 'CS', 'MONOCHROME2'),
    shortElement(0x0028_0010, [down * ROWS]),
    shortElement(0x0028_0011, [ACROSS * COLUMNS]),
    decimalElement(0x0028_0030, [2, 1.5]),
    shortElement(0x0028_0100, [16]),
    shortElement(0x0028_0101, [16]),
    shortElement(0x0028_0102, [15]),
    shortElement(0x0028_0103, [0]),
    textElement(0x0029_0010, 'LO', 'SIEMENS CSA HEADER'),
    privateHeader({ NumberOfImagesInMosaic: [String(SLICES)], SliceNormalVector: normal, ProtocolSliceNumber: ['0'] }),
  ].filter(({ tag }) => !without.includes(tag) && !change.some((other) => other.tag === tag));
  const bytes = Buffer.from(pixelsOf(time, down).buffer);
  return Buffer.concat([dicomFileStart(MR, uid, [...elements, ...change]), pixelHead(bytes.length), bytes]);
}

const write = (...files: readonly Buffer[]): string =>
  writeFolder(root, `folder-${(folders += 1)}`, Object.fromEntries(files.map((file, n) => [`IM${n}`, file])));

/** The value of slice, row and column of the mosaic, wherever it lies in the volume. */
function at({ data, geometry }: VolumeImage, k: number, row: number, column: number): number | undefined {
  const [ni, nj] = geometry.shape;
  return data[(k * nj + (nj - 1 - row)) * ni + column];
}

async function refusal(...files: readonly Buffer[]): Promise<string> {
  const error = await readVolume(write(...files)).catch((thrown: unknown) => thrown);
  if (!isProblem(error)) throw new Error(`expected a Problem, got ${String(error)}`);
  return `${error.code}: ${error.message}`;
}

test('each slice of a mosaic lies about the middle of the whole, along the normal that the private header gives', async () => {
  for (const against of [false, true]) {
    const image = await readVolume(write(mosaic({ against })));
    expect(image.geometry.shape).toEqual([COLUMNS, ROWS, SLICES]);
    // The mosaic is 12 columns and 8 rows larger than a slice: half of that times 1.5 and 2 mm.
    const [x, y, z] = [-20 + 6 * 1.5, -15 + 4 * 2 * 0.8, 7 + 4 * 2 * 0.6];
    const sign = against ? -1 : 1;
    const last = (ROWS - 1) * 2;
    const expected = [-1.5, 0, 0, -x, 0, 1.6, sign * 2.1, -(y + 0.8 * last), 0, -1.2, sign * 2.8, z + 0.6 * last];
    image.geometry.affine.slice(0, 12).forEach((value, n) => expect(value).toBeCloseTo(expected[n] ?? NaN, 5));
    for (const [k, row, column] of [
      [0, 0, 0],
      [2, 3, 5],
      [4, 1, 2],
    ] as const) {
      expect(at(image, k, row, column)).toBe(valueOf(1, k, row, column));
    }
    expect(image.readWarnings).toEqual([]);
    // The file alone is as good as a folder of one.
    const alone = join(write(mosaic({ against })), 'IM0');
    expect((await readVolume(alone)).data).toEqual(image.data);
    expect(() => peekDicomFile(readFileSync(alone))).not.toThrow();
    expect(image.dicom?.unreferable).toMatch(/the slices of a mosaic are not images/);
  }
});

test('several mosaics are times: listed, and chosen by their number', async () => {
  const path = write(...[2, 3, 1].map((time) => mosaic({ time })));
  const listed = await readVolume(path).catch((thrown: unknown) => thrown);
  expect(isProblem(listed) ? listed.message : '').toMatch(
    /holds 3; .*1: 5 slices, acquisition 1; 2: 5 slices, acquisition 2/,
  );
  for (const volume of [1, 2, 3])
    expect(at(await readVolume(path, { volume }), 3, 1, 1)).toBe(valueOf(volume, 3, 1, 1));
  // Nothing but the object that it is in tells a slice's volume; mosaics that are alike are copies.
  const alike = [textElement(0x0020_0012, 'IS', '1'), textElement(0x0020_0013, 'IS', '1')];
  const untold = write(...[1, 2].map((time) => mosaic({ time, change: alike })));
  expect(at(await readVolume(untold, { volume: 2 }), 3, 1, 1)).toBe(valueOf(2, 3, 1, 1));
  const copies = await readVolume(write(mosaic(), mosaic({ change: [textElement(0x0008_0018, 'UI', '2.25.9')] })));
  expect(copies.readWarnings).toEqual(['5 slices of mosaics are copies of others and were left out.']);
});

test('the count of slices may stand in either private header; a mosaic of United Imaging has the place of each', async () => {
  const expected = await readVolume(write(mosaic()));
  const counted = await readVolume(write(mosaic({ without: [0x0019_100a, 0x0019_0010] })));
  expect([counted.data, counted.geometry]).toEqual([expected.data, expected.geometry]);

  const places = Array.from({ length: SLICES }, (_, k) => [
    decimalElement(0x0020_0032, [-11, -8.6 - 2.1 * k, 11.8 + 2.8 * k]),
  ]);
  const image = await readVolume(
    write(
      mosaic({
        // As many rows of slices as are needed, not a square.
        down: 2,
        without: [0x0019_100a, 0x0019_0010, 0x0020_0032, 0x0029_0010, 0x0029_1010],
        change: [
          textElement(0x0008_0008, 'CS', ['ORIGINAL', 'PRIMARY', 'M', 'VFRAME']),
          textElement(0x0065_0010, 'LO', 'Image Private Header'),
          sequence(0x0065_1051, ...places),
        ],
      }),
    ),
  );
  expect(image.data).toEqual(expected.data);
  image.geometry.affine.forEach((value, n) => expect(value).toBeCloseTo(expected.geometry.affine[n] ?? NaN, 5));
});

test('a mosaic that does not say how its slices lie is refused, and says what it lacks', async () => {
  const nothing = [0x0019_100a, 0x0029_1010];
  expect(await refusal(mosaic({ without: nothing }))).toMatch(
    /^dicom-unsupported: .*a mosaic .* does not say how many/,
  );
  expect(await refusal(mosaic({ without: [0x0029_1010] }))).toMatch(
    /in which direction they lie: expected SliceNormalVector/,
  );
  expect(await refusal(mosaic({ without: [0x0018_0088] }))).toMatch(
    /how far apart they lie: expected SpacingBetweenSlices/,
  );
  for (const [count, normal, told] of [
    ['2.5', ['0', '-0.6', '0.8'], /does not say how many/],
    ['1000000000', ['0', '-0.6', '0.8'], /do not part into 1000000000 slices/],
    [String(SLICES), ['1', '0', '0'], /in which direction they lie/],
    [String(SLICES), ['Infinity', '0', '0'], /in which direction they lie/],
  ] as const) {
    const header = privateHeader({ NumberOfImagesInMosaic: [count], SliceNormalVector: normal });
    expect(await refusal(mosaic({ without: [0x0019_100a, 0x0019_0010], change: [header] }))).toMatch(told);
  }
  // Private elements whose creator a de-identifier took away say nothing.
  expect(await refusal(mosaic({ without: [0x0029_0010] }))).toMatch(/in which direction/);
  const damaged = rawElement(0x0029_1010, 'OB', csa({ SliceNormalVector: ['0', '0', '1'] }).subarray(0, 150));
  expect(await refusal(mosaic({ change: [damaged] }))).toMatch(/in which direction/);
  const others = [shortElement(0x0019_100a, [4])];
  expect(await refusal(mosaic({ change: others }))).toMatch(/two counts of its slices, 4 and 5/);
  const odd = [shortElement(0x0019_100a, [17])];
  expect(await refusal(mosaic({ change: odd, without: [0x0029_0010] }))).toMatch(
    /18×12 pixels do not part into 17 slices/,
  );
  expect(await refusal(mosaic().subarray(0, -40))).toMatch(/^dicom-(truncated|invalid)/);
});

describeWithDicomTools('mosaics beside dcm2niix', () => {
  test('have its affine and voxels, along the normal and against it', async () => {
    const cases = [];
    for (const against of [false, true]) {
      const series = write(mosaic({ against }));
      const { data, geometry, header } = await readVolume(series);
      const ours = join(root, `mosaic-${against}.nii`);
      await writeNifti(ours, { geometry, space: header.space, datatype: 'uint16' }, data);
      cases.push({ series, ours });
    }
    const found = runScript('compare_dcm2niix.py', { work: join(root, 'theirs'), cases });
    const same = { sameShape: true, voxels: 0, affine: expect.closeTo(0, 4) };
    expect(found).toMatchObject([same, same]);
  });
});
