import type { Finding, Measures, Modality } from '@parse3d/contract';
import type { VolumeImage } from '@parse3d/volume/formats';
import { measureMask, measureRegions, type RegionMeasures, type VoxelArray } from '@parse3d/volume/geometry';
import { throwIfCanceled } from './engines/cancel.js';
import type { Found } from './types.js';

const everything = { percentiles: true, surface: true, diameter: true, components: true } as const;

/**
 * The findings with what is measured of each mask that is not empty: its surface, diameter, place, parts, and the input's
 * values inside. Masks that the label map shows whole are measured there, all at once; those that others hide one by one.
 */
export function measureFindings(
  found: Found,
  { data }: Pick<VolumeImage, 'data'>,
  modality: Modality,
  signal: AbortSignal,
): readonly Finding[] {
  const { labels, findings } = found;
  const options = { ...everything, intensities: data };
  const most = findings.reduce((highest, { label }) => Math.max(highest, label), 0);
  const table = measureRegions(labels.data, labels.geometry, most, options);
  const unit = unitOf(data, modality);
  return findings.map((finding, index) => {
    if (finding.voxels === 0) return finding;
    throwIfCanceled(signal);
    const isWhole = table.voxels[finding.label] === finding.voxels;
    const measured = isWhole
      ? table.of(finding.label)
      : measureMask(found.maskPieces?.(index) ?? [found.mask(index)], labels.geometry, options);
    return measured === undefined ? finding : { ...finding, measures: measuresOf(measured, unit) };
  });
}

/** CT is in Hounsfield units, unless somebody has made a picture of it: nothing beyond 0 to 255. */
export function unitOf(data: VoxelArray, modality: Modality): 'HU' | null {
  if (modality !== 'ct') return null;
  for (let n = 0; n < data.length; n++) {
    const value = data[n];
    if (value < 0 || value > 255) return 'HU';
  }
  return null;
}

/** What a manifest says of a region; measures that were not taken are those of a single voxel's. */
export function measuresOf(region: RegionMeasures, unit: 'HU' | null): Measures {
  const { intensity, boundingBox } = region;
  const [x, y, z] = region.centroidMm;
  const [i, j, k] = region.centroidVoxel;
  return {
    surfaceMm2: region.surfaceMm2 ?? 0,
    longestDiameterMm: region.longestDiameterMm ?? 0,
    centroidMm: [x, y, z],
    centroidVoxel: [i, j, k],
    boundingBox: { min: [...boundingBox.min], max: [...boundingBox.max] },
    intensity: intensity && {
      mean: intensity.mean,
      sd: intensity.sd,
      median: intensity.median ?? intensity.mean,
      p5: intensity.p5 ?? intensity.min,
      p95: intensity.p95 ?? intensity.max,
      unit,
    },
    components: region.components ?? 1,
    largestComponentShare: region.largestComponentShare ?? 1,
  };
}
