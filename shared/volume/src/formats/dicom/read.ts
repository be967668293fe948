import { makeGeometry, voxelCount, type Geometry } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { allocateVoxels } from '../nifti/decode.js';
import { assertWithinLimits } from '../nifti/header.js';
import type { NiftiDatatype, NiftiHeader, NiftiLimits } from '../nifti/types.js';
import { frameDecoder } from './codecs.js';
import { withoutCopies } from './copies.js';
import type { DicomFiles } from './files.js';
import { inheritedElements } from './inherited.js';
import { parseDicom } from './parse.js';
import { writePixels } from './pixels.js';
import { assertOneSeries, reportIdentifiers } from './one-series.js';
import { arrangeSeries, assertOneGrid, type Series } from './series.js';
import { isImage, readSliceHeader, readTraits } from './slice-header.js';
import type { DicomFile, DicomImage, RawElement, SeriesTraits, SliceHeader } from './types.js';

/**
 * Reads the one series that the files hold. Every file is read twice, for its header and for its pixels, and one is in
 * memory at a time, so that memory peaks at the volume and one image. Places of which several images are there have
 * these compared first.
 *
 * Values are stored numbers times RescaleSlope plus RescaleIntercept: integers where all of these are, else float32.
 * @throws Problem `dicom-…`, `volume-not-3d`, `volume-too-large`, and those of the files
 */
export async function readDicom({ files, leftOut }: DicomFiles, limits: NiftiLimits = {}): Promise<DicomImage> {
  const { headers, warnings } = await readHeaders(files, leftOut);
  assertOneGrid(headers);
  assertWithinLimits(headerOf({ slices: headers, geometry: flatGeometry(headers) }), limits);
  const decoder = frameDecoder();
  const { unique, warnings: ofCopies } = await withoutCopies(headers, decoder);
  const [first = headers[0], ...others] = unique;
  const series = arrangeSeries([first, ...others]);
  const { slices, geometry } = series;
  const header = headerOf(series);
  const data = allocateVoxels(header);
  let inherited: readonly RawElement[] = [];
  for (const [k, slice] of slices.entries()) {
    const dataSet = parseDicom(await slice.file.read(), 'pixels');
    await writePixels(dataSet, slice, k, data, decoder);
    if (k === 0) inherited = inheritedElements(dataSet);
  }
  const [{ studyUid, seriesUid, frameOfReferenceUid, rowDirection, columnDirection }] = slices;
  const identifiers = reportIdentifiers(slices);
  return {
    data,
    geometry,
    header,
    nonFiniteVoxels: 0,
    readWarnings: [
      ...ofCopies,
      ...series.warnings,
      ...identifiers.warnings,
      ...countNotes(slices),
      ...warnings,
      ...leftOut,
    ],
    dicom: {
      studyUid,
      seriesUid,
      frameOfReferenceUid,
      rowDirection,
      columnDirection,
      slices: slices.map(({ sopClassUid, sopInstanceUid, position }) => ({ sopClassUid, sopInstanceUid, position })),
      inherited,
      unreferable: identifiers.unreferable,
    },
  };
}

/** Only its shape counts: more images than a worker takes are refused before any of them is compared with another. */
function flatGeometry([{ pixels }, ...others]: readonly [SliceHeader, ...SliceHeader[]]): Geometry {
  return makeGeometry(
    [pixels.columns, pixels.rows, others.length + 1],
    [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  );
}

/** What was assumed, and of how many images. */
function countNotes(slices: readonly SliceHeader[]): string[] {
  const notes = slices.flatMap((slice) => slice.notes);
  return [...new Set(notes)].map((note) => `${notes.filter((other) => other === note).length} ${note}`);
}

async function readHeaders(
  files: readonly DicomFile[],
  leftOut: readonly string[],
): Promise<{ headers: readonly [SliceHeader, ...SliceHeader[]]; warnings: string[] }> {
  const headers: SliceHeader[] = [];
  const traits: SeriesTraits[] = [];
  const faults: unknown[] = [];
  for (const file of files) {
    const dataSet = parseDicom(await file.read(), 'header');
    if (!isImage(dataSet)) continue;
    const trait = readTraits(dataSet);
    traits.push(trait);
    try {
      headers.push(readSliceHeader(dataSet, file));
    } catch (error) {
      // A scout image need not be one that can be read.
      if (!trait.localizer) faults.push(error);
    }
  }
  const scouts = traits.filter(({ localizer }) => localizer).length;
  const onlyScouts = scouts === traits.length;
  const slices = onlyScouts ? headers : headers.filter(({ localizer }) => !localizer);
  // An image that cannot be read may be of another series, and that says more: it comes first.
  assertOneSeries(onlyScouts ? traits : traits.filter(({ localizer }) => !localizer));
  if (faults.length > 0) throw faults[0];
  const [first, ...others] = slices;
  if (first === undefined || (onlyScouts && others.length === 0)) {
    const found = scouts > 0 ? 'there is nothing but a localizer (a scout image)' : 'there are no DICOM images';
    throw new Problem('dicom-no-images', [`expected a DICOM series, ${found}`, ...leftOut].join('; '), {
      files: files.length,
      ...(scouts > 0 ? { localizers: scouts } : {}),
    });
  }
  const without = files.length - traits.length;
  const warnings = [
    ...(without === 0 ? [] : [`${without} DICOM files without an image were left out.`]),
    ...(scouts === 0 || onlyScouts ? [] : [`${scouts} localizers (scout images) were left out.`]),
  ];
  return { headers: [first, ...others], warnings };
}

/** A header as a NIfTI file of this volume would have it, so that every later step is the same. */
function headerOf({ slices, geometry }: Pick<Series, 'slices' | 'geometry'>): NiftiHeader {
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
