import type { DataSet } from './parse.js';
import type { RawElement } from './types.js';

/**
 * What an object derived from images repeats of them: the modules of patient, study and frame of reference, and whether
 * pixels were ever compressed with loss. Text is copied as stored, so its character set comes along.
 */
const INHERITED: readonly (readonly [tag: number, vr: string])[] = [
  [0x00080005, 'CS'], // SpecificCharacterSet
  [0x00080020, 'DA'], // StudyDate
  [0x00080030, 'TM'], // StudyTime
  [0x00080050, 'SH'], // AccessionNumber
  [0x00080090, 'PN'], // ReferringPhysicianName
  [0x00081030, 'LO'], // StudyDescription
  [0x00100010, 'PN'], // PatientName
  [0x00100020, 'LO'], // PatientID
  [0x00100021, 'LO'], // IssuerOfPatientID
  [0x00100030, 'DA'], // PatientBirthDate
  [0x00100040, 'CS'], // PatientSex
  [0x00101010, 'AS'], // PatientAge
  [0x00101020, 'DS'], // PatientSize
  [0x00101030, 'DS'], // PatientWeight
  [0x00120062, 'CS'], // PatientIdentityRemoved
  [0x00120063, 'LO'], // DeidentificationMethod
  [0x00200010, 'SH'], // StudyID
  [0x00201040, 'LO'], // PositionReferenceIndicator
  [0x00282110, 'CS'], // LossyImageCompression
  [0x00282112, 'DS'], // LossyImageCompressionRatio
  [0x00282114, 'CS'], // LossyImageCompressionMethod
];

/** A value longer than this is not a name, a number or a date. */
const MAX_VALUE_BYTES = 2 ** 12;

export function inheritedElements(dataSet: DataSet): RawElement[] {
  return INHERITED.flatMap(([tag, vr]) => {
    const element = dataSet.elements[`x${tag.toString(16).padStart(8, '0')}`];
    if (element === undefined || element.items !== undefined || element.length > MAX_VALUE_BYTES) return [];
    const { dataOffset, length } = element;
    return [{ tag, vr, bytes: Uint8Array.from(dataSet.byteArray.subarray(dataOffset, dataOffset + length)) }];
  });
}
