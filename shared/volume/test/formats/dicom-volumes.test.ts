import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isProblem } from '@parse3d/contract/problems';
import {
  decimalElement,
  dicomFileStart,
  longElement,
  pixelHead,
  rawElement,
  readVolume,
  sequence,
  shortElement,
  tagElement,
  textElement,
  writeNifti,
  type DicomElement,
  type DicomOptions,
  type VolumeImage,
} from '../../src/formats/index.js';
import { describeWithDicomTools, runScript } from '../../../../test/support/dicom.js';
import { pixelsOf, seriesFiles, slice, writeFolder, type Change } from './dicom-files.js';
import { temporaryFolder } from './temporary.js';

const root = temporaryFolder();
let folders = 0;
const write = (files: Readonly<Record<string, Uint8Array>>): string =>
  writeFolder(root, `folder-${(folders += 1)}`, files);

async function refusal(
  path: string,
  options: DicomOptions = {},
): Promise<{ code: string; message: string; fields: unknown }> {
  const error = await readVolume(path, options).catch((thrown: unknown) => thrown);
  if (!isProblem(error)) throw new Error(`expected a Problem, got ${String(error)}`);
  return { code: error.code, message: error.message, fields: error.fields };
}

const ENHANCED_MR = '1.2.840.10008.5.1.4.1.1.4.1';
const double = (tag: number, value: number): DicomElement => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return rawElement(tag, 'FD', bytes);
};

/** A frame of an enhanced MR object: where it lies, its echo, its slope, its pixels. */
interface FrameSpec {
  readonly k: number;
  readonly echo: number;
  readonly slope?: number;
  readonly pixels?: Uint16Array;
}

/** An enhanced MR object of 5×4 pixels a frame, 3 mm apart, in the order given; `more` adds or replaces elements. */
function enhanced(frames: readonly FrameSpec[], more: readonly DicomElement[] = [], uid = '2.25.900'): Buffer {
  const elements = [
    textElement(0x0008_0008, 'CS', ['ORIGINAL', 'PRIMARY', 'M', 'NONE']),
    textElement(0x0008_0016, 'UI', ENHANCED_MR),
    textElement(0x0008_0018, 'UI', uid),
    textElement(0x0008_0060, 'CS', 'MR'),
    textElement(0x0008_0070, 'LO', 'SIEMENS'),
    textElement(0x0020_000d, 'UI', '2.25.1'),
    textElement(0x0020_000e, 'UI', '2.25.2'),
    textElement(0x0020_0011, 'IS', '7'),
    textElement(0x0020_0013, 'IS', '1'),
    textElement(0x0020_0052, 'UI', '2.25.3'),
    sequence(0x0020_9222, [tagElement(0x0020_9165, 0x0020_9057)], [tagElement(0x0020_9165, 0x0018_9082)]),
    shortElement(0x0028_0002, [1]),
    textElement(0x0028_0004, 'CS', 'MONOCHROME2'),
    textElement(0x0028_0008, 'IS', String(frames.length)),
    shortElement(0x0028_0010, [4]),
    shortElement(0x0028_0011, [5]),
    shortElement(0x0028_0100, [16]),
    shortElement(0x0028_0101, [16]),
    shortElement(0x0028_0102, [15]),
    shortElement(0x0028_0103, [0]),
    sequence(0x5200_9229, [
      sequence(0x0028_9110, [
        decimalElement(0x0018_0050, [3]),
        decimalElement(0x0018_0088, [3]),
        decimalElement(0x0028_0030, [2, 1.5]),
      ]),
      sequence(0x0020_9116, [decimalElement(0x0020_0037, [1, 0, 0, 0, 0.8, 0.6])]),
    ]),
    sequence(
      0x5200_9230,
      ...frames.map(({ k, echo, slope = 1 }) => [
        sequence(0x0018_9114, [double(0x0018_9082, echo * 5)]),
        sequence(0x0020_9111, [longElement(0x0020_9157, [k + 1, echo]), textElement(0x0020_9056, 'SH', '1')]),
        // Along the normal of the orientation above.
        sequence(0x0020_9113, [decimalElement(0x0020_0032, [-20, -15 - 0.6 * 3 * k, 7 + 0.8 * 3 * k])]),
        sequence(0x0028_9145, [decimalElement(0x0028_1052, [0]), decimalElement(0x0028_1053, [slope])]),
      ]),
    ),
  ].filter(({ tag }) => !more.some((other) => other.tag === tag));
  const pixels = frames.map(({ k, echo, pixels: own }) => own ?? pixelsOf(k + 10 * echo));
  const bytes = Buffer.concat(pixels.map(({ buffer }) => Buffer.from(buffer)));
  return Buffer.concat([dicomFileStart(ENHANCED_MR, uid, [...elements, ...more]), pixelHead(bytes.length), bytes]);
}

