import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { describeWithDicomTools, identifiers, runScript, writeSeries } from '../../test/support/dicom.js';
import { PYTHON } from '../../test/support/python.js';
import { runCli } from './support/cli.js';

describeWithDicomTools('segment with DICOM', () => {
  let folder: ScratchFolder;
  beforeAll(async () => {
    folder = await scratchFolder('cli-dicom');
    writeSeries(folder.path, [
      { folder: 'series', plane: 'axial', modality: 'CT', kind: 'uint12', slices: 8 },
      { folder: 'study/a', plane: 'axial' },
      { folder: 'study/b', plane: 'coronal', number: 2 },
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
});
