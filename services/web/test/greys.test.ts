import { expect, test } from 'vitest';
import { measureGreys } from '../src/viewer/greys.js';

/** Values with their counts, as a volume. */
const volume = (...parts: readonly (readonly [value: number, count: number])[]): Float32Array =>
  Float32Array.from(parts.flatMap(([value, count]) => Array.from({ length: count }, (_, at) => value + (at % 7))));

const plain = { slope: 1, offset: 0 };

test('air does not count: the window spans what is inside the head, and a few bright voxels do not stretch it', () => {
  const head = volume([0, 60_000], [110, 12_000], [160, 10_000], [60, 4_000], [900, 60]);
  const { window, belowZero } = measureGreys(head, plain);
  const [low, high] = [window.level - window.width / 2, window.level + window.width / 2];
  expect(low).toBeGreaterThan(20);
  expect(low).toBeLessThan(65);
  expect(high).toBeGreaterThanOrEqual(160);
  expect(high).toBeLessThan(200);
  expect(belowZero).toBe(false);
});

test('stored values count by their slope and offset, and values that are no numbers are left out', () => {
  const stored = volume([0, 6_000], [1_000, 2_000], [1_400, 2_000]);
  const wide = measureGreys(stored, { slope: 2, offset: -500 }).window;
  const narrow = measureGreys(stored, plain).window;
  expect(wide.width).toBeCloseTo(2 * narrow.width, 6);
  expect(wide.level).toBeCloseTo(2 * narrow.level - 500, 6);
  const holes = Float32Array.from(stored, (value, at) => (at % 2 === 0 ? value : NaN));
  expect(measureGreys(holes, plain).window.width).toBeCloseTo(narrow.width, -1);
});

test('values far below 0 are those of CT; a little noise below 0 is not', () => {
  expect(measureGreys(volume([-1000, 5_000], [40, 4_000]), plain).belowZero).toBe(true);
  expect(measureGreys(volume([-12, 5_000], [400, 4_000]), plain).belowZero).toBe(false);
});

test('a volume of one value, and one of none, still have a window', () => {
  expect(measureGreys(new Uint8Array(500).fill(3), plain).window.width).toBeGreaterThan(0);
  expect(measureGreys(new Float32Array(8).fill(NaN), plain).window.width).toBeGreaterThan(0);
});
