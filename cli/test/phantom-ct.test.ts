import { createHash } from 'node:crypto';
import { voxelToWorld } from '@parse3d/volume/geometry';
import { expect, test } from 'vitest';
import { phantomChestCt } from '../src/demo/phantom-ct.js';

const phantom = phantomChestCt();
const { data, geometry } = phantom;
const [nx, ny, nz] = geometry.shape;

/** Mean place, in RAS millimetres, of the voxels within a range of Hounsfield units and a part of the body. */
function centreOf(low: number, high: number, where: (x: number, y: number, z: number) => boolean): number[] {
  const sum = [0, 0, 0];
  let count = 0;
  for (let at = 0; at < data.length; at += 1) {
    const value = data[at] ?? 0;
    if (value < low || value > high) continue;
    const [x, y, z] = voxelToWorld(geometry.affine, [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))]);
    if (!where(x, y, z)) continue;
    [x, y, z].forEach((value, axis) => (sum[axis] = (sum[axis] ?? 0) + value));
    count += 1;
  }
  expect(count).toBeGreaterThan(1000);
  return sum.map((total) => total / count);
}

test('the phantom is the same every time', () => {
  const hash = (values: Int16Array): string => createHash('sha256').update(values).digest('hex');
  expect(hash(phantomChestCt().data)).toBe(hash(data));
});

test('its values are those of a scanner: air around, nothing above dense bone', () => {
  expect([nx, ny, nz]).toEqual([128, 128, 64]);
  expect(data[0]).toBeLessThan(-900);
  const sorted = Int16Array.from(data).sort();
  expect(sorted[0]).toBeGreaterThan(-1100);
  expect(sorted.at(-1)).toBeLessThan(1000);
});

test('organs lie where they lie in people', () => {
  const anywhere = (): boolean => true;
  const near = (x: number): boolean => Math.abs(x) < 25;
  const [, spineY = 0] = centreOf(700, 1000, near);
  expect(spineY).toBeLessThan(-20);
  const [liverX = 0, , liverZ = 0] = centreOf(
    20,
    100,
    (x, y, z) => Math.hypot(x, y) < 90 && z < -40 && Math.abs(x) > 30,
  );
  expect(liverX).toBeGreaterThan(20);
  expect(liverZ).toBeLessThan(-40);
  const [heartX = 0] = centreOf(20, 100, (_x, y, z) => y > 0 && y < 50 && z > -40 && Math.abs(_x) < 70);
  expect(heartX).toBeLessThan(0);
  const [lungX = 0] = centreOf(-900, -700, anywhere);
  expect(Math.abs(lungX)).toBeLessThan(20);
});
