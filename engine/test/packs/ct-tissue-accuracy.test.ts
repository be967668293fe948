import { join } from 'node:path';
import { OutputOptions } from '@parse3d/contract';
import { readNifti } from '@parse3d/volume/formats';
import { dice } from '@parse3d/volume/geometry';
import { afterEach, expect, test } from 'vitest';
import '../../../test/support/test-data.js';
import { segment } from '../../src/segment.js';
import { Bench, prompts } from '../engines/support.js';

const data = process.env['PARSE3D_TEST_DATA'];
const why = data === undefined ? ' [skipped: PARSE3D_TEST_DATA is not set]' : '';

const bench = new Bench();
afterEach(() => bench.close());

const between = (first: number, last: number) => (label: number) => label >= first && label <= last;
/** Labels of TotalSegmentator: vertebrae, limbs and girdles, skull, ribs and sternum; the five lobes. */
const bones = (label: number): boolean => between(25, 50)(label) || between(69, 78)(label) || between(91, 116)(label);
const lungs = between(10, 14);

test.skipIf(data === undefined)(
  `on a real abdomen, bone and lung are where TotalSegmentator has them${why}`,
  async () => {
    const folder = join(data ?? '', 'ct_totalseg');
    const { path: outputFolder } = await bench.folder();
    await segment(
      {
        inputPath: join(folder, 'example_ct_sm.nii.gz'),
        outputFolder,
        prompts: prompts('bone', 'lung'),
        modality: 'ct',
        options: { seed: 0 },
        outputs: OutputOptions.parse({}),
        limits: { maxVoxels: 1e6 },
      },
      await bench.open(join(import.meta.dirname, '../../../packs/ct-tissue')),
      () => undefined,
      new AbortController().signal,
    );
    const found = (await readNifti(join(outputFolder, 'labels.nii.gz'))).data;
    const truth = (await readNifti(join(folder, 'example_seg.nii.gz'))).data;
    const overlap = (label: number, of: (label: number) => boolean): number =>
      dice(
        Uint8Array.from(found, (value) => (value === label ? 1 : 0)),
        Uint8Array.from(truth, (value) => (of(value) ? 1 : 0)),
      );
    // The card of the pack says so.
    expect(overlap(1, bones)).toBeCloseTo(0.788, 2);
    expect(overlap(2, lungs)).toBeCloseTo(0.867, 2);
  },
);
