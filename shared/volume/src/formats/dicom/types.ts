import type { Shape, Vec3 } from '../../geometry/index.js';
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
  /** As written; empty where there is none. */
  readonly seriesUid: string;
  readonly seriesNumber: number | undefined;
  readonly modality: string;
  readonly rows: number;
  readonly columns: number;
  /** A scout image, by its ImageType: it shows where slices lie and is none of them. */
  readonly localizer: boolean;
}

/** What tells volumes of one series apart, in the words of messages. Most people look at the first of them first. */
export const TRAITS = [
  'stack',
  'kind',
  'echo number',
  'echo time (ms)',
  'inversion time (ms)',
  'energy (kV)',
  'phase of the cycle (%)',
  'trigger time (ms)',
  'b-value (s/mm²)',
  'diffusion',
  'gradient',
  'temporal position',
  'time (s)',
  'frame reference time (ms)',
  'acquisition',
  'dimension index',
  'instance',
] as const;
export type Trait = (typeof TRAITS)[number];

/** An object whose frames were parted into several files. */
export interface Concatenation {
  readonly uid: string;
  readonly part: number;
  /** How many parts there are, where the object says it. */
  readonly total: number | undefined;
}

/** Where a slice stands in a mosaic, an image of all slices of a volume side by side. */
export interface Tile {
  /** Which slice it is, from 0. */
  readonly index: number;
  /** k runs against the normal (row direction × column direction), as in the files of dcm2niix. */
  readonly backwards: boolean;
  /** Of its first pixel. */
  readonly top: number;
  readonly left: number;
  /** Of the mosaic. */
  readonly rows: number;
  readonly columns: number;
}

/** What one image says of itself. Directions and positions are LPS (left, posterior, superior) in mm, as in DICOM. */
export interface SliceHeader {
  readonly file: DicomFile;
  /** Which image of its file it is, from 0, and of how many. */
  readonly frame: number;
  readonly frames: number;
  /** Set for a slice of a mosaic: `pixels` has the size of the slice then. */
  readonly tile: Tile | undefined;
  readonly concatenation: Concatenation | undefined;
  /** Identifiers as written, empty where the object has none: only an object that refers to the image needs them. */
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly frameOfReferenceUid: string | undefined;
  readonly instanceNumber: number | undefined;
  /** When it was acquired, as digits that sort by time. Times of day are never told. */
  readonly acquired: string | undefined;
  /** How many images the acquisition gave, by ImagesInAcquisition. */
  readonly imagesInAcquisition: number | undefined;
  /** How many slices the volume has, by NumberOfSlices (PET). */
  readonly numberOfSlices: number | undefined;
  readonly localizer: boolean;
  /** What tells volumes of one series apart: numbers and defined terms as written, never texts of people. */
  readonly traits: Readonly<Partial<Record<Trait, string>>>;
  /** Middle of the first pixel. */
  readonly position: Vec3;
  /** Along a row, and along a column: unit vectors. */
  readonly rowDirection: Vec3;
  readonly columnDirection: Vec3;
  /** Distance of neighbours along a row, and along a column, in mm. */
  readonly columnSpacing: number;
  readonly rowSpacing: number;
  /** SliceThickness in mm, where it is a positive number. */
  readonly thickness: number | undefined;
  readonly pixels: PixelLayout;
  /** value = stored · slope + intercept */
  readonly slope: number;
  readonly intercept: number;
  /** What was assumed of the image. */
  readonly notes: readonly string[];
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
    /** From 1, where the image is one of several in its object. */
    readonly frameNumber?: number | undefined;
    readonly position: Vec3;
  }[];
  readonly rowDirection: Vec3;
  readonly columnDirection: Vec3;
  /** Elements of the patient, study, frame of reference and image that a derived object repeats. */
  readonly inherited: readonly RawElement[];
  /** Where the volume was resampled: the images themselves, along whose grid a derived object lies. */
  readonly images?:
    | {
        /** Columns, rows, and how many there are. */
        readonly shape: Shape;
        readonly spacingMm: Vec3;
        /** Takes a mask on the volume's grid onto the images. */
        onto(mask: Uint8Array): Uint8Array;
      }
    | undefined;
  /** Why no object can refer to these images; undefined where one can. */
  readonly unreferable?: string | undefined;
}

/** A volume from DICOM: i runs along rows, j against columns, k along the normal, the layout that dcm2niix writes. */
export interface DicomImage extends NiftiImage {
  readonly dicom: DicomReference;
  readonly readWarnings: readonly string[];
}
