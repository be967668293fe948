import type { Modality } from '@parse3d/contract';
import type { VolumeImage } from '@parse3d/volume/formats';
import { unitGuess } from '@parse3d/volume/geometry';
import { Problem } from '@parse3d/contract/problems';
import type { LoadedPack } from './types.js';

/** @throws Problem `modality-unsupported` when the pack was not made for it */
export function assertModality({ pack }: LoadedPack, modality: Modality): void {
  if (pack.modalities.includes(modality)) return;
  throw new Problem(
    'modality-unsupported',
    `the pack ${pack.id} was made for ${pack.modalities.join(', ')}, got ${modality}`,
    { pack: pack.id, modality, expected: pack.modalities },
  );
}

/** What the user should know about the volume before trusting a mask of it. */
export function readingWarnings(image: VolumeImage): string[] {
  const warnings: string[] = [...(image.readWarnings ?? [])];
  if (image.nonFiniteVoxels > 0) {
    warnings.push(
      `${image.nonFiniteVoxels} voxels have no value (NaN or infinite): they carry no label, are not counted, and took no part in measuring intensities. The model saw the smallest value of the volume there.`,
    );
  }
  const guess = unitGuess(image.geometry, image.header.space.xyztUnits);
  if (guess !== undefined) warnings.push(guess);
  if (image.header.affineSource === 'base' || image.header.affineSource === 'assumed') {
    warnings.push(
      'The volume does not say how it lies in the world: left and right, and every other direction, are a guess.',
    );
  }
  return warnings;
}
