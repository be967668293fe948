import { expect, test } from 'vitest';
import { outlines, type HalfPixel } from '../../src/outputs/rtstruct/contours.js';

/** Whether the middle of a pixel lies inside, by the even-odd rule. */
function holds(outline: readonly HalfPixel[], i: number, j: number): boolean {
  let inside = false;
  for (const [n, [x1, y1]] of outline.entries()) {
    const [x0, y0] = outline.at(n - 1) ?? [0, 0];
    if (y0 > 2 * j !== y1 > 2 * j && 2 * i < x0 + ((2 * j - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
  }
  return inside;
}

const [ni, nj] = [23, 17];

test('the outlines of noise, of rings in rings and of a full slice give back every pixel, each in one outline', () => {
  let seed = 5;
  const random = (): number => (seed = (seed * 48_271) % 0x7fff_ffff) / 0x7fff_ffff;
  const noise = [0.2, 0.5, 0.7, 0.95].map((share) => () => random() < share);
  const rings = (i: number, j: number): boolean => Math.max(Math.abs(i - 11), Math.abs(j - 8)) % 2 === 0;
  for (const isInside of [...noise, rings, () => true]) {
    const mask = Uint8Array.from({ length: ni * nj }, (_, n) => (isInside(n % ni, Math.floor(n / ni)) ? 1 : 0));
    const found = outlines(mask, ni, nj);
    const counts = mask.map((_, n) => found.filter((outline) => holds(outline, n % ni, Math.floor(n / ni))).length);
    expect([...counts]).toEqual([...mask]);
  }
  expect(outlines(new Uint8Array(ni * nj), ni, nj)).toEqual([]);
});

test('straight lines have no points in their middle', () => {
  expect(outlines(new Uint8Array(ni * nj).fill(1), ni, nj)[0]).toHaveLength(8);
});
