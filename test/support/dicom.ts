import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describeWithPython, PYTHON, runPython } from './python.js';

/** One series of `dicom_series.py`, which says what each field means. */
export interface SeriesSpec {
  readonly folder: string;
  readonly plane: 'axial' | 'sagittal' | 'coronal';
  readonly rotate?: readonly [number, number, number];
  readonly slices?: number;
  readonly spacing?: number;
  readonly drop?: readonly number[];
  readonly tilt?: number;
  readonly reverse?: boolean;
  readonly modality?: 'MR' | 'CT';
  readonly kind?: 'uint16' | 'int16' | 'uint12' | 'uint8' | 'pet' | 'bigendian' | 'implicit' | 'deflated' | 'overlay';
  readonly compress?: 'rle' | 'jpeg-lossless' | 'jpeg-ls';
  readonly echoes?: number;
  readonly number?: number;
  readonly enhanced?: boolean;
}

/** A real T1 head that comes with the development dependencies. */
export const realHead = join(
  dirname(createRequire(import.meta.url).resolve('nifti-reader-js-samples/package.json')),
  'tests/data/avg152T1_LR_nifti.nii.gz',
);

/** Texts in the series that name a patient, a doctor or a place: they may appear nowhere but in a DICOM object. */
export const identifiers = ['Secret', 'SECRET', 'nsal', '19700101', 'X4711X'];

/** Writes series made of the real head, by pydicom, each into its sub-folder. */
export function writeSeries(folder: string, series: readonly SeriesSpec[]): void {
  const script = join(import.meta.dirname, 'dicom_series.py');
  execFileSync(PYTHON, [script, realHead, folder, JSON.stringify({ series })], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs a script of this folder with JSON arguments and returns the JSON that it prints. */
export function runScript(name: string, args: unknown): unknown {
  return runPython([join(import.meta.dirname, name)], args);
}

/** Tests with DICOM series and its judges (pydicom, dcm2niix, dcmtk, dicom3tools). */
export function describeWithDicomTools(name: string, body: () => void): void {
  describeWithPython(['nibabel', 'numpy', 'pydicom'], name, body, ['dcm2niix', 'dcmcjpeg', 'dciodvfy']);
}
