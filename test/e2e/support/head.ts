import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readNifti, writeNifti } from '@parse3d/volume/formats';
import { asAffine, makeGeometry } from '@parse3d/volume/geometry';
import { scratchFolder } from '@parse3d/testing';

function pathOfHead(): string {
  const root = dirname(createRequire(import.meta.url).resolve('nifti-reader-js-samples/package.json'));
  return join(root, 'tests', 'data', 'avg152T1_LR_nifti.nii.gz');
}

/** Axial slices `from` to below `to` of the head, where they were: a machine without a GPU shall not wait for the rest. */
export async function partOfHead(from: number, to: number): Promise<Buffer> {
  const { data, geometry } = await readNifti(pathOfHead());
  const [ni, nj] = geometry.shape;
  const affine = [...geometry.affine];
  for (const row of [0, 4, 8] as const) affine[row + 3] = (affine[row + 3] ?? 0) + from * (affine[row + 2] ?? 0);
  const folder = await scratchFolder('head');
  try {
    const path = join(folder.path, 'part.nii.gz');
    const part = data.subarray(ni * nj * from, ni * nj * to);
    await writeNifti(path, { geometry: makeGeometry([ni, nj, to - from], asAffine(affine)), datatype: 'uint8' }, part);
    return await readFile(path);
  } finally {
    await folder.remove();
  }
}
