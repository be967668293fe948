import { Problem } from '@parse3d/contract/problems';
import { frameViews, type FrameView } from './frame-view.js';
import { mosaicOf } from './mosaic.js';
import { decimals, integer, text, type DataSet } from './parse.js';
import { missing, orientation, stackOf, unsupported, vector, type Stack } from './stack.js';
import { readTraits } from './traits.js';
import { isBigEndian, pixelCoding } from './transfer-syntaxes.js';
import type { Concatenation, DicomFile, PixelLayout, SeriesTraits, SliceHeader } from './types.js';

/** Objects with pixels that are no slices of a series: segmentations, dose grids, surface fits, presentation states. */
const DERIVED_CLASSES = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(66\.|481\.|11\.|88\.|104\.)/;

/** Functional groups: frame content, plane position, plane orientation, pixel measures, pixel value transformation. */
const FRAME_CONTENT = 'x00209111';
const POSITION = 'x00209113';
const ORIENTATION = 'x00209116';
const MEASURES = 'x00289110';
const TRANSFORMATION = 'x00289145';
/** True for a file with an image that could be a slice. Reports, structures, plans and directories have none. */
export function isImage(dataSet: DataSet): boolean {
  return (
    dataSet.elements['x00280010'] !== undefined &&
    dataSet.elements['x00280011'] !== undefined &&
    !DERIVED_CLASSES.test(text(dataSet, 'x00080016') ?? '')
  );
}

/** Which series an image belongs to. */
export function readSeriesTraits(dataSet: DataSet): SeriesTraits {
  return {
    seriesUid: text(dataSet, 'x0020000e') ?? '',
    seriesNumber: integer(dataSet, 'x00200011'),
    modality: /^[A-Z]{2,4}$/.exec(text(dataSet, 'x00080060') ?? '')?.[0] ?? 'unknown',
    rows: dataSet.uint16('x00280010') ?? 0,
    columns: dataSet.uint16('x00280011') ?? 0,
    localizer: imageType(dataSet).includes('LOCALIZER'),
  };
}

/** The values of ImageType. */
function imageType(dataSet: DataSet): string[] {
  return (text(dataSet, 'x00080008') ?? '').split('\\').map((value) => value.trim().toUpperCase());
}

/**
 * The headers of the images of one file, checked so that their pixels can be placed and read: of an ordinary file one, of
 * a mosaic one a slice.
 * @throws Problem `dicom-invalid`, `dicom-unsupported`
 */
export function readSliceHeaders(dataSet: DataSet, file: DicomFile): SliceHeader[] {
  const views = frameViews(dataSet, file.bytes);
  const { pixels, notes } = pixelLayout(dataSet);
  const mosaic = mosaicOf(dataSet);
  const single = views.length === 1 && mosaic === undefined;
  const common = {
    file,
    frames: views.length,
    tile: undefined,
    concatenation: concatenationOf(dataSet),
    sopClassUid: text(dataSet, 'x00080016') ?? '',
    sopInstanceUid: text(dataSet, 'x00080018') ?? '',
    studyUid: text(dataSet, 'x0020000d') ?? '',
    seriesUid: text(dataSet, 'x0020000e') ?? '',
    frameOfReferenceUid: text(dataSet, 'x00200052'),
    instanceNumber: integer(dataSet, 'x00200013'),
    // Both count files of one image each.
    imagesInAcquisition: single ? integer(dataSet, 'x00201002') : undefined,
    numberOfSlices: single ? dataSet.uint16('x00540081') : undefined,
    localizer: imageType(dataSet).includes('LOCALIZER'),
    pixels,
    notes,
  };
  if (mosaic !== undefined) {
    const { rows, columns, tiles, stack } = mosaic;
    const own = { ...common, pixels: { ...pixels, rows, columns } };
    return views.flatMap((view) => tiles.map((tile) => ({ ...own, ...frameHeader(view, stack, tile.index), tile })));
  }
  const shared = common.frames > 1 && views.every(({ enhanced }) => !enhanced) ? stackOf(dataSet) : undefined;
  return views.map((view) => ({ ...common, ...frameHeader(view, shared) }));
}

/** What the frames of one object have of their own. */
type OfFrame = 'frame' | 'acquired' | 'traits' | 'position' | 'rowDirection' | 'columnDirection';
type Scales = 'rowSpacing' | 'columnSpacing' | 'thickness' | 'slope' | 'intercept';

