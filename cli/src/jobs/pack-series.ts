import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { dicomFilesInFolder } from '@parse3d/volume/formats';
import { Problem } from '@parse3d/contract/problems';
import { Zip, ZipPassThrough } from 'fflate';

/** A zip file that is removed when it is no longer needed. */
export interface PackedSeries {
  readonly path: string;
  /** Sentences about what lay beside the images and was not packed. */
  readonly leftOut: readonly string[];
  remove(): Promise<void>;
}

/**
 * Packs the DICOM files of a folder into a zip file, for the upload. They get numbers for names: their own may name
 * patients. Nothing is compressed; images of CT and MR hardly get smaller.
 * @throws Problem `dicom-no-images`, `archive-too-large`, `dicom-slices-missing`
 */
export async function packSeries(folder: string): Promise<PackedSeries> {
  const { files, leftOut } = await dicomFilesInFolder(folder);
  if (files.length === 0) {
    throw new Problem(
      'dicom-no-images',
      [`expected a DICOM series in ${folder}, found no DICOM file`, leftOut.join(' ')].filter(Boolean).join('. '),
    );
  }
  const scratch = await mkdtemp(join(tmpdir(), 'parse3d-series-'));
  const remove = (): Promise<void> => rm(scratch, { recursive: true, force: true });
  try {
    const path = join(scratch, 'series.zip');
    const out = createWriteStream(path);
    const zip = new Zip((error, chunk, final) => {
      if (error !== null) out.destroy(error);
      else out.write(chunk);
      if (final) out.end();
    });
    for (const [index, file] of files.entries()) {
      const entry = new ZipPassThrough(`${String(index + 1).padStart(6, '0')}.dcm`);
      zip.add(entry);
      entry.push(await file.read(), true);
      if (out.writableNeedDrain) await once(out, 'drain');
    }
    zip.end();
    await finished(out);
    return { path, leftOut, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
