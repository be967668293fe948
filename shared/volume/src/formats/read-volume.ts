import { stat } from 'node:fs/promises';
import { Problem } from '@parse3d/contract/problems';
import {
  DICOM_MAGIC_BYTES,
  dicomFilesInFolder,
  dicomFilesInZip,
  isDicom,
  dicomFileAlone,
  readDicom,
  type DicomOptions,
  type DicomImage,
} from './dicom/index.js';
import { isItk, readItk } from './itk/read.js';
import { assertFrame } from './nifti/header.js';
import { pairOf } from './nifti/pair.js';
import { readNifti, readNiftiPair } from './nifti/read.js';
import type { NiftiImage, NiftiOptions } from './nifti/types.js';
import { withFile } from './npz/access.js';
import { promptsForJob, type FilePrompt } from './npz/prompts.js';
import { readNpz, readNpzHeader, type NpzImage } from './npz/read.js';
import { isNpz, isZip } from './npz/zip.js';

/** A volume of any format. `prompts` are those that an `.npz` brings; `dicom` is there for volumes from DICOM. */
export type VolumeImage = NiftiImage &
  Partial<Pick<NpzImage, 'prompts' | 'instanceLabel'>> &
  Partial<Pick<DicomImage, 'dicom'>>;

/**
 * Reads a volume: NIfTI, compressed or not, NRRD, MetaImage, `.npz`, a DICOM series in a folder or a zip file, or a
 * multi-frame DICOM object. The first bytes tell
 * which, never the name; only of a pair (`.hdr`, `.img`) the name leads to the other file.
 * @throws Problem everything that `readNifti`, `readNpz` and `readDicom` throw
 */
export async function readVolume(path: string, options: DicomOptions & NiftiOptions = {}): Promise<VolumeImage> {
  const image = await readAny(path, options);
  if (image.header.frame === undefined) assertFrame(options.frame);
  return image;
}

async function readAny(path: string, limits: DicomOptions & NiftiOptions): Promise<VolumeImage> {
  if (await isFolder(path)) return readDicom(await dicomFilesInFolder(path, limits), limits);
  const start = await firstBytes(path);
  if (isZip(start) && !isNpz(start)) {
    return withFile(path, async (zip) => readDicom(await dicomFilesInZip(zip, limits), limits));
  }
  if (isDicom(start)) return readDicom(await dicomFileAlone(path, limits), limits);
  if ((limits.volume ?? 1) > 1) {
    throw new Problem(
      'volume-not-3d',
      `expected DICOM to choose volume ${limits.volume} of, this file holds one volume`,
    );
  }
  if (isNpz(start)) return readNpz(path, limits);
  if (isItk(start)) return readItk(path, limits);
  const pair = await pairOf(path);
  return pair === undefined ? readNifti(path, limits) : readNiftiPair(pair.header, pair.image, limits);
}

/**
 * The prompts that a volume's file brings, without reading its voxels; none where it is not an `.npz` or has no
 * `text_prompts`.
 * @throws Problem `npz-invalid`, `npz-too-large`, `pickle-refused`, `volume-missing`
 */
export async function readPromptsOfVolume(path: string): Promise<readonly FilePrompt[]> {
  if ((await isFolder(path)) || !isNpz(await firstBytes(path))) return [];
  return promptsForJob(await withFile(path, (file) => readNpzHeader(file)));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

/** As many as the formats need to be told apart; fewer of a shorter file. */
function firstBytes(path: string): Promise<Uint8Array> {
  return withFile(path, (file) => file.read(0, Math.min(DICOM_MAGIC_BYTES, file.bytes)));
}
