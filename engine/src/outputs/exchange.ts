import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { software } from '@parse3d/contract/software';
import type { Pack } from '@parse3d/contract';
import type { VolumeImage } from '@parse3d/volume/formats';
import { Problem } from '@parse3d/contract/problems';
import type { Found, LocalOutput } from '../types.js';
import { writeDicomSeg, type SegRequest } from './dicom-seg/index.js';
import type { Segments } from './dicom-seg/segments.js';
import type { LabelName } from './label-names.js';
import { writeRtstruct } from './rtstruct/index.js';
import { writeSegNrrd } from './seg-nrrd.js';
import { codeOf } from './terminology/index.js';

/** Formats for other programs come last, and failing they cost a warning: the NIfTI files are the result. */
export type Attempt = () => Promise<LocalOutput | { readonly warning: string }>;

export function segNrrdFile(found: Found, names: readonly LabelName[], pack: Pack, folder: string): Attempt {
  return attempt('labels.seg.nrrd', folder, 'application/octet-stream', (path) => {
    const segments = names.map((name, n) => ({ ...name, code: codeOf(name.prompt, found.findings[n]?.classes, pack) }));
    return writeSegNrrd(path, found.labels, segments);
  });
}

export function dicomSegFile(segments: Segments, image: VolumeImage, pack: Pack, folder: string): Attempt {
  return derivedObject('segmentation.dcm', writeDicomSeg, segments, image, pack, folder);
}

export function rtstructFile(segments: Segments, image: VolumeImage, pack: Pack, folder: string): Attempt {
  return derivedObject('rtstruct.dcm', writeRtstruct, segments, image, pack, folder);
}

/** A DICOM object that refers to the images of the volume. */
function derivedObject(
  name: string,
  write: (path: string, request: SegRequest) => Promise<void>,
  { segments, maskOf }: Segments,
  { dicom, geometry }: VolumeImage,
  pack: Pack,
  folder: string,
): Attempt {
  if (dicom === undefined) {
    return () =>
      Promise.resolve({ warning: `${name} was not written: it refers to DICOM images, the input has another format.` });
  }
  if (dicom.unreferable !== undefined) {
    const warning = `${name} was not written: ${dicom.unreferable}.`;
    return () => Promise.resolve({ warning });
  }
  const softwareVersion = software({}).version;
  return attempt(name, folder, 'application/dicom', (path) =>
    write(path, { geometry, reference: dicom, segments, maskOf, pack, softwareVersion }),
  );
}

function attempt(name: string, folder: string, contentType: string, write: (path: string) => Promise<void>): Attempt {
  return async () => {
    const path = join(folder, name);
    try {
      await write(path);
      return { name, path, contentType, ...(await sizeAndHash(path)) };
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined);
      const problem = Problem.from(error);
      // On another day, or another machine, the file would be there.
      if (problem.fault === 'place') throw problem;
      // The code alone: the message of an unforeseen error may quote the file.
      return { warning: `${name} was not written (${problem.code}); the other files are whole.` };
    }
  };
}

async function sizeAndHash(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}
