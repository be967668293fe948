import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNifti, type NiftiImage, type NiftiWriteSpec } from '@parse3d/volume/formats';
import type { VoxelArray } from '@parse3d/volume/geometry';
import { Problem } from '@parse3d/contract/problems';
import type { LocalOutput } from '../types.js';

/** Writes a volume on the input's grid, with the input's space and nothing else of its header. */
export async function writeVolume(
  folder: string,
  name: string,
  data: VoxelArray | Iterable<VoxelArray>,
  image: NiftiImage,
  form: Pick<NiftiWriteSpec, 'datatype' | 'intent' | 'scaling' | 'calMax'>,
): Promise<LocalOutput> {
  const path = join(folder, name);
  const spec = { geometry: image.geometry, space: image.header.space, ...form };
  const written = await writeNifti(path, spec, data);
  return { name, path, ...written, contentType: 'application/gzip' };
}

export async function writeBytes(
  folder: string,
  name: string,
  content: string | Uint8Array,
  contentType: string,
): Promise<LocalOutput> {
  const path = join(folder, name);
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  try {
    await writeFile(path, bytes);
  } catch (error) {
    throw Problem.from(error);
  }
  return { name, path, bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex'), contentType };
}
