import { surfaceMesh } from '@parse3d/volume/geometry';
import { throwIfCanceled } from '../../engines/cancel.js';
import type { Found, LocalOutput } from '../../types.js';
import { writeBytes } from '../files.js';
import type { LabelName } from '../label-names.js';
import { glbOf, stlOf } from './write.js';

/**
 * `mesh-<label>.stl` and `mesh-<label>.glb` of every target that was found, one after another.
 * @returns the files, and what was left out or made coarser than the mask
 */
export async function meshFiles(
  found: Found,
  names: readonly LabelName[],
  folder: string,
  signal: AbortSignal,
): Promise<{ files: LocalOutput[]; warnings: string[] }> {
  const { shape, affine } = found.labels.geometry;
  const files: LocalOutput[] = [];
  const warnings: string[] = [];
  for (const [n, { id, prompt, colour }] of names.entries()) {
    throwIfCanceled(signal);
    if (found.findings[n]?.verdict !== 'present') continue;
    const mesh = surfaceMesh(found.mask(n), shape, affine);
    if (mesh === undefined) {
      warnings.push(`mesh-${id} was not written: on the grid of the mesh nothing is left of the mask.`);
      continue;
    }
    if (mesh.coarsening > 1) {
      warnings.push(
        `mesh-${id} was made of every ${mesh.coarsening}th voxel along each axis: its surface is very large.`,
      );
    }
    files.push(await writeBytes(folder, `mesh-${id}.stl`, stlOf(mesh), 'model/stl'));
    files.push(await writeBytes(folder, `mesh-${id}.glb`, glbOf(mesh, prompt, colour), 'model/gltf-binary'));
  }
  return { files, warnings };
}
