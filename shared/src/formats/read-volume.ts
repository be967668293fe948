import { open } from 'node:fs/promises';
import { Problem } from '../problems/index.js';
import { readNifti } from './nifti/read.js';
import type { NiftiImage, NiftiLimits } from './nifti/types.js';
import { withFile } from './npz/access.js';
import type { NpzPrompts } from './npz/prompts.js';
import { readNpz, readNpzHeader, type NpzImage } from './npz/read.js';
import { isZip } from './npz/zip.js';

/** A volume of any format that parse3d reads. `prompts` are those that the file itself brings. */
export type VolumeImage = NiftiImage & Partial<Pick<NpzImage, 'prompts' | 'instanceLabel'>>;

/**
 * Reads a volume: NIfTI, compressed or not, or `.npz`. The first bytes tell which, never the name.
 * @throws Problem everything that `readNifti` and `readNpz` throw
 */
export async function readVolume(path: string, limits: NiftiLimits = {}): Promise<VolumeImage> {
  return isZip(await firstBytes(path)) ? readNpz(path, limits) : readNifti(path, limits);
}

/**
 * The prompts that a volume's file brings, without reading its voxels; none where it is not an `.npz` or has no
 * `text_prompts`.
 * @throws Problem `npz-invalid`, `npz-too-large`, `pickle-refused`, `volume-missing`
 */
export async function readPromptsOfVolume(path: string): Promise<NpzPrompts['prompts']> {
  if (!isZip(await firstBytes(path))) return [];
  const { prompts } = await withFile(path, (file) => readNpzHeader(file));
  return prompts;
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const handle = await open(path).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new Problem('volume-missing', `there is no file ${path}`, {}, { cause: error });
  });
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
