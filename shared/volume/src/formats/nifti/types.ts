import type { Geometry, Volume, VoxelArray } from '../../geometry/index.js';
import type { MissingVoxels } from '../missing.js';

/** The scalar datatypes of NIfTI, by the names numpy gives them. */
export type NiftiDatatype =
  'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'float32' | 'float64';

/** What the writer needs to give an output exactly the space of its input: numbers as stored, in the file's units. */
export interface NiftiSpace {
  readonly version: 1 | 2;
  /** Axes of length 1 after the third, 0 to 4: a 4D file with one frame has 1. */
  readonly trailingAxes: number;
  /** `code` 0 is "unknown"; the rows are the affine's first three, row-major. */
  readonly sform: { readonly code: number; readonly rows: readonly number[] };
  readonly qform: {
    readonly code: number;
    /** b, c, d of the unit quaternion. */
    readonly quaternion: readonly [number, number, number];
    readonly offset: readonly [number, number, number];
    /** pixdim[0]: -1 when the third axis is flipped. */
    readonly qfac: number;
  };
  /** pixdim[1..3] as stored. */
  readonly pixdim: readonly [number, number, number];
  /** The units byte: space in bits 0-2 (1 metre, 2 mm, 3 micron), time in bits 3-5. */
  readonly xyztUnits: number;
}

export interface NiftiHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  readonly datatype: NiftiDatatype;
  readonly bytesPerVoxel: number;
  /** Where the volume's voxels start in the uncompressed file, in bytes; extensions and earlier frames lie before. */
  readonly voxelOffset: number;
  /** Size of all voxels of the volume, in bytes. */
  readonly voxelBytes: number;
  /** value = stored · slope + intercept; undefined when the file says "no scaling" (slope 0 or not finite). */
  readonly scaling: { readonly slope: number; readonly intercept: number } | undefined;
  /** In RAS millimetres, whatever the file's units are. */
  readonly geometry: Geometry;
  /** Which of the header's transforms gave the geometry's affine; `assumed` for formats without any. */
  readonly affineSource: 'sform' | 'qform' | 'base' | 'assumed';
  readonly space: NiftiSpace;
  /** Of a file with several volumes: which of them this is, from 1, and how many there are. */
  readonly frame?: { readonly number: number; readonly count: number } | undefined;
  /** bitpix as stored. @default that of the datatype */
  readonly bitsPerVoxel?: number | undefined;
  /** Sentences about fields that contradict others and were not believed. */
  readonly repairs?: readonly string[] | undefined;
}

export interface NiftiLimits {
  /** Most voxels of a volume. @default 2147483648 */
  readonly maxVoxels?: number | undefined;
  /** Most bytes the decoded volume may take in memory. @default 17179869184 (16 GiB) */
  readonly maxBytes?: number | undefined;
}

export interface NiftiOptions extends NiftiLimits {
  /** Which volume of a 4D file, from 1. Without it a file of several is refused. */
  readonly frame?: number | undefined;
}

/** A volume as read, with the header it came with. */
export interface NiftiImage<T extends VoxelArray = VoxelArray> extends Volume<T> {
  readonly header: NiftiHeader;
  /** Voxels that were NaN or infinite; they hold the smallest finite value of the volume now. */
  readonly nonFiniteVoxels: number;
  /** Which voxels these were; absent where every voxel has a value. */
  readonly missing?: MissingVoxels | undefined;
  /** What the user should know of how the file was read. */
  readonly readWarnings?: readonly string[] | undefined;
}

/** Datatypes that parse3d writes. */
export type NiftiWriteDatatype = Exclude<NiftiDatatype, 'int64' | 'uint64'>;

/** Everything a written file says: nothing else of an input gets into it. */
export interface NiftiWriteSpec {
  readonly geometry: Geometry;
  /** The input's space, kept to the bit. Without it: sform from the geometry's affine, code 2 (aligned), mm. */
  readonly space?: NiftiSpace | undefined;
  readonly datatype: NiftiWriteDatatype;
  /** `label` for label maps and masks, `estimate` for probabilities. @default 'none' */
  readonly intent?: 'none' | 'label' | 'estimate' | undefined;
  /** The file stores (value - intercept) / slope, rounded for integers. @default 1 and 0 */
  readonly scaling?: { readonly slope: number; readonly intercept: number } | undefined;
  /** Upper end of the display range, in real values. @default 0, "not given" */
  readonly calMax?: number | undefined;
  /** Compression of `.nii.gz`, 1 (fast) to 9 (small). @default 4 */
  readonly gzipLevel?: number | undefined;
}

export interface WrittenNifti {
  /** Size of the file as stored, compressed if it is. */
  readonly bytes: number;
  /** Of the file as stored, hexadecimal. */
  readonly sha256: string;
}

/** Writes a volume piece by piece, in memory order (i fastest): pieces may have any length. */
export interface NiftiWriter {
  /** Real values (before scaling). The array may be reused once the promise has settled. */
  write(voxels: VoxelArray): Promise<void>;
  /** @throws Problem `internal` when fewer voxels were written than the shape has */
  close(): Promise<WrittenNifti>;
  /** Gives up and removes the file. Never throws; harmless after `close`. */
  abort(): Promise<void>;
}
