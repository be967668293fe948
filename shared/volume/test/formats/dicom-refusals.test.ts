import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { zipSync } from 'fflate';
import { beforeAll, expect, test } from 'vitest';
import { readVolume } from '../../src/formats/index.js';
import { isProblem, type Problem } from '@parse3d/contract/problems';
import { describeWithDicomTools, identifiers, writeSeries } from '../../../../test/support/dicom.js';
import { temporaryFolder } from './temporary.js';

describeWithDicomTools('DICOM that is refused', () => {
  const root = temporaryFolder();
  beforeAll(() =>
    writeSeries(root, [
      { folder: 'good', plane: 'axial' },
      { folder: 'rle', plane: 'axial', compress: 'rle' },
      { folder: 'lossless', plane: 'axial', compress: 'jpeg-lossless' },
      { folder: 'missing', plane: 'axial', slices: 12, drop: [5] },
      { folder: 'missing-near-end', plane: 'axial', slices: 12, drop: [1] },

      { folder: 'echoes', plane: 'axial', echoes: 2 },
      { folder: 'tilted', plane: 'axial', tilt: 12 },
      { folder: 'two/a', plane: 'axial', number: 3 },
      { folder: 'two/b', plane: 'coronal', number: 4, modality: 'CT' },
    ]),
  );

  const problemOf = async (name: string, limits = {}): Promise<Problem> => {
    const error = await readVolume(join(root, name), limits).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!isProblem(error)) throw new Error(`expected a Problem of ${name}, got ${String(error)}`);
    const told = JSON.stringify(error);
    for (const identifier of identifiers) expect(told).not.toContain(identifier);
    expect(error.retry).toBe('never');
    return error;
  };

  test('a missing slice is told with its gap', async () => {
    for (const name of ['missing', 'missing-near-end']) {
      const problem = await problemOf(name);
      expect(problem.code).toBe('dicom-slices-missing');
      expect(problem.fields).toEqual({ missing: 1, spacingMm: 3, largestGapMm: 6 });
    }
  });

  test('two series are told by number, modality and size, and nothing else', async () => {
    const problem = await problemOf('two');
    expect(problem.code).toBe('dicom-several-series');
    expect(problem.fields).toEqual({
      series: [
        { series: 3, modality: 'MR', images: 6, size: '91×109' },
        { series: 4, modality: 'CT', images: 6, size: '91×91' },
      ],
    });
    // Also when the images of one say not enough to be read at all.
    const folder = join(root, 'two', 'b');
    for (const name of await readdir(folder)) {
      const bytes = await readFile(join(folder, name));
      const spacing = bytes.indexOf('2.5\\2');
      expect(spacing).toBeGreaterThan(0);
      await writeFile(join(folder, name), Buffer.from(bytes.fill('?', spacing, spacing + 5)));
    }
    expect((await problemOf('two/b')).code).toBe('dicom-unsupported');
    expect((await problemOf('two')).fields).toEqual(problem.fields);
  });

  test('several volumes at one place, and a tilted gantry, are refused', async () => {
    expect((await problemOf('echoes')).code).toBe('volume-not-3d');
    const tilted = await problemOf('tilted');
    expect([tilted.code, tilted.fields]).toEqual(['dicom-geometry', { tiltDegrees: 12 }]);
  });

  test('slices of two directions in one series are refused', async () => {
    const folder = join(root, 'mixed');
    await cp(join(root, 'good'), folder, { recursive: true });
    const [name = ''] = await readdir(folder);
    const bytes = await readFile(join(folder, name));
    const [one, minus, none] = ['1.000000000000', '-1.00000000000', '0.000000000000'];
    const at = bytes.indexOf([one, none, none, none, one, none].join('\\'));
    expect(at).toBeGreaterThan(0);
    bytes.write([none, one, none, minus, none, none].join('\\'), at);
    await writeFile(join(folder, name), bytes);
    const problem = await problemOf('mixed');
    expect(problem.code).toBe('dicom-geometry');
    expect(problem.fields).toMatchObject({ differ: 'orientation', volumes: [{ slices: 1 }, { slices: 5 }] });
  });

  test('a file that ends in its pixels is truncated, one that ends in its header is invalid', async () => {
    const folder = join(root, 'short');
    await cp(join(root, 'good'), folder, { recursive: true });
    const [name = ''] = await readdir(folder);
    const bytes = await readFile(join(folder, name));
    for (const [length, code] of [
      [bytes.length - 100, /^dicom-(truncated|invalid)$/],
      [400, /^dicom-(invalid|unsupported|no-images)$/],
    ] as const) {
      await writeFile(join(folder, name), bytes.subarray(0, length));
      expect((await problemOf('short')).code).toMatch(code);
    }
  });

  test('a lone image, and a folder without DICOM, are told apart', async () => {
    const [name = ''] = await readdir(join(root, 'good'));
    expect((await problemOf(`good/${name}`)).code).toBe('volume-not-3d');
    await mkdir(join(root, 'empty'));
    await writeFile(join(root, 'empty', 'notes.txt'), 'nothing');
    expect((await problemOf('empty')).code).toBe('dicom-no-images');
  });

  test('more than a worker takes is refused before voxels are allocated', async () => {
    expect((await problemOf('good', { maxVoxels: 1000 })).code).toBe('volume-too-large');
    expect((await problemOf('good', { maxBytes: 1000 })).code).toBe('archive-too-large');
  });

  test('zip files that lie about sizes, hold thousands of entries or end early are refused', async () => {
    const image = await readFile(join(root, 'good', (await readdir(join(root, 'good')))[0] ?? ''));
    const bomb = zipSync({ 'a.dcm': new Uint8Array(2 ** 24) }, { level: 9 });
    // The directory is made to declare a size that deflate cannot reach.
    const lying = Buffer.from(bomb);
    const directory = lying.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    lying.writeUInt32LE(0xf000_0000, directory + 24);
    const many = Object.fromEntries(Array.from({ length: 20_001 }, (_, n) => [`${n}`, new Uint8Array(0)]));
    const wrong = Buffer.from(zipSync({ 'a.dcm': image, 'b.dcm': image }, { level: 0 }));
    wrong.writeUInt8((wrong.readUInt8(20_000) + 1) % 256, 20_000);
    for (const [name, bytes, code] of [
      ['bomb.zip', bomb, 'dicom-no-images'],
      ['lying.zip', lying, 'archive-too-large'],
      ['many.zip', zipSync(many, { level: 0 }), 'archive-too-large'],
      ['half.zip', bomb.subarray(0, bomb.length / 2), 'archive-invalid'],
      ['wrong.zip', wrong, 'archive-invalid'],
    ] as const) {
      await writeFile(join(root, name), bytes);
      expect({ name, code: (await problemOf(name)).code }).toEqual({ name, code });
    }
    await writeFile(join(root, 'total.zip'), bomb);
    expect((await problemOf('total.zip', { maxBytes: 2 ** 20 })).code).toBe('archive-too-large');
  });

  test('damage anywhere gives a Problem or a volume, never another error, and leaves the codecs usable', async () => {
    let refused = 0;
    for (const series of ['good', 'rle', 'lossless']) {
      const names = (await readdir(join(root, series))).toSorted();
      const originals = await Promise.all(names.map((name) => readFile(join(root, series, name))));
      for (let seed = 1; seed <= 40; seed += 1) {
        const folder = join(root, `damaged-${series}-${seed}`);
        await mkdir(folder);
        const target = seed % names.length;
        for (const [n, name] of names.entries()) {
          const bytes = Buffer.from(originals[n] ?? Buffer.alloc(0));
          if (n === target) damage(bytes, crc32(`${series} ${seed}`), seed % 2 === 0 ? 1500 : bytes.length);
          await writeFile(join(folder, name), bytes);
        }
        const error = await readVolume(folder, { maxVoxels: 1e7 }).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error !== undefined) {
          refused += 1;
          expect(isProblem(error) ? error.code : error).toMatch(/^(dicom-|volume-)/);
        }
      }
      await readVolume(join(root, series));
    }
    expect(refused).toBeGreaterThan(20);
  });
});

/** Overwrites some bytes after the magic, chosen by a seed. */
function damage(bytes: Buffer, seed: number, within: number): void {
  let state = seed >>> 0;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let n = 0; n < 12; n += 1) bytes[132 + next(Math.min(within, bytes.length) - 132)] = next(256);
}
