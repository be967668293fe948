import type { Finding } from './manifest.js';
import { csvRow } from './text/csv.js';

type Cell = string | number | boolean | null;

/** Columns of a table of findings that say what was measured, in order. */
const measured: readonly (readonly [title: string, of: (finding: Finding) => Cell | undefined])[] = [
  ['surface_mm2', ({ measures }) => measures?.surfaceMm2],
  ['longest_diameter_mm', ({ measures }) => measures?.longestDiameterMm],
  ['centroid_x_mm', ({ measures }) => measures?.centroidMm[0]],
  ['centroid_y_mm', ({ measures }) => measures?.centroidMm[1]],
  ['centroid_z_mm', ({ measures }) => measures?.centroidMm[2]],
  ['box_min_i', ({ measures }) => measures?.boundingBox.min[0]],
  ['box_min_j', ({ measures }) => measures?.boundingBox.min[1]],
  ['box_min_k', ({ measures }) => measures?.boundingBox.min[2]],
  ['box_max_i', ({ measures }) => measures?.boundingBox.max[0]],
  ['box_max_j', ({ measures }) => measures?.boundingBox.max[1]],
  ['box_max_k', ({ measures }) => measures?.boundingBox.max[2]],
  ['intensity_mean', ({ measures }) => measures?.intensity?.mean],
  ['intensity_sd', ({ measures }) => measures?.intensity?.sd],
  ['intensity_median', ({ measures }) => measures?.intensity?.median],
  ['intensity_p5', ({ measures }) => measures?.intensity?.p5],
  ['intensity_p95', ({ measures }) => measures?.intensity?.p95],
  ['intensity_unit', ({ measures }) => measures?.intensity?.unit],
  ['components', ({ measures }) => measures?.components],
  ['largest_component_share', ({ measures }) => measures?.largestComponentShare],
  ['objects', ({ instances }) => instances?.count],
  ['removed_components', ({ removed }) => removed?.components],
  ['removed_voxels', ({ removed }) => removed?.voxels],
];

/** Titles of the columns that `measureCells` fills. */
export const measureTitles: readonly string[] = measured.map(([title]) => title);

/** What was measured of a finding; a cell is null where the measure is missing, as for an empty mask. */
export function measureCells(finding: Finding): Cell[] {
  return measured.map(([, of]) => of(finding) ?? null);
}

/** `findings.csv`: a row per prompt. Places are in RAS millimetres, boxes in voxel indices from 0. */
export function findingsCsv(findings: readonly Finding[]): string {
  const titles =
    'label,prompt,verdict,recommended,suggestion,voxels,volume_ml,mean_probability,max_probability,existence'.split(
      ',',
    );
  const rows = findings.map((finding) => [
    finding.label,
    finding.prompt,
    finding.verdict,
    finding.recommended,
    finding.suggestion ?? null,
    finding.voxels,
    finding.volumeMl,
    finding.meanProbability,
    finding.maxProbability,
    finding.existence,
    ...measureCells(finding),
  ]);
  return [[...titles, ...measureTitles], ...rows].map(csvRow).join('');
}
