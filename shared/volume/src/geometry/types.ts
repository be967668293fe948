/** Voxel counts along the file's own axes, in the order [i, j, k]; i runs fastest in memory. */
export type Shape = readonly [i: number, j: number, k: number];

/** Three numbers along the axes i, j, k. */
export type Vec3 = readonly [number, number, number];

type Row = [number, number, number, number];
/** The 4×4 matrix, row-major, that takes a voxel (i, j, k, 1) to RAS millimetres. The last row is 0 0 0 1. */
export type Affine = readonly [...Row, ...Row, ...Row, ...Row];

declare const space: unique symbol;
/** A point in voxel coordinates; voxel centres have whole numbers. */
export type VoxelPoint = Vec3 & { readonly [space]?: 'voxel' };
/** A point in RAS millimetres: +x right, +y anterior, +z superior. */
export type WorldPoint = Vec3 & { readonly [space]?: 'world' };

/** Where voxels lie in the world. */
export interface Geometry {
  readonly shape: Shape;
  readonly affine: Affine;
  /** Length of the affine's three columns, in mm. */
  readonly spacingMm: Vec3;
}

export type VoxelArray =
  Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/** Voxels plus geometry. `data` has shape[0]·shape[1]·shape[2] values, i fastest (the order of NIfTI). */
export interface Volume<T extends VoxelArray = VoxelArray> {
  readonly data: T;
  readonly geometry: Geometry;
}