/** Two echoes of four slices, neither in the order of places nor volume by volume. */
const SHUFFLED = [2, 0, 3, 1].flatMap((k) => [1, 2].map((echo): FrameSpec => ({ k, echo })));
const firstVoxels = ({ data, geometry }: VolumeImage): number[] =>
  Array.from({ length: geometry.shape[2] }, (_, k) => data[k * 20 + 15] ?? Number.NaN);

describe('multi-frame objects', () => {
  test('several volumes are listed, and one is chosen by its number, frame by frame at its place', async () => {
    const path = write({ 'a.dcm': enhanced(SHUFFLED) });
    const listed = await refusal(path);
    expect(listed.code).toBe('volume-not-3d');
    expect(listed.message).toMatch(/holds 2; choose one .*--volume 1 \(1: 4 slices, echo time \(ms\) 5; 2: /);
    expect(listed.fields).toMatchObject({ count: 2, volumes: [{ volume: 1, slices: 4 }, { 'echo time (ms)': '10' }] });
    for (const volume of [1, 2]) {
      const image = await readVolume(path, { volume });
      expect(firstVoxels(image)).toEqual([0, 1, 2, 3].map((k) => 100 * (k + 10 * volume)));
      expect(image.readWarnings?.[0]).toMatch(
        new RegExp(`volume ${volume} of the 2 .*echo time \\(ms\\) ${volume * 5}`),
      );
      // Frames are told one by one to whoever refers to them.
      expect(image.dicom?.slices.map(({ frameNumber }) => frameNumber)).toEqual(
        [2, 4, 1, 3].map((n) => 2 * n - 2 + volume),
      );
      expect(image.dicom?.unreferable).toBeUndefined();
    }
    expect(await refusal(path, { volume: 3 })).toMatchObject({ code: 'volume-not-3d', fields: { count: 2 } });
    // The object alone is as good as a folder of one.
    expect((await readVolume(join(path, 'a.dcm'), { volume: 2 })).data).toEqual(
      (await readVolume(path, { volume: 2 })).data,
    );
  });

  test('slopes of frames are applied frame by frame', async () => {
    const frames = [0, 1, 2].map((k): FrameSpec => ({ k, echo: 1, slope: 0.5 * (k + 1) }));
    const image = await readVolume(write({ 'a.dcm': enhanced(frames) }));
    expect(firstVoxels(image)).toEqual([500, 1100, 1800]);
  });

  test('an object that says more frames than it describes or holds is refused, and a part of a concatenation too', async () => {
    const whole = enhanced(SHUFFLED);
    const count = textElement(0x0028_0008, 'IS', '9');
    expect((await refusal(write({ a: enhanced(SHUFFLED, [count]) }))).code).toBe('dicom-invalid');
    expect((await refusal(write({ a: whole.subarray(0, whole.length - 40) }), { volume: 1 })).code).toMatch(
      /^dicom-(truncated|invalid)$/,
    );
    const part = (n: number): DicomElement[] => [
      textElement(0x0020_9161, 'UI', '2.25.77'),
      shortElement(0x0020_9162, [n]),
      shortElement(0x0020_9163, [2]),
    ];
    const parts = [0, 1].map((n) =>
      enhanced(
        [0, 1].map((k): FrameSpec => ({ k: 2 * n + k, echo: 1 })),
        part(n + 1),
        `2.25.90${n}`,
      ),
    );
    const [a = whole, b = whole] = parts;
    expect((await readVolume(write({ a, b }))).geometry.shape).toEqual([5, 4, 4]);
    expect((await refusal(write({ a }))).code).toBe('dicom-slices-missing');
    expect((await refusal(write({ b }))).code).toBe('dicom-slices-missing');
  });

  test('frames without places (a cine loop) are refused with the reason', async () => {
    const cine = slice(0, [[0x0028_0008, 'IS', '2']], new Uint16Array(40));
    expect(await refusal(write({ cine }))).toMatchObject({ code: 'dicom-unsupported', fields: { frames: 2 } });
  });

  test('frames of one stack with a distance (secondary capture, reconstructed SPECT) lie one behind the other', async () => {
    const stack = slice(
      0,
      [
        [0x0028_0008, 'IS', '3'],
        [0x0018_0088, 'DS', '4'],
      ],
      Uint16Array.from({ length: 60 }, (_, n) => n),
    );
    const { geometry, data } = await readVolume(write({ stack }));
    expect([geometry.shape, geometry.spacingMm[2]]).toEqual([[5, 4, 3], 4]);
    expect([data[15], data[35], data[55]]).toEqual([0, 20, 40]);
  });
});

describe('ordinary series of several volumes', () => {
  /** Echo n of place k, numbered as a scanner does. */
  const echo = (k: number, n: number, more: readonly Change[] = []): Buffer =>
    slice(
      k,
      [
        [0x0018_0086, 'IS', String(n)],
        [0x0020_0013, 'IS', String(n * 100 + k)],
        [0x0008_0018, 'UI', `2.25.${n}00${k}`],
        ...more,
      ],
      pixelsOf(k + 10 * n),
    );
  const echoes = (count: number): Record<string, Buffer> =>
    Object.fromEntries([1, 2].flatMap((n) => Array.from({ length: count }, (_, k) => [`IM${n}${k}`, echo(k, n)])));

  test('are listed and chosen like those of an object; what nothing tells apart goes by the images’ numbers', async () => {
    const path = write(echoes(5));
    expect((await refusal(path)).message).toMatch(/1: 5 slices, echo number 1; 2: 5 slices, echo number 2/);
    expect(firstVoxels(await readVolume(path, { volume: 2 }))).toEqual([0, 1, 2, 3, 4].map((k) => 100 * (k + 20)));
    const plain = Object.fromEntries(
      Object.entries(echoes(5)).map(([name, _], at) => [
        name,
        echo(at % 5, at < 5 ? 1 : 2, [[0x0018_0086, 'IS', '1']]),
      ]),
    );
    expect(firstVoxels(await readVolume(write(plain), { volume: 2 }))).toEqual(
      [0, 1, 2, 3, 4].map((k) => 100 * (k + 20)),
    );
  });

  test('a volume that lacks an image which the others have is never chosen, wherever it is missing', async () => {
    for (const k of [0, 2, 4]) {
      const { [`IM2${k}`]: _, ...rest } = echoes(5);
      const path = write(rest);
      expect((await refusal(path)).fields).toMatchObject({ volumes: [{ slices: 5 }, { slices: 4, missing: 1 }] });
      expect((await refusal(path, { volume: 2 })).code).toBe('dicom-slices-missing');
      expect((await readVolume(path, { volume: 1 })).geometry.shape).toEqual([5, 4, 5]);
    }
  });
});

describe('images that are taken onto another grid on request', () => {
  const at = (k: number, position: readonly number[], thickness = 3): Buffer =>
    slice(k, [
      [0x0020_0032, 'DS', position.join('\\')],
      [0x0018_0050, 'DS', String(thickness)],
    ]);
  const tilted = (): string => write(seriesFiles(4, (k) => at(k, [-20, -15 + k, k * 3])));

  test('a tilted gantry: upright for the model, and masks come back onto the images', async () => {
    expect((await refusal(tilted())).message).toMatch(/tilted gantry.*--tilt correct/);
    const image = await readVolume(tilted(), { tilt: 'correct' });
    // Half a pixel more a slice: one and a half in all, so two rows more.
    expect(image.geometry.shape).toEqual([5, 6, 4]);
    const upright = [-2, 0, 0, 20, 0, 2, 0, 5, 0, 0, 3, 0];
    image.geometry.affine.slice(0, 12).forEach((value, index) => expect(value).toBeCloseTo(upright[index] ?? NaN, 6));
    expect(image.readWarnings?.join(' ')).toMatch(/upright grid/);
    // Slice 2 is shifted by a whole pixel: its rows are the image's own.
    const rows = Array.from({ length: 6 }, (_, j) => image.data[(2 * 6 + j) * 5]);
    expect(rows.slice(1, 5)).toEqual([215, 210, 205, 200]);
    const mask = Uint8Array.from(image.data, (value) => Number(value >= 200 && value < 300));
    const back = image.dicom?.images?.onto(mask) ?? new Uint8Array(0);
    expect(image.dicom?.images?.shape).toEqual([5, 4, 4]);
    expect(back.slice(40, 60)).toEqual(new Uint8Array(20).fill(1));
    expect(back.slice(0, 20)).toEqual(new Uint8Array(20));
  });

  test('unequal distances: resampled up to the stated share, refused above, and never across a missing slice', async () => {
    const uneven = write(seriesFiles(5, (k) => at(k, [-20, -15, [0, 3, 6.8, 9.4, 12][k] ?? 0])));
    expect((await refusal(uneven)).message).toMatch(/--spacing resample/);
    const image = await readVolume(uneven, { spacing: 'resample' });
    expect(image.geometry.shape[2] * image.geometry.spacingMm[2]).toBeCloseTo(12 + image.geometry.spacingMm[2], 6);
    expect(image.readWarnings?.join(' ')).toMatch(/from 2.6 to 3.8 mm apart.*resampled/);
    expect(firstVoxels(image)[0]).toBe(0);
    expect(firstVoxels(image).at(-1)).toBe(400);
    const far = write(seriesFiles(5, (k) => at(k, [-20, -15, [0, 3, 6, 10.6, 13.6][k] ?? 0])));
    expect(await refusal(far, { spacing: 'resample' })).toMatchObject({
      code: 'dicom-geometry',
      fields: { mostShare: 0.5 },
    });
    const missing = write(seriesFiles(5, (k) => at(k, [-20, -15, [0, 3, 6, 12, 15][k] ?? 0])));
    expect((await refusal(missing, { spacing: 'resample' })).code).toBe('dicom-slices-missing');
    // Thicker images may lie further apart: a head with thin slices at its base.
    const head = write(seriesFiles(6, (k) => at(k, [-20, -15, [0, 3, 6, 9, 15, 21][k] ?? 0], k < 4 ? 3 : 6)));
    expect((await readVolume(head, { spacing: 'resample' })).geometry.shape[2]).toBe(8);
  });
});

describe('a partial series is never a success', () => {
  const withCounts: Change[] = [[0x0020_1002, 'IS', '6']];
  const harm: Readonly<Record<string, (path: string) => void>> = {
    removed: (path) => rmSync(path),
    'a link to nothing': (path) => {
      rmSync(path);
      symlinkSync(`${path}-gone`, path);
    },
    empty: (path) => writeFileSync(path, ''),
    'cut off': (path) => writeFileSync(path, slice(2).subarray(0, -10)),
    'other bytes': (path) => writeFileSync(path, 'x'.repeat(900)),
    'a folder': (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  };
  test.each(Object.entries(harm))('one image %s, at an end or inside', async (_, spoil) => {
    for (const k of [0, 2, 5]) {
      const path = write(seriesFiles(6, (at) => slice(at, withCounts)));
      spoil(join(path, `IM000${k}`));
      expect((await refusal(path)).code, `image ${k}`).toMatch(
        /^dicom-(slices-missing|invalid|truncated|unsupported)$/,
      );
    }
  });

  test('renamed, hidden, linked within or put into a folder an image is still read', async () => {
    const whole = await readVolume(write(seriesFiles(6)));
    const moves: ((path: string) => void)[] = [
      (path) => renameSync(join(path, 'IM0002'), join(path, 'notes.txt')),
      (path) => renameSync(join(path, 'IM0002'), join(path, '.hidden')),
      (path) => {
        mkdirSync(join(path, 'deep'));
        renameSync(join(path, 'IM0002'), join(path, 'deep', 'x'));
      },
      (path) => {
        renameSync(join(path, 'IM0002'), join(root, `outside-${folders}`));
        symlinkSync(join(root, `outside-${folders}`), join(path, 'IM0002'));
      },
    ];
    for (const move of moves) {
      const path = write(seriesFiles(6));
      move(path);
      expect((await readVolume(path)).data).toEqual(whole.data);
    }
  });
});

describeWithDicomTools('beside dcm2niix', () => {
  test('an enhanced object has its affine and voxels', async () => {
    const frames = [2, 0, 3, 1].map((k): FrameSpec => ({ k, echo: 1 }));
    const series = write({ 'a.dcm': enhanced(frames) });
    const { data, geometry, header } = await readVolume(series);
    const ours = join(root, 'enhanced.nii');
    await writeNifti(ours, { geometry, space: header.space, datatype: 'uint16' }, data);
    const found = runScript('compare_dcm2niix.py', { work: join(root, 'theirs'), cases: [{ series, ours }] });
    expect(found).toMatchObject([{ sameShape: true, voxels: 0, affine: expect.closeTo(0, 4) }]);
  });
});
