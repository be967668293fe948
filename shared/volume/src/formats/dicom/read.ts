import { makeGeometry, voxelCount, type Geometry, type VoxelArray } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { allocateVoxels } from '../nifti/decode.js';
import { assertWithinLimits } from '../nifti/header.js';
import type { NiftiDatatype, NiftiHeader, NiftiLimits } from '../nifti/types.js';
import { chooseVolume } from './choose.js';
import { frameDecoder, type FrameDecoder } from './codecs.js';
import { withoutCopies } from './copies.js';
import type { DicomFiles } from './files.js';
import { splitByGrid } from './grids.js';
import { inheritedElements } from './inherited.js';
import { parseDicom } from './parse.js';
import { imageOpener, writePixels, type OpenImage } from './pixels.js';
import { groupByPlace } from './places.js';
import { assertOneSeries, assertWholeConcatenations, reportIdentifiers } from './one-series.js';
import { arrangeSeries, type ArrangeOptions, type Series } from './series.js';
import { isImage, readSeriesTraits, readSliceHeaders } from './slice-header.js';
import type { DicomFile, DicomImage, RawElement, SeriesTraits, SliceHeader } from './types.js';
import { ontoGrid, ontoImages } from './upright.js';
import { volumesOf, type SeriesVolume } from './volumes.js';

/** What is read of a series, where it leaves a choice. */
export interface DicomOptions extends NiftiLimits, ArrangeOptions {
  /** Which of several volumes in the series, from 1. Without it a series of several is refused, with their list. */
  readonly volume?: number | undefined;
}

/**
 * Reads a volume of the one series that the files hold. Every file is read twice, for its header and for its pixels, and
 * one is in memory at a time, so that memory peaks at the volume and one file (and twice the volume where it is
 * resampled). Places of which several images are there have these compared first.
 *
 * Values are stored numbers times RescaleSlope plus RescaleIntercept: integers where all of these are, else float32.
 * @throws Problem `dicom-…`, `volume-not-3d`, `volume-too-large`, and those of the files
 */
export async function readDicom({ files, leftOut }: DicomFiles, options: DicomOptions = {}): Promise<DicomImage> {
  const { headers, warnings } = await readHeaders(files, leftOut);
  const { grids, differ } = splitByGrid(headers);
  const [decoder, open] = [frameDecoder(), imageOpener()];
  const volumes: SeriesVolume[][] = [];
  let copies = 0;
  for (const grid of grids) {
    const places = groupByPlace(grid);
    assertWithinLimits(headerOf({ slices: grid, geometry: flatGeometry(grid[0], places.length) }), options);
    const unique = await withoutCopies(places, open, decoder);
    copies += unique.copies;
    volumes.push(volumesOf(unique.places));
  }
  const { chosen, warnings: ofChoice } = chooseVolume(volumes, differ, options.volume);
  const images = volumes.flat().flatMap((volume) => volume.slices);
  const series = arrangeSeries(chosen.slices, images, options);
  const { slices, plan } = series;
  const header = headerOf(series);
  assertWithinLimits(header, options);
  const { voxels, inherited } = await readSlices(series, open, decoder);
  const [{ studyUid, seriesUid, frameOfReferenceUid, rowDirection, columnDirection, columnSpacing, rowSpacing }] =
    slices;
  const identifiers = reportIdentifiers(slices);
  return {
    data: plan === undefined ? voxels : ontoGrid(voxels, plan),
    geometry: series.geometry,
    header,
    nonFiniteVoxels: 0,
    readWarnings: [
      ...ofChoice,
      ...(copies === 0 ? [] : [`${copies} ${nounOf(headers)} are copies of others and were left out.`]),
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
      slices: slices.map(({ sopClassUid, sopInstanceUid, position, frame, frames }) => ({
        sopClassUid,
        sopInstanceUid,
        position,
        ...(frames > 1 ? { frameNumber: frame + 1 } : {}),
      })),
      inherited,
      unreferable: identifiers.unreferable,
      ...(plan === undefined
        ? {}
        : {
            images: {
              shape: plan.images,
              spacingMm: [columnSpacing, rowSpacing, series.geometry.spacingMm[2]],
              onto: (mask: Uint8Array) => ontoImages(mask, plan),
            },
          }),
    },
  };
}

const nounOf = (headers: readonly SliceHeader[]): string =>
  headers.some(({ tile }) => tile !== undefined)
    ? 'slices of mosaics'
    : headers.some(({ frames }) => frames > 1)
      ? 'DICOM images'
      : 'DICOM files';

/** The images one behind the other, and what objects derived from them repeat. */
async function readSlices(
  { slices, geometry, plan }: Series,
  open: OpenImage,
  decoder: FrameDecoder,
): Promise<{ voxels: VoxelArray; inherited: readonly RawElement[] }> {
  const [first] = slices;
  const stack = plan === undefined ? geometry : flatGeometry(first, slices.length);
  const voxels = allocateVoxels(headerOf({ slices, geometry: stack }));
  let inherited: readonly RawElement[] = [];
  for (const [k, slice] of slices.entries()) {
    const dataSet = await open(slice);
    await writePixels(dataSet, slice, k, voxels, decoder);
    if (k === 0) inherited = inheritedElements(dataSet);
  }
  return { voxels, inherited };
}

/** Only its shape counts: more images than a worker takes are refused before any of them is compared with another. */
function flatGeometry({ pixels }: SliceHeader, count: number): Geometry {
  return makeGeometry([pixels.columns, pixels.rows, count], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
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
    const trait = readSeriesTraits(dataSet);
    traits.push(trait);
    try {
      headers.push(...readSliceHeaders(dataSet, file));
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
  assertWholeConcatenations(slices);
  const [first, ...others] = slices;
  if (first === undefined || (onlyScouts && others.length === 0)) {
    const found = scouts > 0 ? 'there is nothing but a localizer (a scout image)' : 'there are no DICOM images';
    throw new Problem(
      'dicom-no-images',
      [`expected a DICOM series, ${found}`, leftOut.join(' ')].filter(Boolean).join('. '),
      {
        files: files.length,
        ...(scouts > 0 ? { localizers: scouts } : {}),
      },
    );
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
  let [least, most] = [Infinity, -Infinity];
  for (const { pixels, slope, intercept } of slices) {
    const { bitsStored, signed } = pixels;
    const ends = signed ? [-(2 ** (bitsStored - 1)), 2 ** (bitsStored - 1) - 1] : [0, 2 ** bitsStored - 1];
    for (const end of ends) {
      least = Math.min(least, end * slope + intercept);
      most = Math.max(most, end * slope + intercept);
    }
  }
  if (least >= 0 && most <= 0xff) return 'uint8';
  if (least >= -0x8000 && most <= 0x7fff) return 'int16';
  if (least >= 0 && most <= 0xffff) return 'uint16';
  return least >= -0x8000_0000 && most <= 0x7fff_ffff ? 'int32' : 'float64';
}
