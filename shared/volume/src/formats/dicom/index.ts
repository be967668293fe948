export { DICOM_MAGIC_BYTES, isDicom } from './bare.js';
export {
  dicomFileAlone,
  dicomFilesInFolder,
  dicomFilesInZip,
  hasDicom,
  peekDicomFile,
  peekDicomZip,
  type DicomFiles,
} from './files.js';
export { nameShape } from './left-out.js';
export { readDicom, type DicomOptions } from './read.js';
export type { DicomFile, DicomImage, DicomReference, RawElement } from './types.js';
export * from './elements.js';
