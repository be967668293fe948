import { csvRow, type FoundObject } from '@parse3d/contract';

type Cell = string | number | null | undefined;

const columns: readonly (readonly [title: string, of: (object: FoundObject) => Cell])[] = [
  ['object', ({ object }) => object],
  ['voxels', ({ voxels }) => voxels],
  ['volume_ml', ({ volumeMl }) => volumeMl],
  ['mean_probability', ({ meanProbability }) => meanProbability],
  ['max_probability', ({ maxProbability }) => maxProbability],
  ['centroid_x_mm', ({ centroidMm }) => centroidMm[0]],
  ['centroid_y_mm', ({ centroidMm }) => centroidMm[1]],
  ['centroid_z_mm', ({ centroidMm }) => centroidMm[2]],
  ['box_min_i', ({ boundingBox }) => boundingBox.min[0]],
  ['box_min_j', ({ boundingBox }) => boundingBox.min[1]],
  ['box_min_k', ({ boundingBox }) => boundingBox.min[2]],
  ['box_max_i', ({ boundingBox }) => boundingBox.max[0]],
  ['box_max_j', ({ boundingBox }) => boundingBox.max[1]],
  ['box_max_k', ({ boundingBox }) => boundingBox.max[2]],
  ['surface_mm2', ({ surfaceMm2 }) => surfaceMm2],
  ['longest_diameter_mm', ({ longestDiameterMm }) => longestDiameterMm],
  ['intensity_mean', ({ intensity }) => intensity?.mean],
  ['intensity_sd', ({ intensity }) => intensity?.sd],
  ['intensity_median', ({ intensity }) => intensity?.median],
  ['intensity_p5', ({ intensity }) => intensity?.p5],
  ['intensity_p95', ({ intensity }) => intensity?.p95],
];

/** `instances-<label>.csv`: a row per object, the largest first, after a row of titles; named as in `findings.csv`. */
export function* instanceRows(objects: Iterable<FoundObject>): Generator<string> {
  yield csvRow(columns.map(([title]) => title));
  for (const object of objects) yield csvRow(columns.map(([, of]) => of(object) ?? null));
}
