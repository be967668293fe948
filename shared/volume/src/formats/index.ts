export { gunzip, isGzip, type ByteSink } from './gunzip.js';
export { MissingVoxels } from './missing.js';
export { assertFrame, assertWithinLimits, parseNiftiHeader } from './nifti/header.js';
export { readNifti, type ByteSource } from './nifti/read.js';
export type {
  NiftiDatatype,
  NiftiHeader,
  NiftiImage,
  NiftiLimits,
  NiftiOptions,
  NiftiSpace,
  NiftiWriteDatatype,
  NiftiWriter,
  NiftiWriteSpec,
  WrittenNifti,
} from './nifti/types.js';
export { openNiftiWriter, writeNifti } from './nifti/write.js';
export { buildNiftiHeader } from './nifti/write-header.js';
export { readNiftiHeader } from './preflight.js';
export {
  decimalElement,
  dicomFilesInFolder,
  dicomFilesInZip,
  dicomFileStart,
  hasDicom,
  longElement,
  DICOM_MAGIC_BYTES,
  isDicom,
  nameShape,
  peekDicomFile,
  peekDicomZip,
  pixelHead,
  rawElement,
  readDicom,
  sequence,
  shortElement,
  tagElement,
  textElement,
  type DicomElement,
} from './dicom/index.js';
export type { DicomFile, DicomFiles, DicomImage, DicomOptions, DicomReference, RawElement } from './dicom/index.js';
export { withFile, type RandomAccess } from './npz/access.js';
export { promptsForJob, type FilePrompt, type NpzPrompts } from './npz/prompts.js';
export { readNpz, readNpzHeader, type NpzImage, type NpzOptions } from './npz/read.js';
export { writeLabelsNpz } from './npz/write.js';
export { isNpz, isZip } from './npz/zip.js';
export { readPromptsOfVolume, readVolume, type VolumeImage } from './read-volume.js';
export { writeNrrd, type NrrdSpec } from './nrrd/write.js';