function frameHeader(
  view: FrameView,
  stack: Stack | undefined,
  place = view.frame,
): Pick<SliceHeader, OfFrame | Scales> {
  const measured = view.holder(MEASURES, 'x00280030');
  const [rowSpacing = 0, columnSpacing = 0] = decimals(measured, 'x00280030', 2) ?? [];
  if (!(rowSpacing > 0 && columnSpacing > 0)) throw missing('PixelSpacing (two positive numbers)');
  const directions = stack ?? orientation(view.holder(ORIENTATION, 'x00200037'));
  const thickness = decimals(view.holder(MEASURES, 'x00180050'), 'x00180050', 1)?.[0];
  return {
    frame: view.frame,
    acquired: acquiredAt(view),
    traits: readTraits(view),
    position:
      stack?.position(place) ??
      vector(decimals(view.holder(POSITION, 'x00200032'), 'x00200032', 3), 'ImagePositionPatient'),
    rowDirection: directions.rowDirection,
    columnDirection: directions.columnDirection,
    rowSpacing,
    columnSpacing,
    thickness: thickness !== undefined && thickness > 0 ? thickness : undefined,
    ...rescale(view),
  };
}

function acquiredAt(view: FrameView): string | undefined {
  const { root } = view;
  const own = text(view.holder(FRAME_CONTENT, 'x00189074'), 'x00189074') ?? text(root, 'x0008002a');
  if (own !== undefined) return own;
  const time = text(root, 'x00080032');
  return time === undefined ? undefined : `${text(root, 'x00080022') ?? ''}${time}`;
}

function concatenationOf(dataSet: DataSet): Concatenation | undefined {
  const uid = text(dataSet, 'x00209161');
  const part = dataSet.uint16('x00209162');
  return uid === undefined || part === undefined ? undefined : { uid, part, total: dataSet.uint16('x00209163') };
}

function rescale(view: FrameView): { slope: number; intercept: number } {
  const dataSet = view.holder(TRANSFORMATION, 'x00281053');
  if (dataSet.elements['x00283000'] !== undefined && dataSet.elements['x00281053'] === undefined) {
    throw unsupported('the images map stored numbers to values by a table (Modality LUT), which is not read');
  }
  const value = (tag: string, none: number): number => {
    if (text(dataSet, tag) === undefined) return none;
    const [number] = decimals(dataSet, tag, 1) ?? [];
    if (number === undefined) throw new Problem('dicom-invalid', 'RescaleSlope or RescaleIntercept is not a number');
    return number;
  };
  // A slope of 0 loses nothing of a slice whose stored numbers are all the same: those who read them look.
  return { slope: value('x00281053', 1), intercept: value('x00281052', 0) };
}

function pixelLayout(dataSet: DataSet): { pixels: PixelLayout; notes: string[] } {
  const transferSyntax = text(dataSet, 'x00020010') ?? '';
  const coding = pixelCoding(transferSyntax);
  if (coding === undefined) {
    throw unsupported(
      'the pixels are compressed in a way that is not read; decompress them (dcmdjpeg, gdcmconv --raw)',
      {
        transferSyntax: transferSyntax.replace(/[^0-9.]/g, '').slice(0, 64),
      },
    );
  }
  const samples = dataSet.uint16('x00280002') ?? 1;
  const said = text(dataSet, 'x00280004');
  // One sample without a palette is grey, whichever end is black.
  const assumed = said === undefined && samples === 1 && dataSet.elements['x00281101'] === undefined;
  const photometric = assumed ? 'MONOCHROME2' : (said ?? '');
  if (said === undefined && !assumed) {
    throw unsupported('an image has no PhotometricInterpretation, and what it has of samples or palettes is not grey', {
      samples,
    });
  }
  if (samples !== 1 || !/^MONOCHROME[12]$/.test(photometric)) {
    throw unsupported('expected grey images (one MONOCHROME sample a pixel), these have colours', { samples });
  }
  const number = (tag: string): number => dataSet.uint16(tag) ?? 0;
  const [rows, columns] = [number('x00280010'), number('x00280011')];
  const [bitsAllocated, bitsStored] = [number('x00280100'), number('x00280101')];
  const highBit = dataSet.uint16('x00280102') ?? bitsStored - 1;
  if (rows === 0 || columns === 0) throw new Problem('dicom-invalid', 'an image has no rows or no columns');
  if (bitsAllocated !== 8 && bitsAllocated !== 16 && bitsAllocated !== 32) {
    throw unsupported(`expected 8, 16 or 32 bits a pixel, an image has ${bitsAllocated}`, { bitsAllocated });
  }
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit < bitsStored - 1 || highBit >= bitsAllocated) {
    throw new Problem('dicom-invalid', `${bitsStored} bits up to bit ${highBit} do not fit into ${bitsAllocated}`, {
      bitsAllocated,
      bitsStored,
      highBit,
    });
  }
  const signed = number('x00280103') === 1;
  const bigEndian = isBigEndian(transferSyntax);
  return {
    pixels: { rows, columns, bitsAllocated, bitsStored, highBit, signed, coding, bigEndian, photometric },
    notes: assumed ? ['images have no PhotometricInterpretation; they were read as grey (MONOCHROME2).'] : [],
  };
}
