import { makeGeometry, type Shape } from '@parse3d/volume/geometry';
import { expect, test } from 'vitest';
import { bodyDepth } from '../../src/steps/body.js';

const SHAPE: Shape = [60, 50, 12];
const SPACING = 2;
const geometry = makeGeometry(SHAPE, [-SPACING, 0, 0, 0, 0, -SPACING, 0, 0, 0, 0, SPACING, 0, 0, 0, 0, 1]);
const at = (i: number, j: number, k: number): number => (k * 50 + j) * 60 + i;

/** A trunk of muscle with a lung that is open at both ends, a table of two voxels that touches it, and a phantom beside. */
function patient(): Float32Array {
  const data = new Float32Array(60 * 50 * 12).fill(-1000);
  for (let k = 0; k < 12; k++) {
    for (let j = 0; j < 50; j++) {
      for (let i = 0; i < 60; i++) {
        const trunk = ((i - 30) / 22) ** 2 + ((j - 20) / 14) ** 2 <= 1;
        const lung = ((i - 22) / 6) ** 2 + ((j - 20) / 5) ** 2 <= 1;
        const table = j >= 34 && j < 36;
        const beside = i > 52 && j > 40;
        if (lung) data[at(i, j, k)] = -800;
        else if (trunk || table || beside) data[at(i, j, k)] = 40;
      }
    }
  }
  return data;
}

test('the body is the trunk with its lung; the table under it and what lies beside are outside', () => {
  const depth = bodyDepth({ data: patient(), geometry }, -500);
  for (const k of [0, 6, 11]) {
    expect(depth[at(22, 20, k)], `lung on slice ${k}`).toBeGreaterThan(10);
    expect(depth[at(30, 20, k)], `muscle on slice ${k}`).toBeGreaterThan(20);
    expect(depth[at(2, 35, k)], `table on slice ${k}`).toBe(0);
    expect(depth[at(55, 45, k)], `beside on slice ${k}`).toBe(0);
    expect(depth[at(1, 1, k)], `air on slice ${k}`).toBe(0);
  }
  // The skin is a voxel from the air.
  expect(depth[at(30, 6, 6)]).toBe(SPACING);
});

test('a volume of air has no body, and one of tissue alone is all body', () => {
  const air = bodyDepth({ data: new Float32Array(60 * 50 * 12).fill(-1000), geometry }, -500);
  expect(air.every((value) => value === 0)).toBe(true);
  const tissue = bodyDepth({ data: new Float32Array(60 * 50 * 12).fill(40), geometry }, -500);
  expect(tissue.every((value) => value > 0 && Number.isFinite(value))).toBe(true);
});

test('what is too thin to survive the cut is still the body where there is nothing else', () => {
  const data = new Float32Array(60 * 50 * 12).fill(-1000);
  for (let k = 0; k < 12; k++) for (let i = 10; i < 40; i++) data[at(i, 20, k)] = 40;
  const depth = bodyDepth({ data, geometry }, -500);
  expect(depth.filter((value) => value > 0)).toHaveLength(12 * 30);
});
