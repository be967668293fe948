import { voxelCount, type Geometry } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { allocateVoxels } from '../nifti/decode.js';
import { assertWithinLimits } from '../nifti/header.js';
import type { NiftiDatatype, NiftiHeader, NiftiLimits } from '../nifti/types.js';
import { frameDecoder } from './codecs.js';
import { inheritedElements } from './inherited.js';
import { parseDicom } from './parse.js';
import { writePixels } from './pixels.js';
import { arrangeSeries, assertOneSeries, type Series } from './series.js';
import { isImage, readSliceHeader, readTraits } from './slice-header.js';
import type { DicomFile, DicomImage, RawElement, SeriesTraits, SliceHeader } from './types.js';

/**
 * Reads the one series that the files hold. Every file is read twice, for its header and for its pixels, and one is in
 * memory at a time, so that memory peaks at the volume and one image.
 *
 * Values are stored numbers times RescaleSlope plus RescaleIntercept: integers where all of these are, else float32.
 * @throws Problem `dicom-…`, `volume-not-3d`, `volume-too-large`, and those of the files
 */
export async function readDicom(files: readonly DicomFile[], limits: NiftiLimits = {}): Promise<DicomImage> {
  const { headers, skipped } = await readHeaders(files);
  const series = arrangeSeries(headers);
  const { slices, geometry } = series;
  const header = headerOf(series);
  assertWithinLimits(header, limits);
  const data = allocateVoxels(header);
  const decoder = frameDecoder();
  let inherited: readonly RawElement[] = [];
  for (const [k, slice] of slices.entries()) {
    const dataSet = parseDicom(await slice.file.read(), 'pixels');
    await writePixels(dataSet, slice, k, data, decoder);
    if (k === 0) inherited = inheritedElements(dataSet);
  }
  const [{ studyUid, seriesUid, frameOfReferenceUid, rowDirection, columnDirection }] = slices;
  return {
    data,
    geometry,
    header,
    nonFiniteVoxels: 0,
    readWarnings: [
      ...series.warnings,
      ...(skipped === 0 ? [] : [`${skipped} DICOM files without an image were left out.`]),
    ],
    dicom: {
      studyUid,
      seriesUid,
      frameOfReferenceUid,
      rowDirection,
      columnDirection,
      slices: slices.map(({ sopClassUid, sopInstanceUid, position }) => ({ sopClassUid, sopInstanceUid, position })),
      inherited,
    },
  };
}

async function readHeaders(files: readonly DicomFile[]): Promise<{ headers: SliceHeader[]; skipped: number }> {
  const headers: SliceHeader[] = [];
  const traits: SeriesTraits[] = [];
  const faults: unknown[] = [];
  for (const file of files) {
    const dataSet = parseDicom(await file.read(), 'header');
    if (!isImage(dataSet)) continue;
    traits.push(readTraits(dataSet));
    try {
      headers.push(readSliceHeader(dataSet, file));
    } catch (error) {
      faults.push(error);
    }
  }
  // An image that cannot be read may be of another series, and that says more: it comes first.
  assertOneSeries(traits);
  if (faults.length > 0) throw faults[0];
  if (headers.length === 0) {
    throw new Problem('dicom-no-images', 'expected a DICOM series, there are no DICOM images', { files: files.length });
  }
  return { headers, skipped: files.length - headers.length };
}

/** A header as a NIfTI file of this volume would have it, so that every later step is the same. */
function headerOf({ slices, geometry }: Series): NiftiHeader {
  const datatype = datatypeOf(slices);
  const bytesPerVoxel = BYTES[datatype];
  const rows = geometry.affine.slice(0, 12).map(Math.fround);
  return {
    version: 1,
    littleEndian: true,
    datatype,
    bytesPerVoxel,
    voxelOffset: 352,
    voxelBytes: voxelCount(geometry.shape) * bytesPerVoxel,
    scaling: undefined,
    geometry,
    affineSource: 'sform',
    space: {
      version: 1,
      trailingAxes: 0,
      // Code 1: coordinates of the scanner.
      sform: { code: 1, rows },
      qform: { code: 0, quaternion: [0, 0, 0], offset: [0, 0, 0], qfac: 1 },
      pixdim: spacing32(geometry),
      xyztUnits: 2,
    },
  };
}

const spacing32 = ({ spacingMm: [i, j, k] }: Geometry): [number, number, number] => [
  Math.fround(i),
  Math.fround(j),
  Math.fround(k),
];

const BYTES = { uint8: 1, int16: 2, uint16: 2, int32: 4, float32: 4, float64: 8 } as const;
type Datatype = keyof typeof BYTES & NiftiDatatype;

/** The smallest type that holds every value that the stored bits allow. */
function datatypeOf(slices: readonly SliceHeader[]): Datatype {
  if (!slices.every(({ slope, intercept }) => Number.isInteger(slope) && Number.isInteger(intercept))) return 'float32';
  const ends = slices.flatMap(({ pixels: { bitsStored, signed }, slope, intercept }) => {
    const least = signed ? -(2 ** (bitsStored - 1)) : 0;
    const most = signed ? 2 ** (bitsStored - 1) - 1 : 2 ** bitsStored - 1;
    return [least * slope + intercept, most * slope + intercept];
  });
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  if (least >= 0 && most <= 0xff) return 'uint8';
  if (least >= -0x8000 && most <= 0x7fff) return 'int16';
  if (least >= 0 && most <= 0xffff) return 'uint16';
  return least >= -0x8000_0000 && most <= 0x7fff_ffff ? 'int32' : 'float64';
}
