import type { Vec3 } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { frameViews, type FrameView } from './frame-view.js';
import { decimals, integer, text, type DataSet } from './parse.js';
import { readTraits } from './traits.js';
import { isBigEndian, pixelCoding } from './transfer-syntaxes.js';
import type { Concatenation, DicomFile, PixelLayout, SeriesTraits, SliceHeader } from './types.js';

/** Objects with pixels that are no slices of a series: segmentations, dose grids, surface fits, presentation states. */
const DERIVED_CLASSES = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(66\.|481\.|11\.|88\.|104\.)/;

/** Functional groups: plane position, plane orientation, pixel measures, pixel value transformation. */
const POSITION = 'x00209113';
const ORIENTATION = 'x00209116';
const MEASURES = 'x00289110';
const TRANSFORMATION = 'x00289145';
/** Numbers the slices of reconstructed nuclear medicine. */
const SLICE_VECTOR = 0x0054_0080;

const unsupported = (detail: string, fields: Record<string, unknown> = {}): Problem =>
  new Problem('dicom-unsupported', detail, fields);

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
 * The headers of the images of one file, checked so that their pixels can be placed and read: of an ordinary file one.
 * @throws Problem `dicom-invalid`, `dicom-unsupported`
 */
export function readSliceHeaders(dataSet: DataSet, file: DicomFile): SliceHeader[] {
  if (imageType(dataSet).includes('MOSAIC')) {
    throw unsupported(
      'the image is a mosaic: all slices of a volume lie side by side in it; convert it to NIfTI (dcm2niix)',
    );
  }
  const views = frameViews(dataSet, file.bytes);
  const { pixels, notes } = pixelLayout(dataSet);
  const single = views.length === 1;
  const common = {
    file,
    frames: views.length,
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
  const shared = common.frames > 1 && views.every(({ enhanced }) => !enhanced) ? stackOf(dataSet) : undefined;
  return views.map((view) => ({ ...common, ...frameHeader(view, shared) }));
}

/** What the frames of one object have of their own. */
type OfFrame = 'frame' | 'traits' | 'position' | 'rowDirection' | 'columnDirection';
type Scales = 'rowSpacing' | 'columnSpacing' | 'thickness' | 'slope' | 'intercept';

function frameHeader(view: FrameView, stack: Stack | undefined): Pick<SliceHeader, OfFrame | Scales> {
  const measured = view.holder(MEASURES, 'x00280030');
  const [rowSpacing = 0, columnSpacing = 0] = decimals(measured, 'x00280030', 2) ?? [];
  if (!(rowSpacing > 0 && columnSpacing > 0)) throw missing('PixelSpacing (two positive numbers)');
  const directions = stack ?? orientation(view.holder(ORIENTATION, 'x00200037'));
  const thickness = decimals(view.holder(MEASURES, 'x00180050'), 'x00180050', 1)?.[0];
  return {
    frame: view.frame,
    traits: readTraits(view),
    position:
      stack?.position(view.frame) ??
      vector(decimals(view.holder(POSITION, 'x00200032'), 'x00200032', 3), 'ImagePositionPatient'),
    rowDirection: directions.rowDirection,
    columnDirection: directions.columnDirection,
    rowSpacing,
    columnSpacing,
    thickness: thickness !== undefined && thickness > 0 ? thickness : undefined,
    ...rescale(view),
  };
}

interface Stack {
  readonly rowDirection: Vec3;
  readonly columnDirection: Vec3;
  position(frame: number): Vec3;
}

/**
 * Frames of an object without functional groups lie one behind the other, where it says that they do: reconstructed
 * nuclear medicine by its slice vector, others by a distance of slices alone.
 * @throws Problem `dicom-unsupported` for cine loops, projections and the like
 */
function stackOf(dataSet: DataSet): Stack {
  const frames = integer(dataSet, 'x00280008') ?? 1;
  const place = [dataSet.elements['x00540022']?.items?.[0]?.dataSet, dataSet].find(
    (set) => set?.elements['x00200032'] !== undefined && set.elements['x00200037'] !== undefined,
  );
  const step = decimals(dataSet, 'x00180088', 1)?.[0];
  const pointer = dataSet.elements['x00280009'];
  const along = pointer === undefined ? [] : pointersOf(dataSet, pointer.length / 4);
  const slices = Array.from({ length: frames }, (_, n) => dataSet.uint16('x00540080', n) ?? n + 1);
  const inOrder = slices.every((number, n) => number === n + 1);
  if (
    place === undefined ||
    step === undefined ||
    step === 0 ||
    !inOrder ||
    along.some((tag) => tag !== SLICE_VECTOR)
  ) {
    throw unsupported(
      `an object has ${frames} frames and does not say where each of them lies (a cine loop, projections, or a stack without geometry)`,
      { frames },
    );
  }
  const directions = orientation(place);
  const { rowDirection: r, columnDirection: c } = directions;
  const normal: Vec3 = [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]];
  const first = vector(decimals(place, 'x00200032', 3), 'ImagePositionPatient');
  const [x, y, z] = first;
  return {
    ...directions,
    position: (frame) => [x + normal[0] * step * frame, y + normal[1] * step * frame, z + normal[2] * step * frame],
  };
}

function pointersOf(dataSet: DataSet, count: number): number[] {
  return Array.from(
    { length: Math.floor(count) },
    (_, n) => (dataSet.uint16('x00280009', n * 2) ?? 0) * 0x1_0000 + (dataSet.uint16('x00280009', n * 2 + 1) ?? 0),
  );
}

function concatenationOf(dataSet: DataSet): Concatenation | undefined {
  const uid = text(dataSet, 'x00209161');
  const part = dataSet.uint16('x00209162');
  return uid === undefined || part === undefined ? undefined : { uid, part, total: dataSet.uint16('x00209163') };
}

function orientation(dataSet: DataSet): { rowDirection: Vec3; columnDirection: Vec3 } {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = decimals(dataSet, 'x00200037', 6) ?? [];
  const [row, column] = [Math.hypot(a, b, c), Math.hypot(d, e, f)];
  const skew = Math.abs(a * d + b * e + c * f);
  // Texts of 16 characters round; a thousandth of a unit is far more than that.
  if (Math.abs(row - 1) > 1e-3 || Math.abs(column - 1) > 1e-3 || skew > 1e-3) {
    throw missing('ImageOrientationPatient (two perpendicular unit vectors)');
  }
  return { rowDirection: [a / row, b / row, c / row], columnDirection: [d / column, e / column, f / column] };
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

function vector(values: readonly number[] | undefined, name: string): Vec3 {
  const [x, y, z] = values ?? [];
  if (x === undefined || y === undefined || z === undefined) throw missing(`${name} (three numbers)`);
  return [x, y, z];
}

const missing = (what: string): Problem =>
  unsupported(`an image does not say how it lies in the patient: expected ${what}`, { expected: what });
