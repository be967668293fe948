import type { Affine, Shape, Vec3 } from '../../geometry/index.js';
import type { NiftiDatatype } from '../nifti/types.js';

/** What a NRRD or MetaImage header says of the one volume of its file. */
export interface ItkHeader {
  readonly datatype: NiftiDatatype;
  readonly littleEndian: boolean;
  readonly shape: Shape;
  /** In RAS millimetres. */
  readonly affine: Affine;
  /** The header gives directions in the world. */
  readonly isPlaced: boolean;
  readonly coding: 'raw' | 'gzip' | 'zlib';
  /** Name of the file with the voxels, beside the header; undefined for voxels behind the header. */
  readonly dataFile: string | undefined;
  /** Where the voxels begin in that file, in bytes; `end` for "as many as there have to be, at the end". */
  readonly offset: number | 'end';
}

/** The affine of columns and an origin in LPS, as ITK has them. */
export function fromLps(columns: readonly [Vec3, Vec3, Vec3], [x, y, z]: Vec3): Affine {
  const [i, j, k] = columns;
  return [-i[0], -j[0], -k[0], -x, -i[1], -j[1], -k[1], -y, i[2], j[2], k[2], z, 0, 0, 0, 1];
}
