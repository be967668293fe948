import type { NVImage } from '@niivue/niivue';

type Triple = readonly [number, number, number];

/** Offset in the file, i fastest, of a voxel that the viewer counts along right, anterior and superior. */
function storedOffset({ img2RASstart = [], img2RASstep = [] }: NVImage, voxel: Triple): number {
  return voxel.reduce((sum, value, axis) => sum + (img2RASstart[axis] ?? 0) + value * (img2RASstep[axis] ?? 0), 0);
}

/** The same as [i, j, k] of the file. */
export function storedVoxel(image: NVImage, voxel: Triple): Triple {
  const [, ni = 1, nj = 1] = image.hdr?.dims ?? [];
  const at = storedOffset(image, voxel);
  return [at % ni, Math.floor(at / ni) % nj, Math.floor(at / (ni * nj))];
}
