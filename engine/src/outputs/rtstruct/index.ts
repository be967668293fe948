import { writeFile } from 'node:fs/promises';
import { parseColour } from '@parse3d/contract/palette';
import {
  decimalElement,
  dicomFileStart,
  sequence,
  textElement,
  type DicomElement,
  type DicomReference,
} from '@parse3d/volume/formats';
import { Problem } from '@parse3d/contract/problems';
import { codeSequence } from '../dicom-seg/groups.js';
import { inheritedElements, newUid, NOTICE, onImages, type SegRequest } from '../dicom-seg/index.js';
import { textsOf, type Texts } from '../dicom-seg/text.js';
import { outlines, type HalfPixel } from './contours.js';

const RTSTRUCT_STORAGE = '1.2.840.10008.5.1.4.1.1.481.3';
const DETACHED_STUDY = '1.2.840.10008.3.1.2.3.1';
/** The object is held in memory: a point takes about 30 bytes. */
const MAX_POINTS = 10_000_000;
const IMAGE_GROUP = 0x0028;

/** The outlines of one target in one slice. */
interface Contour {
  readonly k: number;
  readonly points: readonly HalfPixel[];
}

/**
 * Writes an RT Structure Set: for each target closed planar contours on the images, in patient coordinates. Lengths have
 * four bytes (implicit VR), since a contour's text may be longer than 64 KiB.
 * @throws Problem `internal` when it would be too large, or cannot be written
 */
export async function writeRtstruct(path: string, request: SegRequest): Promise<void> {
  const { reference, segments, pack } = request;
  const grid = onImages(request);
  const contours = contoursOf(segments.length, grid);
  const uid = newUid();
  const texts = textsOf(reference, [pack.title, ...segments.map(({ name }) => name)]);
  // Images that were moved nowhere have a frame of reference; those without get one that no other object shares.
  const frame = reference.frameOfReferenceUid ?? newUid();
  const inherited = inheritedElements(texts.inherited).filter(({ tag }) => tag >>> 16 !== IMAGE_GROUP);
  const elements = [
    ...inherited,
    texts.characterSet,
    ...identity(request, uid, frame, texts),
    referencedFrame(reference, frame, new Set(contours.flat().map(({ k }) => k))),
    sequence(0x3006_0020, ...segments.map((segment, n) => roi(segment.name, n + 1, frame, request, texts))),
    sequence(
      0x3006_0039,
      ...segments.map(({ colour }, n) => roiContour(n + 1, parseColour(colour), contours[n] ?? [], reference, grid)),
    ),
    sequence(0x3006_0080, ...segments.map(({ code, name }, n) => observation(n + 1, name, code.type, texts))),
  ];
  const unique = [...new Map(elements.map((element) => [element.tag, element])).values()];
  try {
    await writeFile(path, dicomFileStart(RTSTRUCT_STORAGE, uid, unique, 'implicit'));
  } catch (error) {
    throw Problem.from(error);
  }
}

type ImageGrid = ReturnType<typeof onImages>;

function contoursOf(segments: number, { shape, maskOf }: ImageGrid): Contour[][] {
  const [ni, nj, nk] = shape;
  let points = 0;
  return Array.from({ length: segments }, (_, segment) => {
    const mask = maskOf(segment);
    const contours: Contour[] = [];
    for (let k = 0; k < nk; k += 1) {
      const slice = mask.subarray(k * ni * nj, (k + 1) * ni * nj);
      if (!slice.some((voxel) => voxel !== 0)) continue;
      for (const outline of outlines(slice, ni, nj)) {
        contours.push({ k, points: outline });
        points += outline.length;
      }
    }
    if (points > MAX_POINTS) {
      throw new Problem('internal', `the contours have more than ${MAX_POINTS} points`, { limit: MAX_POINTS });
    }
    return contours;
  });
}

function identity(
  { reference, pack, softwareVersion }: SegRequest,
  uid: string,
  frame: string,
  texts: Texts,
): DicomElement[] {
  const now = new Date().toISOString();
  const [date, time] = [now.slice(0, 10).replaceAll('-', ''), now.slice(11, 19).replaceAll(':', '')];
  return [
    textElement(0x0008_0016, 'UI', RTSTRUCT_STORAGE),
    textElement(0x0008_0018, 'UI', uid),
    textElement(0x0008_0060, 'CS', 'RTSTRUCT'),
    texts.element(0x0008_0070, 'LO', 'parse3d'),
    texts.element(0x0008_103e, 'LO', `parse3d: ${pack.title}`),
    textElement(0x0008_1070, 'PN', ''),
    texts.element(0x0008_1090, 'LO', 'parse3d'),
    texts.element(0x0018_1020, 'LO', softwareVersion),
    textElement(0x0020_000d, 'UI', reference.studyUid),
    textElement(0x0020_000e, 'UI', newUid()),
    textElement(0x0020_0011, 'IS', '301'),
    textElement(0x0020_0052, 'UI', frame),
    texts.element(0x3006_0002, 'SH', 'parse3d'),
    texts.element(0x3006_0004, 'LO', `${pack.id} ${pack.version}`),
    texts.element(0x3006_0006, 'ST', NOTICE),
    textElement(0x3006_0008, 'DA', date),
    textElement(0x3006_0009, 'TM', time),
    textElement(0x300e_0002, 'CS', 'UNAPPROVED'),
  ];
}

