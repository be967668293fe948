import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { describeWithDicomTools, identifiers, runScript, writeSeries } from '../../test/support/dicom.js';
import { PYTHON } from '../../test/support/python.js';
import { runCli } from './support/cli.js';

/** What `check_exchange.py` prints. */
const Exchange = z.object({
  seg: z.looseObject({ offGrid: z.number() }),
  rtstruct: z.object({ problems: z.array(z.string()), rois: z.array(z.object({ dice: z.number() })) }).nullable(),
});

describeWithDicomTools('segment with DICOM', () => {
  let folder: ScratchFolder;
  beforeAll(async () => {
    folder = await scratchFolder('cli-dicom');
    writeSeries(folder.path, [
      { folder: 'series', plane: 'axial', modality: 'CT', kind: 'uint12', slices: 8 },
      { folder: 'study/a', plane: 'axial' },
      { folder: 'study/b', plane: 'coronal', number: 2 },
      { folder: 'tilted', plane: 'axial', modality: 'CT', kind: 'uint12', slices: 8, tilt: 12 },
      { folder: 'frames', plane: 'axial', modality: 'CT', kind: 'uint12', slices: 6, echoes: 2, enhanced: true },
    ]);
    execFileSync(PYTHON, ['-m', 'zipfile', '-c', 'series.zip', 'series'], { cwd: folder.path });
  });
  afterAll(async () => {
    await folder.remove();
    await assertNothingLeaks();
  });

  const segment = (input: string, ...args: string[]): ReturnType<typeof runCli> =>
    runCli(['segment', input, '--prompt', 'bone', '--prompt', 'fat', '--no-preview', ...args], { cwd: folder.path });

  test('a folder and a zip file of it give the same, with a DICOM segmentation and a .seg.nrrd on request', async () => {
    const out = join(folder.path, 'found');
    const run = await segment(
      'series',
      '--pack',
      'ct-tissue',
      '--dicom-seg',
      '--seg-nrrd',
      '--volume',
      '--out',
      'found',
      '--json',
    );
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toMatchObject({
      warnings: [],
      outputOptions: { dicomSeg: true, segNrrd: true, volume: true },
    });
    for (const identifier of identifiers) expect(run.stdout).not.toContain(identifier);
    const read = runScript('check_exchange.py', {
      seg: join(out, 'segmentation.dcm'),
      nrrd: join(out, 'labels.seg.nrrd'),
      labels: join(out, 'labels.nii.gz'),
      source: join(folder.path, 'series'),
    });
    expect(read).toMatchObject({
      seg: { problems: [], segments: [{ equalsLabel: 1 }, { equalsLabel: 2 }] },
      nrrd: { sameVoxels: true },
    });

    const cases = [{ series: join(folder.path, 'series'), ours: join(out, 'volume.nii.gz') }];
    const [same] = z
      .tuple([z.object({ sameShape: z.boolean(), affine: z.number(), voxels: z.number() })])
      .parse(runScript('compare_dcm2niix.py', { work: join(folder.path, 'theirs'), cases }));
    expect(same).toMatchObject({ sameShape: true, voxels: 0 });
    expect(same.affine).toBeLessThan(1e-4);

    expect((await segment('series.zip', '--out', 'zipped')).code).toBe(0);
    const [plain, zipped] = await Promise.all(
      ['found', 'zipped'].map((name) => readFile(join(folder.path, name, 'labels.nii.gz'))),
    );
    expect(zipped).toEqual(plain);
    const written = await readdir(join(folder.path, 'zipped'));
    for (const name of ['segmentation.dcm', 'volume.nii.gz']) expect(written).not.toContain(name);
  });

  test('a study of two series is refused, with what it holds', async () => {
    const run = await segment('study', '--out', 'none');
    expect(run.code).toBe(4);
    expect(run.stderr).toContain('dicom-several-series');
    expect(run.stderr).toMatch(/series 1: 6 of MR, 91×109; series 2: 6 of MR, 91×91/);
  });

  test.each([
    ['a tilted series', 'tilted', ['--tilt', 'correct'], 0.5],
    ['a volume of a multi-frame object', 'frames', ['--volume', '2'], 1e-6],
  ])('%s comes back as segments of its own images', async (_, series, options, offGrid) => {
    const out = `${series}-out`;
    const outputs = ['--dicom-seg', ...(series === 'tilted' ? ['--rtstruct'] : [])];
    const run = await segment(series, ...options, ...outputs, '--pack', 'ct-tissue', '--out', out);
    expect(run.code).toBe(0);
    const path = (name: string): string => join(folder.path, out, name);
    const read = Exchange.parse(
      runScript('check_exchange.py', {
        seg: path('segmentation.dcm'),
        ...(series === 'tilted' ? { rtstruct: path('rtstruct.dcm') } : {}),
        labels: path('labels.nii.gz'),
        source: join(folder.path, series),
      }),
    );
    // By pydicom and dciodvfy: each frame lies on the image, or the frame of it, that it refers to.
    expect(read.seg).toMatchObject({ problems: [], segments: [{ equalsLabel: 1 }, { equalsLabel: 2 }] });
    expect(read.seg.offGrid).toBeLessThanOrEqual(offGrid);
    expect(read.rtstruct?.problems ?? []).toEqual([]);
    for (const { dice } of read.rtstruct?.rois ?? []) expect(dice).toBeGreaterThan(0.98);
  });

  test('a number that is no volume of the series is refused, with what there is', async () => {
    const refused = async (series: string, ...options: string[]): Promise<string> => {
      const run = await segment(series, ...options, '--pack', 'ct-tissue', '--out', 'refused');
      expect(run.code).not.toBe(0);
      return run.stderr;
    };
    expect(await refused('frames', '--volume', '3')).toMatch(/expected a volume from 1 to 2, got 3 \(1: 6 slices/);
    expect(await refused('series', '--volume', '2')).toMatch(/expected a volume from 1 to 1, got 2/);
    expect(await refused('frames')).toMatch(/the series holds 2; choose one by its number/);
    for (const wrong of [['0'], ['-1']]) {
      expect(await refused('frames', '--volume', ...wrong)).toMatch(/--volume-number: (expected a whole|at )/);
    }
    for (const wrong of ['a']) {
      expect(await refused('frames', `--volume=${wrong}`)).toMatch(/--volume-number: expected a whole number/);
    }
    expect(await refused('frames', '--volume', '2', '--tilt', 'yes')).toMatch(/--tilt/);
  });
});
