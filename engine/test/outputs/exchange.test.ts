import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { densityPack } from '../density-pack.js';
import { OutputOptions } from '@parse3d/contract';
import { readNifti } from '@parse3d/volume/formats';
import { segment } from '../../src/segment.js';
import type { SegmentRequest, SegmentResult } from '../../src/types.js';
import {
  describeWithDicomTools,
  identifiers,
  realHead,
  runScript,
  writeSeries,
  type SeriesSpec,
} from '../../../test/support/dicom.js';
import { Bench, prompts } from '../engines/support.js';

const bench = new Bench();
afterEach(() => bench.close());

async function segmentSeries(spec: Partial<SeriesSpec>, more: Partial<SegmentRequest> = {}) {
  const { path: root } = await bench.folder();
  writeSeries(root, [{ folder: 'series', plane: 'axial', modality: 'CT', kind: 'uint12', slices: 9, ...spec }]);
  const source = join(root, 'series');
  const { path: outputFolder } = await bench.folder();
  const result = await run(source, outputFolder, more);
  return { result, source, outputFolder };
}

async function run(
  inputPath: string,
  outputFolder: string,
  more: Partial<SegmentRequest> = {},
): Promise<SegmentResult> {
  const engine = await bench.open(await densityPack(bench));
  return segment(
    {
      inputPath,
      outputFolder,
      prompts: prompts('bone', 'fat', 'soft tissue', 'air'),
      modality: 'ct',
      options: { seed: 0 },
      outputs: OutputOptions.parse({ preview: false, segNrrd: true, dicomSeg: true, rtstruct: true, meshes: true }),
      limits: { maxVoxels: 1e7 },
      ...more,
    },
    engine,
    () => undefined,
    new AbortController().signal,
  );
}

const nameOf = ({ outputs }: SegmentResult): string[] => outputs.map(({ name }) => name);