/** The images that contours lie on: their frame of reference, study and series. */
function referencedFrame(reference: DicomReference, frame: string, used: ReadonlySet<number>): DicomElement {
  const slices = reference.slices.filter((_, k) => used.has(k) || used.size === 0);
  // An object of several frames is one image here.
  const images = new Map(slices.map((slice) => [slice.sopInstanceUid, { ...slice, frameNumber: undefined }]));
  return sequence(0x3006_0010, [
    textElement(0x0020_0052, 'UI', frame),
    sequence(0x3006_0012, [
      textElement(0x0008_1150, 'UI', DETACHED_STUDY),
      textElement(0x0008_1155, 'UI', reference.studyUid),
      sequence(0x3006_0014, [
        textElement(0x0020_000e, 'UI', reference.seriesUid),
        sequence(0x3006_0016, ...[...images.values()].map(imageReference)),
      ]),
    ]),
  ]);
}

const imageReference = ({
  sopClassUid,
  sopInstanceUid,
  frameNumber,
}: DicomReference['slices'][number]): DicomElement[] => [
  textElement(0x0008_1150, 'UI', sopClassUid),
  textElement(0x0008_1155, 'UI', sopInstanceUid),
  ...(frameNumber === undefined ? [] : [textElement(0x0008_1160, 'IS', String(frameNumber))]),
];

function roi(name: string, number: number, frame: string, { pack }: SegRequest, texts: Texts): DicomElement[] {
  return [
    textElement(0x3006_0022, 'IS', String(number)),
    textElement(0x3006_0024, 'UI', frame),
    texts.element(0x3006_0026, 'LO', name),
    textElement(0x3006_0036, 'CS', 'AUTOMATIC'),
    texts.element(0x3006_0038, 'LO', `parse3d ${pack.id} ${pack.version}`),
  ];
}

function roiContour(
  number: number,
  colour: readonly number[],
  contours: readonly Contour[],
  reference: DicomReference,
  grid: ImageGrid,
): DicomElement[] {
  return [
    textElement(0x3006_002a, 'IS', colour.map(String)),
    // What was not found has no contours.
    ...(contours.length === 0
      ? []
      : [sequence(0x3006_0040, ...contours.map((contour, n) => contourItem(contour, n + 1, reference, grid)))]),
    textElement(0x3006_0084, 'IS', String(number)),
  ];
}

function contourItem(
  { k, points }: Contour,
  number: number,
  reference: DicomReference,
  grid: ImageGrid,
): DicomElement[] {
  const slice = reference.slices[k];
  if (slice === undefined) throw new RangeError(`there is no slice ${k}`);
  return [
    sequence(0x3006_0016, imageReference(slice)),
    textElement(0x3006_0042, 'CS', 'CLOSED_PLANAR'),
    textElement(0x3006_0046, 'IS', String(points.length)),
    textElement(0x3006_0048, 'IS', String(number)),
    decimalElement(0x3006_0050, patientPoints(points, slice.position, reference, grid)),
  ];
}

/** LPS millimetres, to a thousandth. Rows of DICOM run against j. */
function patientPoints(
  points: readonly HalfPixel[],
  origin: readonly number[],
  { rowDirection, columnDirection }: DicomReference,
  { shape, spacingMm }: ImageGrid,
): number[] {
  return points.flatMap(([x, y]) => {
    const [along, down] = [(x / 2) * spacingMm[0], (shape[1] - 1 - y / 2) * spacingMm[1]];
    return [0, 1, 2].map((axis) => {
      const value = (origin[axis] ?? 0) + along * (rowDirection[axis] ?? 0) + down * (columnDirection[axis] ?? 0);
      return Math.round(value * 1000) / 1000;
    });
  });
}

function observation(
  number: number,
  name: string,
  type: Parameters<typeof codeSequence>[1],
  texts: Texts,
): DicomElement[] {
  return [
    textElement(0x3006_0082, 'IS', String(number)),
    textElement(0x3006_0084, 'IS', String(number)),
    texts.element(0x3006_0085, 'SH', name),
    codeSequence(0x3006_0086, type),
    textElement(0x3006_00a4, 'CS', 'ORGAN'),
    textElement(0x3006_00a6, 'PN', ''),
  ];
}
