import { affineFromColumns, columnOf, makeGeometry, transform, voxelCount } from './affine.js';
import { allocateLike } from './arrays.js';
import type { Geometry, Shape, Vec3, Volume, VoxelArray } from './types.js';

/**
 * The volume cropped or padded around its centre to `shape`, axis by axis. Of an odd difference the smaller half goes
 * before. Voxels keep their places in the world.
 * `undo` takes voxels of the new grid back to the original one; what was cropped away comes back as 0.
 */
export function cropPad<T extends VoxelArray>(
  volume: Volume<T>,
  shape: Shape,
  options: { /** Value of padded voxels. @default 0 */ readonly fill?: number } = {},
): { volume: Volume<T>; undo: <U extends VoxelArray>(data: U) => U } {
  const from = volume.geometry.shape;
  const offset = centredOffset(from, shape);
  const back: Vec3 = [-offset[0], -offset[1], -offset[2]];
  return {
    volume: {
      data: shiftInto(volume.data, from, shape, offset, options.fill ?? 0),
      geometry: cropPadGeometry(volume.geometry, shape),
    },
    undo: (data) => shiftInto(data, shape, from, back, 0),
  };
}

/**
 * The voxels of a box within the volume, which keep their places in the world. `undo` takes voxels of the box back to the
 * grid of the volume; what was cropped away comes back as 0.
 */
export function cropBox<T extends VoxelArray>(
  { data, geometry }: Volume<T>,
  start: Shape,
  shape: Shape,
): { volume: Volume<T>; undo: <U extends VoxelArray>(data: U) => U } {
  const { affine } = geometry;
  const columns = [columnOf(affine, 0), columnOf(affine, 1), columnOf(affine, 2)] as const;
  const offset: Vec3 = [-start[0], -start[1], -start[2]];
  return {
    volume: {
      data: shiftInto(data, geometry.shape, shape, offset, 0),
      geometry: makeGeometry(shape, affineFromColumns(...columns, transform(affine, start))),
    },
    undo: (inside) => shiftInto(inside, shape, geometry.shape, start, 0),
  };
}

/** The grid that `cropPad` gives. */
export function cropPadGeometry(geometry: Geometry, shape: Shape): Geometry {
  const [i, j, k] = centredOffset(geometry.shape, shape);
  const { affine } = geometry;
  const origin = transform(affine, [-i, -j, -k]);
  return makeGeometry(shape, affineFromColumns(columnOf(affine, 0), columnOf(affine, 1), columnOf(affine, 2), origin));
}

/** Where voxel 0 of the old grid lies in the new one; negative where it is cropped. */
function centredOffset(from: Shape, to: Shape): Vec3 {
  const half = (a: number, b: number): number => (b >= a ? Math.floor((b - a) / 2) : -Math.floor((a - b) / 2));
  return [half(from[0], to[0]), half(from[1], to[1]), half(from[2], to[2])];
}

/** Copies the overlap of two grids row by row. */
function shiftInto<T extends VoxelArray>(data: T, from: Shape, to: Shape, [oi, oj, ok]: Vec3, fill: number): T {
  const out = allocateLike(data, voxelCount(to));
  if (fill !== 0) out.fill(fill);
  const first = Math.max(0, -oi);
  const last = Math.min(from[0], to[0] - oi);
  if (last <= first) return out;
  for (let k = Math.max(0, -ok); k < Math.min(from[2], to[2] - ok); k += 1) {
    for (let j = Math.max(0, -oj); j < Math.min(from[1], to[1] - oj); j += 1) {
      const row = (k * from[1] + j) * from[0];
      out.set(data.subarray(row + first, row + last), ((k + ok) * to[1] + j + oj) * to[0] + first + oi);
    }
  }
  return out;
}
