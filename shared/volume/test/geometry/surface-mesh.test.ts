import { expect, test } from 'vitest';
import { surfaceMesh, type Affine, type Shape, type SurfaceMesh } from '../../src/geometry/index.js';

/** Every side of a triangle comes once in each direction. */
function isWatertight({ triangles }: SurfaceMesh): boolean {
  const sides = new Set<string>();
  for (let n = 0; n < triangles.length; n += 3) {
    for (let corner = 0; corner < 3; corner += 1) {
      const side = `${triangles[n + corner]} ${triangles[n + ((corner + 1) % 3)]}`;
      if (sides.has(side)) return false;
      sides.add(side);
    }
  }
  return [...sides].every((side) => sides.has(side.split(' ').toReversed().join(' ')));
}

function volumeMm3({ positions, triangles }: SurfaceMesh): number {
  let sum = 0;
  const at = (n: number): number[] => [...positions.subarray((triangles[n] ?? 0) * 3, (triangles[n] ?? 0) * 3 + 3)];
  for (let n = 0; n < triangles.length; n += 3) {
    const [[a = 0, b = 0, c = 0], [d = 0, e = 0, f = 0], [g = 0, h = 0, i = 0]] = [at(n), at(n + 1), at(n + 2)];
    sum += (a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)) / 6;
  }
  return sum;
}

const affine: Affine = [0.8, 0, 0, -40, 0, 0.8, 0, 10, 0, 0, 2, 5, 0, 0, 0, 1];
const mirrored: Affine = [-0.8, 0, 0, 40, 0, 0.8, 0, 10, 0, 0, 2, 5, 0, 0, 0, 1];

test('the surface of noise is closed, whatever touches what, also at the border of the grid', () => {
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 0x7fff_ffff) / 0x7fff_ffff;
  for (const share of [0.08, 0.3, 0.5, 0.8, 1]) {
    const mask = Uint8Array.from({ length: 14 * 11 * 9 }, () => (random() < share ? 1 : 0));
    for (const place of [affine, mirrored]) {
      const mesh = surfaceMesh(mask, [14, 11, 9], place);
      expect(mesh !== undefined && isWatertight(mesh), `share ${share}`).toBe(true);
      expect(mesh !== undefined && volumeMm3(mesh), `share ${share}`).toBeGreaterThan(0);
    }
  }
  expect(surfaceMesh(new Uint8Array(27), [3, 3, 3], affine)).toBeUndefined();
});

test('a ball lies where its voxels do and has their volume, also when it is made coarser', () => {
  const shape: Shape = [40, 40, 20];
  const mask = new Uint8Array(40 * 40 * 20);
  let voxels = 0;
  for (let n = 0; n < mask.length; n += 1) {
    const [i, j, k] = [n % 40, Math.floor(n / 40) % 40, Math.floor(n / 1600)];
    if (Math.hypot((i - 20) * 0.8, (j - 20) * 0.8, (k - 9) * 2) > 12) continue;
    mask[n] = 1;
    voxels += 1;
  }
  const expected = voxels * 0.8 * 0.8 * 2;
  for (const limit of [1e6, 1500]) {
    const mesh = surfaceMesh(mask, shape, affine, limit);
    if (mesh === undefined) throw new Error('there is a ball');
    expect(mesh.coarsening).toBe(limit === 1e6 ? 1 : 2);
    expect(isWatertight(mesh)).toBe(true);
    expect(Math.abs(volumeMm3(mesh) / expected - 1)).toBeLessThan(limit === 1e6 ? 0.03 : 0.12);
    const centre = [0, 1, 2].map((axis) => {
      const values = mesh.positions.filter((_, n) => n % 3 === axis);
      return (Math.min(...values) + Math.max(...values)) / 2;
    });
    [-24, 26, 23].forEach((value, axis) =>
      expect(Math.abs((centre[axis] ?? 0) - value)).toBeLessThan(limit === 1e6 ? 0.2 : 1.5),
    );
  }
});

test('a part of a few voxels, and a hole of them, are not smoothed away', () => {
  const identity: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const filled = ([ni, nj, nk]: Shape): Uint8Array => new Uint8Array(ni * nj * nk).fill(1);
  const volume = (mask: Uint8Array, shape: Shape): number => {
    const mesh = surfaceMesh(mask, shape, identity);
    return mesh === undefined ? 0 : volumeMm3(mesh);
  };
  // Marching cubes take an octahedron for one voxel.
  expect(volume(filled([1, 1, 1]), [1, 1, 1])).toBeCloseTo(1 / 6, 5);
  for (const shape of [
    [2, 1, 1],
    [8, 1, 1],
    [3, 3, 1],
    [2, 2, 2],
  ] as const) {
    expect(volume(filled(shape), shape), shape.join('×')).toBeGreaterThan((shape[0] * shape[1] * shape[2]) / 4);
  }
  // Beside a large part, which is smoothed as ever, and within it.
  const shape: Shape = [16, 10, 10];
  const block = Uint8Array.from({ length: 1600 }, (_, n) => (n % 16 < 10 ? 1 : 0));
  const alone = volume(block, shape);
  const beside = block.slice();
  beside[14 + 16 * (5 + 10 * 5)] = 1;
  expect(volume(beside, shape) - alone).toBeCloseTo(1 / 6, 3);
  const hollow = block.slice();
  hollow[5 + 16 * (5 + 10 * 5)] = 0;
  expect(alone - volume(hollow, shape)).toBeCloseTo(1 / 6, 3);
});
