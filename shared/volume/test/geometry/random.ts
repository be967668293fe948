import { affineFromColumns, type Affine, type Shape, type Vec3, type VoxelArray } from '../../src/geometry/index.js';

/** Mulberry32: numbers in [0, 1), the same for the same seed on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** An arbitrarily rotated affine with random spacing, origin and handedness. */
export function randomAffine(random: () => number): Affine {
  const q = [random() - 0.5, random() - 0.5, random() - 0.5, random() - 0.5];
  const length = Math.hypot(...q);
  const [a = 0, b = 0, c = 0, d = 0] = q.map((value) => value / length);
  const columns: [Vec3, Vec3, Vec3] = [
    [1 - 2 * (c * c + d * d), 2 * (b * c + a * d), 2 * (b * d - a * c)],
    [2 * (b * c - a * d), 1 - 2 * (b * b + d * d), 2 * (c * d + a * b)],
    [2 * (b * d + a * c), 2 * (c * d - a * b), 1 - 2 * (b * b + c * c)],
  ];
  const scaled = columns.map(([x, y, z]): Vec3 => {
    const size = (0.3 + 4 * random()) * (random() < 0.5 ? -1 : 1);
    return [x * size, y * size, z * size];
  });
  const [i = columns[0], j = columns[1], k = columns[2]] = scaled;
  return affineFromColumns(i, j, k, [100 * (random() - 0.5), 100 * (random() - 0.5), 100 * (random() - 0.5)]);
}

/** Every voxel different, so that any two that change places are noticed. */
export function counting(shape: Shape): Int32Array {
  return Int32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, n) => n + 1);
}

/** Whether two arrays hold the same numbers bit for bit; much faster on volumes than comparing element by element. */
export function sameVoxels(a: VoxelArray, b: VoxelArray): boolean {
  const bytes = (array: VoxelArray): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return a.constructor === b.constructor && bytes(a).equals(bytes(b));
}
