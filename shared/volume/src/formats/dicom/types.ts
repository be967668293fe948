import type { Vec3 } from '../../geometry/index.js';
import type { NiftiImage } from '../nifti/types.js';
import type { PixelCoding } from './transfer-syntaxes.js';

/** A file that can be read as often as needed, so that only one is in memory at a time. */
export interface DicomFile {
  readonly bytes: number;
  read(): Promise<Uint8Array>;
}

/** How the pixels of one image are stored. */
export interface PixelLayout {
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: 8 | 16 | 32;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly coding: PixelCoding;
  readonly bigEndian: boolean;
  /** Of the stored bytes, as their transfer syntax names it. */
  readonly photometric: string;
}

/** What tells series apart without telling of a patient. */
export interface SeriesTraits {
  readonly seriesUid: string;
  readonly seriesNumber: number | undefined;
  readonly modality: string;
  readonly rows: number;
  readonly columns: number;
}

/** What one image says of itself. Directions and positions are LPS (left, posterior, superior) in mm, as in DICOM. */
export interface SliceHeader {
  readonly file: DicomFile;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly frameOfReferenceUid: string | undefined;
  readonly instanceNumber: number | undefined;
  /** Middle of the first pixel. */
  readonly position: Vec3;
  /** Along a row, and along a column: unit vectors. */
  readonly rowDirection: Vec3;
  readonly columnDirection: Vec3;
  /** Distance of neighbours along a row, and along a column, in mm. */
  readonly columnSpacing: number;
  readonly rowSpacing: number;
  readonly pixels: PixelLayout;
  /** value = stored · slope + intercept */
  readonly slope: number;
  readonly intercept: number;
}

/** An element as stored, for copying. */
export interface RawElement {
  /** `0010,0010` as 0x00100010. */
  readonly tag: number;
  readonly vr: string;
  readonly bytes: Uint8Array;
}

/** What a segmentation of the volume has to refer to. Holds identifiers of the patient: never logged, never in a manifest. */
export interface DicomReference {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly frameOfReferenceUid: string | undefined;
  /** The image of every slice, in the order of the volume's k. */
  readonly slices: readonly {
    readonly sopClassUid: string;
    readonly sopInstanceUid: string;
    readonly position: Vec3;
  }[];
  readonly rowDirection: Vec3;
  readonly columnDirection: Vec3;
  /** Elements of the patient, study, frame of reference and image that a derived object repeats. */
  readonly inherited: readonly RawElement[];
}

/** A volume from DICOM: i runs along rows, j against columns, k along the normal, the layout that dcm2niix writes. */
export interface DicomImage extends NiftiImage {
  readonly dicom: DicomReference;
  /** What the user should know of the series. */
  readonly readWarnings: readonly string[];
}