describeWithDicomTools('segmentations for other programs', () => {
  const series: readonly Partial<SeriesSpec>[] = [
    { plane: 'axial' },
    { plane: 'sagittal', reverse: true },
    { plane: 'coronal', rotate: [20, -13, 7], spacing: 1.7 },
  ];
  test.each(series)('a DICOM segmentation and a .seg.nrrd hold the label map in its place: %o', async (spec) => {
    const { result, source, outputFolder } = await segmentSeries(spec);
    expect(result.warnings).toEqual([]);
    expect(nameOf(result)).toEqual(expect.arrayContaining(['labels.nii.gz', 'labels.seg.nrrd', 'segmentation.dcm']));
    const read = runScript('check_exchange.py', {
      seg: join(outputFolder, 'segmentation.dcm'),
      nrrd: join(outputFolder, 'labels.seg.nrrd'),
      rtstruct: join(outputFolder, 'rtstruct.dcm'),
      labels: join(outputFolder, 'labels.nii.gz'),
      source,
    });
    expect(read).toMatchObject({
      seg: {
        problems: [],
        notice: expect.stringContaining('research use only'),
        segments: [
          {
            label: 'bone',
            category: ['SCT', '85756007', 'Tissue'],
            type: ['SCT', '272673000', 'Bone'],
            algorithm: ['AUTOMATIC', 'parse3d ct-tissue 2.0.0'],
            equalsLabel: 1,
          },
          { label: 'fat', type: ['SCT', '256674009', 'Fat'], equalsLabel: 2 },
          { label: 'soft tissue', equalsLabel: 3 },
          // The middle of the head holds no voxel as dark as air.
          spec.plane === 'coronal'
            ? { label: 'air', voxels: 0 }
            : { label: 'air', category: ['SCT', '91720002', 'Body Substance'], equalsLabel: 4 },
        ],
      },
      nrrd: {
        magic: 'NRRD0004',
        space: 'left-posterior-superior',
        sameVoxels: true,
        keys: {
          Segment0_Name: 'bone',
          Segment0_LabelValue: '1',
          Segment0_Color: '0.960784 0.945098 0.890196',
          Segment3_Name: 'air',
          Segment3_LabelValue: '4',
          Segmentation_MasterRepresentation: 'Binary labelmap',
        },
      },
    });
    const { seg, nrrd, rtstruct } = read as {
      seg: { offGrid: number };
      nrrd: { affine: number };
      rtstruct: { rois: { dice: number; sameBothWays: boolean }[] };
    };
    expect(rtstruct).toMatchObject({
      problems: [],
      rois: [
        { name: 'bone', type: ['SCT', '272673000', 'Bone'] },
        { name: 'fat' },
        { name: 'soft tissue' },
        { name: 'air' },
      ],
    });
    for (const { dice, sameBothWays } of rtstruct.rois) {
      expect(dice).toBe(1);
      expect(sameBothWays).toBe(true);
    }
    expect(nameOf(result)).toEqual(expect.arrayContaining(['mesh-1.stl', 'mesh-1.glb', 'mesh-3.stl']));
    expect(seg.offGrid).toBeLessThan(1e-3);
    expect(nrrd.affine).toBeLessThan(1e-4);
    const told = JSON.stringify({ ...result, outputs: [] });
    for (const identifier of identifiers) expect(told).not.toContain(identifier);
    for (const name of ['labels.nii.gz', 'labels.seg.nrrd', 'labels.json']) {
      const bytes = await readFile(join(outputFolder, name), 'latin1');
      for (const identifier of identifiers) expect(bytes).not.toContain(identifier);
    }
  });

  test('what cannot be written as DICOM costs a warning, and the label map stays', async () => {
    const { path: outputFolder } = await bench.folder();
    await mkdir(join(outputFolder, 'segmentation.dcm'));
    await mkdir(join(outputFolder, 'labels.seg.nrrd'));
    await mkdir(join(outputFolder, 'rtstruct.dcm'));
    const { path: root } = await bench.folder();
    writeSeries(root, [{ folder: 'series', plane: 'axial', modality: 'CT', kind: 'uint12' }]);
    const result = await run(join(root, 'series'), outputFolder);
    expect(result.warnings).toEqual([
      'labels.seg.nrrd was not written (internal); the other files are whole.',
      'segmentation.dcm was not written (internal); the other files are whole.',
      'rtstruct.dcm was not written (internal); the other files are whole.',
    ]);
    expect(nameOf(result).slice(0, 4)).toEqual(['labels.nii.gz', 'labels.json', 'labels.txt', 'findings.csv']);
    expect(nameOf(result)).not.toContain('rtstruct.dcm');
    expect((await readNifti(join(outputFolder, 'labels.nii.gz'))).geometry.shape).toEqual([91, 109, 6]);
  });

  test('a NIfTI volume has no images to refer to, which is told', async () => {
    const { path: outputFolder } = await bench.folder();
    const result = await run(realHead, outputFolder);
    expect(result.warnings).toContainEqual(expect.stringContaining('it refers to DICOM images'));
    expect(await readdir(outputFolder)).not.toContain('segmentation.dcm');
    expect(nameOf(result)).toContain('labels.seg.nrrd');
  });

  test('nothing found still gives a valid object, with every segment', async () => {
    const { result, source, outputFolder } = await segmentSeries(
      { kind: 'uint8' },
      { prompts: prompts('lung', 'air') },
    );
    expect(result.findings.map(({ verdict }) => verdict)).toEqual(['absent', 'absent']);
    const read = runScript('check_exchange.py', {
      seg: join(outputFolder, 'segmentation.dcm'),
      labels: join(outputFolder, 'labels.nii.gz'),
      source,
    });
    expect(read).toMatchObject({ seg: { problems: [], segments: [{ label: 'lung', voxels: 0 }, { voxels: 0 }] } });
  });

  test('objects have segments of their own where that is asked for and they are few', async () => {
    const outputs = OutputOptions.parse({ preview: false, dicomSeg: true, dicomSegInstances: true });
    const objects = (minVoxels: number) => [{ text: 'fat', label: 1, instances: true, minVoxels }];
    const { result, source, outputFolder } = await segmentSeries({}, { outputs, prompts: objects(60) });
    const count = result.findings[0]?.instances?.count ?? 0;
    expect(count).toBeGreaterThan(1);
    const read = runScript('check_exchange.py', {
      seg: join(outputFolder, 'segmentation.dcm'),
      labels: join(outputFolder, 'instances-1.nii.gz'),
      source,
    });
    const segments = Array.from({ length: count }, (_, n) => ({ label: `fat ${n + 1}`, equalsLabel: n + 1 }));
    expect(read).toMatchObject({ seg: { problems: [], segments } });
    expect(result.warnings).toEqual([]);

    const many = await run(source, outputFolder, { outputs, prompts: objects(1) });
    const all = many.findings[0]?.instances?.count ?? 0;
    expect(all).toBeGreaterThan(100);
    expect(many.warnings).toEqual([
      `segmentation.dcm has a segment per prompt, not per object: there are ${all} objects, more than 100.`,
    ]);
    const whole = { seg: join(outputFolder, 'segmentation.dcm'), labels: join(outputFolder, 'labels.nii.gz'), source };
    expect(runScript('check_exchange.py', whole)).toMatchObject({
      seg: { problems: [], segments: [{ label: 'fat', equalsLabel: 1 }] },
    });
  });
});
