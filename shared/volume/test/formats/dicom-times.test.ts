import { describe, expect, test } from 'vitest';
import { isProblem } from '@parse3d/contract/problems';
import { readVolume, type DicomOptions } from '../../src/formats/index.js';
import { pixelsOf, slice, writeFolder, type Change } from './dicom-files.js';
import { temporaryFolder } from './temporary.js';

const root = temporaryFolder();
const [PLACES, TIMES] = [5, 3];
let folders = 0;

/** Image of a place at a time with pixels that are the same at all times, as phantoms and replayed scans have them. */
interface Moment {
  readonly k: number;
  readonly time: number;
}
const all: readonly Moment[] = Array.from({ length: PLACES * TIMES }, (_, n) => ({
  k: n % PLACES,
  time: Math.floor(n / PLACES),
}));

type Mark = (moment: Moment) => readonly Change[];
const number: Mark = ({ k, time }) => [[0x0020_0013, 'IS', String(time * PLACES + k + 1)]];

function write(moments: readonly Moment[], mark: Mark, pixels = ({ k }: Moment) => pixelsOf(k)): string {
  const files = moments.map((moment, n) => {
    const uid: Change = [0x0008_0018, 'UI', `2.25.${n + 1}`];
    return [`IM${String(n).padStart(3, '0')}`, slice(moment.k, [uid, ...mark(moment)], pixels(moment))] as const;
  });
  return writeFolder(root, `folder-${(folders += 1)}`, Object.fromEntries(files));
}

async function outcome(path: string, options: DicomOptions = {}): Promise<string> {
  try {
    const { geometry, readWarnings } = await readVolume(path, options);
    return [`${geometry.shape[2]} slices`, ...(readWarnings ?? [])].join(' | ');
  } catch (error) {
    if (!isProblem(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

describe('a time series whose images are equal is never cut to one volume', () => {
  const clock: Mark = ({ k, time }) => [
    [0x0008_0032, 'TM', `1200${10 + 2 * time}.${k}`],
    [0x0020_0013, 'IS', undefined],
  ];
  const acquisition: Mark = ({ k, time }) => [
    [0x0020_0012, 'IS', String(time + 1)],
    [0x0020_0013, 'IS', String(k + 1)],
  ];
  const gradient: Mark = (moment) => [
    ...number(moment),
    [0x0019_0010, 'LO', 'GEMS_ACQU_01'],
    ...[0xbb, 0xbc, 0xbd].map((tag): Change => [0x0019_1000 + tag, 'DS', String((moment.time + tag) % 3)]),
  ];
  test.each([
    ['numbers of the images', number, /3; choose one/],
    ['times of acquisition alone', clock, /3; choose one/],
    ['numbers of the acquisition', acquisition, /1: 5 slices, acquisition 1; 2: 5 slices, acquisition 2/],
    ['gradients in private elements', gradient, /1: 5 slices, gradient 1 2 0/],
  ])('%s tell its volumes apart, and one is chosen', async (_, mark, told) => {
    const path = write(all, mark);
    expect(await outcome(path)).toMatch(/^volume-not-3d: expected one volume, the series holds 3; /);
    expect(await outcome(path)).toMatch(told);
    for (const volume of [1, 2, 3]) {
      expect(await outcome(path, { volume })).toMatch(new RegExp(`^5 slices \\| This is volume ${volume} of the 3 `));
    }
    expect(await outcome(path, { volume: 4 })).toMatch(/expected a volume from 1 to 3, got 4/);
  });

  test('no time of a day is told', async () => {
    expect(await outcome(write(all, clock))).not.toContain('1200');
  });

  test('with an image missing it is refused', async () => {
    for (const gone of [0, 7, 14]) {
      const path = write(
        all.filter((_, n) => n !== gone),
        number,
      );
      expect(await outcome(path)).toMatch(/^volume-not-3d: expected one image at each place, at 5 of 5 places/);
      const told = write(
        all.filter((_, n) => n !== gone),
        acquisition,
      );
      expect(await outcome(told)).toMatch(/missing 1/);
    }
  });

  test('images that are equal by chance at some places stay in their volumes', async () => {
    const ends = write(all, number, ({ k, time }) => pixelsOf(k === 0 || k === PLACES - 1 ? k : k + 10 * time));
    expect(await outcome(ends)).toMatch(/the series holds 3; /);
    expect(await outcome(ends, { volume: 3 })).toMatch(/^5 slices \| This is volume 3 of the 3 /);
  });
});

describe('copies are still known as copies', () => {
  test('under other identifiers, with the same number, all of them or some', async () => {
    const same: Mark = ({ k }) => [[0x0020_0013, 'IS', String(k + 1)]];
    expect(await outcome(write(all, same))).toBe('5 slices | 10 DICOM files are copies of others and were left out.');
    expect(await outcome(write(all.slice(0, 7), same))).toBe(
      '5 slices | 2 DICOM files are copies of others and were left out.',
    );
  });

  test('under other numbers too, where a few places have some', async () => {
    expect(await outcome(write(all.slice(0, 7), number))).toBe(
      '5 slices | 2 DICOM files are copies of others and were left out.',
    );
    // Of most places, and they are a volume that lacks images.
    expect(await outcome(write(all.slice(0, 9), number))).toMatch(/^volume-not-3d: .* at 4 of 5 places/);
  });

  test('of a whole time series', async () => {
    const twice = write([...all, ...all], number, ({ k, time }) => pixelsOf(k + 10 * time));
    expect(await outcome(twice)).toMatch(/the series holds 3; /);
    expect(await outcome(twice, { volume: 2 })).toMatch(/15 DICOM files are copies/);
  });
});
