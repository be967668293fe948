import { randomUUID } from 'node:crypto';
import type { Pack } from '@parse3d/contract';
import {
  dicomFileStart,
  pixelHead,
  rawElement,
  sequence,
  shortElement,
  tagElement,
  textElement,
  type DicomElement,
  type DicomReference,
} from '@parse3d/volume/formats';
import type { Geometry, Shape, Vec3 } from '@parse3d/volume/geometry';
import { Problem } from '@parse3d/contract/problems';
import type { Colour } from '@parse3d/contract/palette';
import type { SegmentCode } from '../terminology/index.js';
import { cielab } from './cielab.js';
import { frameBytes, framesOf, writeFrames, type MaskOf } from './frames.js';
import { codeSequence, perFrameGroups, sharedGroups } from './groups.js';
import { SPECIFIC_CHARACTER_SET, textsOf, type Texts } from './text.js';

const SEGMENTATION_STORAGE = '1.2.840.10008.5.1.4.1.1.66.4';
export const NOTICE = 'For research use only: not a medical device, not for diagnosis or treatment.';
/** A value of DICOM has at most so many bytes; frames also have to be told one by one. */
const MAX_PIXEL_BYTES = 2 ** 32 - 2;
const MAX_FRAMES = 200_000;
/** Copied when the images have them, else written empty: type 2 of patient, study and frame of reference. */
const NEVER_ABSENT = [
  [0x0008_0020, 'DA'],
  [0x0008_0030, 'TM'],
  [0x0008_0050, 'SH'],
  [0x0008_0090, 'PN'],
  [0x0010_0010, 'PN'],
  [0x0010_0020, 'LO'],
  [0x0010_0030, 'DA'],
  [0x0010_0040, 'CS'],
  [0x0020_0010, 'SH'],
  [0x0020_1040, 'LO'],
] as const;

/** One target of the label map. */
export interface Segment {
  /** The prompt, as given. */
  readonly name: string;
  /** Its number in the label map. */
  readonly label: number;
  readonly colour: Colour;
  readonly code: SegmentCode;
}

export interface SegRequest {
  readonly geometry: Geometry;
  readonly reference: DicomReference;
  readonly segments: readonly Segment[];
  readonly maskOf: MaskOf;
  readonly pack: Pick<Pack, 'id' | 'version' | 'title'>;
  readonly softwareVersion: string;
}

/**
 * Writes a DICOM Segmentation object (binary, one segment a prompt, overlaps kept) that refers to the images of the
 * volume. It repeats their patient and study, as the standard asks.
 * @throws Problem `internal` when it would be larger than DICOM allows, or cannot be written
 */
export async function writeDicomSeg(path: string, request: SegRequest): Promise<void> {
  const { reference, segments, pack } = request;
  const { shape, spacingMm, maskOf } = onImages(request);
  const frames = framesOf(segments.length, maskOf, shape);
  const bytes = frameBytes(frames.length, shape);
  if (frames.length > MAX_FRAMES || bytes > MAX_PIXEL_BYTES) {
    throw new Problem('internal', `${frames.length} frames are more than one DICOM object takes`, {
      frames: frames.length,
      limit: MAX_FRAMES,
    });
  }
  const uid = newUid();
  const texts = textsOf(reference, [pack.title, ...segments.map(({ name }) => name)]);
  const elements = [
    ...inheritedElements(texts.inherited),
    texts.characterSet,
    ...identity(request, uid, texts, new Set(frames.map(({ k }) => k))),
    ...image(shape, frames.length),
    ...dimensions(),
    sequence(0x0062_0002, ...segments.map((segment, index) => segmentItem(segment, index, request, texts))),
    sharedGroups(reference, spacingMm),
    perFrameGroups(frames, reference),
  ];
  const start = [dicomFileStart(SEGMENTATION_STORAGE, uid, elements), pixelHead(bytes)];
  await writeFrames(path, start, frames, maskOf, shape);
}

/** The object lies on the images, also where these were resampled for the model. */
export function onImages({ geometry, reference: { images }, maskOf }: SegRequest): {
  readonly shape: Shape;
  readonly spacingMm: Vec3;
  readonly maskOf: MaskOf;
} {
  if (images === undefined) return { ...geometry, maskOf };
  const { shape, spacingMm } = images;
  return { shape, spacingMm, maskOf: (segment) => images.onto(maskOf(segment)) };
}

export function inheritedElements(inherited: DicomReference['inherited']): DicomElement[] {
  const present = new Set(inherited.map(({ tag }) => tag));
  return [
    ...inherited
      .filter(({ tag }) => tag !== SPECIFIC_CHARACTER_SET)
      .map(({ tag, vr, bytes }) => rawElement(tag, vr, bytes)),
    ...NEVER_ABSENT.filter(([tag]) => !present.has(tag)).map(([tag, vr]) => textElement(tag, vr, '')),
    ...(present.has(0x0028_2110) ? [] : [textElement(0x0028_2110, 'CS', '00')]),
  ];
}

