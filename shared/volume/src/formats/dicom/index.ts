export { dicomFilesInFolder, dicomFilesInZip, peekDicomZip } from './files.js';
export { DICOM_MAGIC_BYTES, isDicom } from './parse.js';
export { readDicom } from './read.js';
export type { DicomFile, DicomImage, DicomReference, RawElement } from './types.js';
export * from './elements.js';
