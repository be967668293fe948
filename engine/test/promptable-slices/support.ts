import type { Affine, Shape } from '@parse3d/volume/geometry';
import type { Found } from '../../src/types.js';

export const TEXTS = ['liver', 'left kidney', 'aorta', 'spleen'];
export const shape: Shape = [26, 22, 9];
/** An LPS grid of 1 mm in plane, 3 mm between slices. */
export const LPS: Affine = [-1, 0, 0, 10, 0, -1, 0, 20, 0, 0, 3, -5, 0, 0, 0, 1];

/** What the label map must be, from the probability maps alone. */
export function bestOf(found: Found, count: number, labelOf = (n: number): number => n + 1): number[] {
  const maps = Array.from({ length: count }, (_, n) => found.probabilities?.(n) ?? new Float32Array());
  return Array.from({ length: found.labels.data.length }, (_, voxel) => {
    let best = 0.5;
    let label = 0;
    maps.forEach((map, n) => {
      if ((map[voxel] ?? 0) <= best) return;
      best = map[voxel] ?? 0;
      label = labelOf(n);
    });
    return label;
  });
}

export const differing = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((count, value, n) => count + (value === b[n] ? 0 : 1), a.length === b.length ? 0 : Infinity);

export const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((max, value, n) => Math.max(max, Math.abs(value - (b[n] ?? Infinity))), 0);
