import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { beforeAll, expect, test } from 'vitest';
import { readVolume, writeNifti, type VolumeImage } from '../../src/formats/index.js';
import {
  describeWithDicomTools,
  identifiers,
  runScript,
  writeSeries,
  type SeriesSpec,
} from '../../../../test/support/dicom.js';
import { temporaryFolder } from './temporary.js';
import { writeFile } from 'node:fs/promises';

/** Series that dcm2niix of Debian reads too. */
const compared: readonly SeriesSpec[] = [
  { folder: 'axial', plane: 'axial' },
  { folder: 'axial-reverse', plane: 'axial', reverse: true },
  { folder: 'sagittal', plane: 'sagittal', kind: 'int16' },
  { folder: 'coronal-ct', plane: 'coronal', modality: 'CT', kind: 'uint12' },
  { folder: 'oblique-axial', plane: 'axial', rotate: [20, -13, 7] },
  { folder: 'oblique-sagittal', plane: 'sagittal', rotate: [5, 25, -31], reverse: true },
  { folder: 'oblique-coronal', plane: 'coronal', rotate: [40, 5, -11], spacing: 1.7 },
  { folder: 'slopes', plane: 'axial', kind: 'pet' },
  { folder: 'bytes', plane: 'axial', kind: 'uint8' },
  { folder: 'big-endian', plane: 'axial', kind: 'bigendian' },
  { folder: 'implicit', plane: 'axial', kind: 'implicit' },
  { folder: 'overlay', plane: 'axial', kind: 'overlay' },
  { folder: 'rle', plane: 'axial', compress: 'rle' },
  { folder: 'jpeg-lossless', plane: 'axial', compress: 'jpeg-lossless' },
];
/** And those that it does not: they hold the voxels of `axial`. */
const likeAxial: readonly SeriesSpec[] = [
  { folder: 'deflated', plane: 'axial', kind: 'deflated' },
  { folder: 'jpeg-ls', plane: 'axial', compress: 'jpeg-ls' },
];

describeWithDicomTools('DICOM series', () => {
  const root = temporaryFolder();
  const read = (name: string): Promise<VolumeImage> => readVolume(join(root, name));
  beforeAll(() => writeSeries(root, [...compared, ...likeAxial]));

  test('every plane, direction, coding and scaling gives the grid and the voxels of dcm2niix', async () => {
    const cases = [];
    for (const { folder } of compared) {
      const { data, geometry, header } = await read(folder);
      const ours = join(root, `${folder}.nii`);
      const datatype = header.datatype === 'int64' || header.datatype === 'uint64' ? 'float64' : header.datatype;
      await writeNifti(ours, { geometry, space: header.space, datatype }, data);
      cases.push({ series: join(root, folder), ours });
    }
    const found = runScript('compare_dcm2niix.py', { work: join(root, 'theirs'), cases });
    if (!Array.isArray(found)) throw new Error('expected a list');
    for (const [n, { folder }] of compared.entries()) {
      const { sameShape, affine, voxels, different } = found[n];
      expect({ folder, sameShape }).toEqual({ folder, sameShape: true });
      expect(affine, `affine of ${folder}`).toBeLessThan(1e-4);
      // Slopes are applied in float32 by both, in another order.
      expect(voxels, `voxels of ${folder}`).toBeLessThanOrEqual(folder === 'slopes' ? 1e-3 : 0);
      expect(different, `values of ${folder}`).toBeGreaterThan(50);
    }
  });

  test('deflated files and JPEG-LS, which dcm2niix of Debian does not read, give the same voxels', async () => {
    const axial = await read('axial');
    for (const { folder } of likeAxial) {
      const other = await read(folder);
      expect(other.geometry).toEqual(axial.geometry);
      expect(Buffer.compare(bytesOf(other), bytesOf(axial)), folder).toBe(0);
    }
  });

  test('a zip file gives what its folder gives, whatever lies beside the images', async () => {
    const folder = join(root, 'oblique-axial');
    const entries: Record<string, Uint8Array> = { 'README.txt': Buffer.from('notes'), 'empty/': new Uint8Array(0) };
    for (const name of await readdir(folder)) entries[`Secret^Name/../${name}`] = await readFile(join(folder, name));
    const path = join(root, 'series.zip');
    await writeFile(path, zipSync(entries, { level: 6 }));
    const [zipped, plain] = [await readVolume(path), await read('oblique-axial')];
    expect(zipped.geometry).toEqual(plain.geometry);
    expect(Buffer.compare(bytesOf(zipped), bytesOf(plain))).toBe(0);
    expect(zipped.dicom?.slices).toEqual(plain.dicom?.slices);
  });

  test('the header for outputs says nothing of the patient', async () => {
    const { header, readWarnings } = await read('axial');
    const told = JSON.stringify({ header, readWarnings });
    for (const name of identifiers) expect(told).not.toContain(name);
  });

  test('copies and files without an image are left out, with a warning', async () => {
    const folder = join(root, 'sagittal');
    const [first = ''] = await readdir(folder);
    const bytes = await readFile(join(folder, first));
    await writeFile(join(folder, 'copy.dcm'), bytes);
    await writeFile(join(folder, 'notes.txt'), 'not DICOM');
    const { geometry, readWarnings } = await read('sagittal');
    expect(geometry.shape[2]).toBe(6);
    expect(readWarnings).toEqual([
      expect.stringMatching(/1 DICOM files are copies/),
      '1 files are not DICOM and were left out.',
    ]);
  });
});

const bytesOf = ({ data }: VolumeImage): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
