import {
  decimalElement,
  longElement,
  sequence,
  shortElement,
  textElement,
  type DicomElement,
  type DicomReference,
} from '@parse3d/volume/formats';
import type { Vec3 } from '@parse3d/volume/geometry';
import type { Code } from '../terminology/index.js';
import type { Frame } from './frames.js';

const SOURCE_IMAGE: Code = { value: '121322', scheme: 'DCM', meaning: 'Source image for image processing operation' };
const SEGMENTATION: Code = { value: '113076', scheme: 'DCM', meaning: 'Segmentation' };

/** A sequence of one code. */
export function codeSequence(tag: number, code: Code, more: readonly DicomElement[] = []): DicomElement {
  return sequence(tag, [
    textElement(0x0008_0100, 'SH', code.value),
    textElement(0x0008_0102, 'SH', code.scheme),
    textElement(0x0008_0104, 'LO', code.meaning),
    ...more,
  ]);
}

/** What all frames share: size and direction of pixels. */
export function sharedGroups(reference: DicomReference, [i, j, k]: Vec3): DicomElement {
  return sequence(0x5200_9229, [
    sequence(0x0028_9110, [
      decimalElement(0x0018_0050, [k]),
      decimalElement(0x0018_0088, [k]),
      // Distance of rows, then of columns.
      decimalElement(0x0028_0030, [j, i]),
    ]),
    sequence(0x0020_9116, [decimalElement(0x0020_0037, [...reference.rowDirection, ...reference.columnDirection])]),
  ]);
}

/** What each frame has of its own: the segment, the place, the image it was made from. */
export function perFrameGroups(frames: readonly Frame[], reference: DicomReference): DicomElement {
  return sequence(
    0x5200_9230,
    ...frames.map(({ segment, k }) => {
      const { sopClassUid, sopInstanceUid, frameNumber, position } = reference.slices[k] ?? missing(k);
      return [
        sequence(0x0008_9124, [
          sequence(0x0008_2112, [
            textElement(0x0008_1150, 'UI', sopClassUid),
            textElement(0x0008_1155, 'UI', sopInstanceUid),
            ...(frameNumber === undefined ? [] : [textElement(0x0008_1160, 'IS', String(frameNumber))]),
            textElement(0x0028_135a, 'CS', 'YES'),
            codeSequence(0x0040_a170, SOURCE_IMAGE),
          ]),
          codeSequence(0x0008_9215, SEGMENTATION),
        ]),
        // Along the dimensions that `dimensions` declares, from 1.
        sequence(0x0020_9111, [longElement(0x0020_9157, [segment + 1, k + 1])]),
        sequence(0x0020_9113, [decimalElement(0x0020_0032, position)]),
        sequence(0x0062_000a, [shortElement(0x0062_000b, [segment + 1])]),
      ];
    }),
  );
}

function missing(k: number): never {
  throw new RangeError(`there is no slice ${k}`);
}
