import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNifti } from '@parse3d/volume/formats';
import { measureRegions, toLabels, type RegionMeasures } from '@parse3d/volume/geometry';
import { expect, test } from 'vitest';
import './support/test-data.js';

const data = process.env['PARSE3D_TEST_DATA'];
const why = data === undefined ? ' [skipped: PARSE3D_TEST_DATA is not set]' : '';

const volumes: readonly (readonly [name: string, intensities: string, labels: string])[] = [
  ['ct', 'ct_totalseg/example_ct_sm.nii.gz', 'ct_totalseg/example_seg.nii.gz'],
  ['head', 't1_brain/t1_crop.nii.gz', '../golden/t1_crop_meshnet18_labels.nii.gz'],
];

/** What scipy, numpy and scikit-image measured: `support/measure_regions.py` wrote it. */
async function golden(volume: string): Promise<Record<string, number>[]> {
  const text = await readFile(join(import.meta.dirname, 'support/measure-regions.csv'), 'utf8');
  const [titles = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  return rows
    .filter(([name]) => name === volume)
    .map((row) => Object.fromEntries(titles.map((title, n) => [title, Number(row[n])])));
}

/** How far a measure lies from the golden one, as a share of it. */
const apart = (found: number | undefined, expected: number | undefined): number =>
  Math.abs((found ?? NaN) - (expected ?? NaN)) / Math.max(1, Math.abs(expected ?? NaN));

function closest(found: RegionMeasures, golden: Record<string, number>): number {
  const { intensity, centroidMm } = found;
  return Math.max(
    apart(found.volumeMl, golden['volume_ml']),
    ...['x', 'y', 'z'].map((axis, n) => apart(centroidMm[n], golden[`centroid_${axis}_mm`])),
    apart(intensity?.mean, golden['intensity_mean']),
    apart(intensity?.sd, golden['intensity_sd']),
    apart(intensity?.median, golden['intensity_median']),
    apart(intensity?.p5, golden['intensity_p5']),
    apart(intensity?.p95, golden['intensity_p95']),
    apart(found.largestComponentShare, golden['largest_component_share']),
  );
}

test.skipIf(data === undefined).each(volumes)(
  `the %s is measured as scipy and scikit-image measure it${why}`,
  async (name, intensities, labels) => {
    const [image, regions] = await Promise.all([intensities, labels].map((file) => readNifti(join(data ?? '', file))));
    if (image === undefined || regions === undefined) throw new Error('the volumes are missing');
    const found = [
      ...measureRegions(toLabels(regions.data), regions.geometry, 255, {
        ...{ percentiles: true, surface: true, diameter: true, components: true },
        intensities: image.data,
      }),
    ];
    const expected = await golden(name);
    const exact = (row: Record<string, number>): unknown[] => [
      row['label'],
      row['voxels'],
      row['components'],
      ...['min', 'max'].flatMap((end) => ['i', 'j', 'k'].map((axis) => row[`box_${end}_${axis}`])),
    ];
    expect(
      found.map(({ region, voxels, components, boundingBox: { min, max } }) => [
        ...[region, voxels, components],
        ...min,
        ...max,
      ]),
    ).toEqual(expected.map(exact));
    const worst = { rest: 0, diameter: 0, surface: 0 };
    found.forEach((region, n) => {
      const row = expected[n] ?? {};
      worst.rest = Math.max(worst.rest, closest(region, row));
      worst.diameter = Math.max(worst.diameter, apart(region.longestDiameterMm, row['longest_diameter_mm']));
      worst.surface = Math.max(worst.surface, apart(region.surfaceMm2, row['surface_mm2']));
    });
    expect(worst.rest).toBeLessThan(1e-6);
    expect(worst.diameter).toBeLessThan(1e-5);
    expect(worst.surface).toBeLessThan(1e-5);
  },
);
