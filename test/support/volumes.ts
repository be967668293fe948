import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNifti } from '@parse3d/volume/formats';
import { makeGeometry, type Affine, type Shape } from '@parse3d/volume/geometry';
import { scratchFolder } from '@parse3d/testing';

/** An oblique grid, so that nothing passes only because its affine is simple. */
const OBLIQUE: Affine = [
  -1.9,
  0.2,
  0.1,
  61, //
  0.25,
  1.8,
  -0.3,
  -52,
  0.05,
  0.4,
  2.4,
  -30,
  0,
  0,
  0,
  1,
] as const;

/** A phantom in Hounsfield units: air around a ball of soft tissue, with a shell of fat, a core of bone and a lung. */
export function phantomCt(shape: Shape = [48, 40, 24]): Int16Array {
  const [ni, nj, nk] = shape;
  const voxels = new Int16Array(ni * nj * nk);
  let index = 0;
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, index++) {
        const [x, y, z] = [(2 * i) / ni - 1, (2 * j) / nj - 1, (2 * k) / nk - 1];
        const radius = Math.hypot(x, y, z);
        const lung = Math.hypot(x - 0.4, y, z) < 0.22;
        voxels[index] = radius > 0.9 ? -1000 : radius > 0.75 ? -100 : lung ? -750 : radius < 0.2 ? 700 : 45;
      }
    }
  }
  return voxels;
}

/** The phantom as the bytes of a `.nii.gz` or `.nii` file. */
export async function phantomCtFile(shape: Shape = [48, 40, 24], name = 'phantom.nii.gz'): Promise<Buffer> {
  const folder = await scratchFolder('phantom');
  try {
    const path = join(folder.path, name);
    await writeNifti(path, { geometry: makeGeometry(shape, OBLIQUE), datatype: 'int16' }, phantomCt(shape));
    return await readFile(path);
  } finally {
    await folder.remove();
  }
}