/** @param used the slices that frames refer to */
function identity(
  { reference, pack, softwareVersion }: SegRequest,
  uid: string,
  texts: Texts,
  used: ReadonlySet<number>,
): DicomElement[] {
  const now = new Date().toISOString();
  return [
    textElement(0x0008_0016, 'UI', SEGMENTATION_STORAGE),
    textElement(0x0008_0018, 'UI', uid),
    textElement(0x0008_0023, 'DA', now.slice(0, 10).replaceAll('-', '')),
    textElement(0x0008_0033, 'TM', now.slice(11, 19).replaceAll(':', '')),
    textElement(0x0008_0060, 'CS', 'SEG'),
    texts.element(0x0008_0070, 'LO', 'parse3d'),
    texts.element(0x0008_103e, 'LO', `parse3d: ${pack.title}`),
    texts.element(0x0008_1090, 'LO', 'parse3d'),
    texts.element(0x0018_1000, 'LO', 'none'),
    texts.element(0x0018_1020, 'LO', softwareVersion),
    textElement(0x0020_000d, 'UI', reference.studyUid),
    textElement(0x0020_000e, 'UI', newUid()),
    textElement(0x0020_0011, 'IS', '300'),
    textElement(0x0020_0013, 'IS', '1'),
    // Images need a frame of reference; those that have none get one that no other object shares.
    textElement(0x0020_0052, 'UI', reference.frameOfReferenceUid ?? newUid()),
    texts.element(0x0020_4000, 'LT', NOTICE),
    textElement(0x0070_0080, 'CS', 'SEGMENTATION'),
    texts.element(0x0070_0081, 'LO', `Research use only; ${pack.id} ${pack.version}`),
    textElement(0x0070_0084, 'PN', ''),
    referencedSeries(reference, used),
  ];
}

/** Images that no frame refers to are not listed: whoever opens the object would fetch them for nothing. */
function referencedSeries({ seriesUid, slices }: DicomReference, used: ReadonlySet<number>): DicomElement {
  // Once each: the slices of a multi-frame object are one instance.
  const instances = new Map(
    slices.filter((_, k) => used.has(k)).map(({ sopClassUid, sopInstanceUid }) => [sopInstanceUid, sopClassUid]),
  );
  return sequence(0x0008_1115, [
    sequence(
      0x0008_114a,
      ...[...instances].map(([sopInstanceUid, sopClassUid]) => [
        textElement(0x0008_1150, 'UI', sopClassUid),
        textElement(0x0008_1155, 'UI', sopInstanceUid),
      ]),
    ),
    textElement(0x0020_000e, 'UI', seriesUid),
  ]);
}

function image([columns, rows]: Shape, frames: number): DicomElement[] {
  return [
    textElement(0x0008_0008, 'CS', ['DERIVED', 'PRIMARY']),
    shortElement(0x0028_0002, [1]),
    textElement(0x0028_0004, 'CS', 'MONOCHROME2'),
    textElement(0x0028_0008, 'IS', String(frames)),
    shortElement(0x0028_0010, [rows]),
    shortElement(0x0028_0011, [columns]),
    shortElement(0x0028_0100, [1]),
    shortElement(0x0028_0101, [1]),
    shortElement(0x0028_0102, [0]),
    shortElement(0x0028_0103, [0]),
    textElement(0x0062_0001, 'CS', 'BINARY'),
  ];
}

/** Frames are ordered by segment, then by place. */
function dimensions(): DicomElement[] {
  const uid = newUid();
  const dimension = (pointer: number, group: number, description: string): DicomElement[] => [
    textElement(0x0020_9164, 'UI', uid),
    tagElement(0x0020_9165, pointer),
    tagElement(0x0020_9167, group),
    textElement(0x0020_9421, 'LO', description),
  ];
  return [
    sequence(0x0020_9221, [textElement(0x0020_9164, 'UI', uid)]),
    sequence(
      0x0020_9222,
      dimension(0x0062_000b, 0x0062_000a, 'Segment'),
      dimension(0x0020_0032, 0x0020_9113, 'Position'),
    ),
  ];
}

function segmentItem(segment: Segment, index: number, { pack }: SegRequest, texts: Texts): DicomElement[] {
  const { category, type, side, region } = segment.code;
  const modifier = side === undefined ? [] : [side];
  // The side belongs to what is segmented, or to the organ that holds it.
  const typeModifier = region === undefined ? modifier.map((code) => codeSequence(0x0062_0011, code)) : [];
  const regionModifier = modifier.map((code) => codeSequence(0x0008_2220, code));
  return [
    shortElement(0x0062_0004, [index + 1]),
    texts.element(0x0062_0005, 'LO', segment.name),
    texts.element(0x0062_0006, 'ST', `Label ${segment.label}: ${segment.name}`),
    textElement(0x0062_0008, 'CS', 'AUTOMATIC'),
    texts.element(0x0062_0009, 'LO', `parse3d ${pack.id} ${pack.version}`),
    codeSequence(0x0062_0003, category),
    codeSequence(0x0062_000f, type, typeModifier),
    ...(region === undefined ? [] : [codeSequence(0x0008_2218, region, regionModifier)]),
    shortElement(0x0062_000d, cielab(segment.colour)),
  ];
}

/** An identifier of a new object, made from a random UUID as the standard says. */
export function newUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
}
