import type { Pack, Prompt } from '@parse3d/contract';
import {
  growthOrder,
  objectVoxel,
  splitObjects,
  voxelVolumeMl,
  type Geometry,
  type SplitObjects,
} from '@parse3d/volume/geometry';
import type { Found } from '../types.js';

/** Fewest voxels of an object that counts for a prompt, on one grid; an object of exactly the limit counts. */
export function minVoxelsOf({ minVoxels = 1, minMl = 0 }: Prompt, geometry: Geometry): number {
  // Rounding must not drop an object that is exactly as large as the limit.
  return Math.max(1, minVoxels, Math.ceil(minMl / voxelVolumeMl(geometry) - 1e-6));
}

/** Splits one prompt's mask into its objects: by the model's edges where the engine has them, else by what hangs together. */
export function splitPrompt(found: Found, index: number, prompt: Prompt, pack: Pack): SplitObjects {
  const { geometry } = found.labels;
  return splitObjects(voxelsOf(found, index), geometry.shape, {
    minVoxels: minVoxelsOf(prompt, geometry),
    ...(pack.kind === 'promptable-slices' && { order: growthOrder(geometry.affine, pack.model.orientation) }),
  });
}

/** The mask in pieces, with its edges marked. */
function* voxelsOf(found: Found, index: number): Generator<Uint8Array> {
  const masks = found.maskPieces?.(index) ?? [found.mask(index)];
  const edges = found.edgePieces?.(index)[Symbol.iterator]();
  for (const mask of masks) {
    // The engine cuts both alike.
    const edge = edges?.next().value;
    if (edge !== undefined) {
      for (let n = 0; n < mask.length; n++) if (mask[n] !== 0 && edge[n] !== 0) mask[n] = objectVoxel.border;
    }
    yield mask;
  }
}
