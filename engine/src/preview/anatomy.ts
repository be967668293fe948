import { planGeometry, planOrientation, type Geometry, type Vec3, type Volume } from '@parse3d/volume/geometry';

/** 0 left to right, 1 posterior to anterior, 2 inferior to superior. */
export type WorldAxis = 0 | 1 | 2;

/** A volume's voxels addressed by their place in the body, without copying them. */
export interface Anatomy {
  /** Voxels from left to right, posterior to anterior, inferior to superior. */
  readonly shape: Vec3;
  readonly spacingMm: Vec3;
  /** Where voxel (0, 0, 0) of the anatomical grid lies in memory, and the step along each of its axes. */
  readonly first: number;
  readonly steps: Vec3;
}

export function anatomyOf(geometry: Geometry): Anatomy {
  const plan = planOrientation(geometry.affine, 'RAS');
  const [ni, nj] = geometry.shape;
  const strides = [1, ni, ni * nj] as const;
  const turned = planGeometry(geometry, plan);
  const step = (axis: WorldAxis): number => strides[plan.source[axis]] * (plan.flip[axis] ? -1 : 1);
  const start = (axis: WorldAxis): number => (plan.flip[axis] ? -step(axis) * (turned.shape[axis] - 1) : 0);
  return {
    shape: turned.shape,
    spacingMm: turned.spacingMm,
    first: start(0) + start(1) + start(2),
    steps: [step(0), step(1), step(2)],
  };
}

/**
 * The planes to show, one per world axis, counted from left, posterior and inferior: near the middle of what was found,
 * but never one that misses most of it (the middle of two hippocampi lies between them). Without a find, the middle.
 */
export function planesToShow(labels: Volume, anatomy: Anatomy): Vec3 {
  const counts = anatomy.shape.map((length) => new Float64Array(length));
  countLabelled(labels, anatomy, counts);
  const [r, a, s] = counts.map(planeOf);
  return [r ?? 0, a ?? 0, s ?? 0];
}

function planeOf(counts: Float64Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return Math.floor((counts.length - 1) / 2);
  const middle = counts.reduce((sum, count, n) => sum + count * n, 0) / total;
  const enough = Math.max(...counts) / 2;
  let best = -1;
  counts.forEach((count, n) => {
    if (count >= enough && (best < 0 || Math.abs(n - middle) < Math.abs(best - middle))) best = n;
  });
  return best;
}

function countLabelled(labels: Volume, { shape, first, steps }: Anatomy, counts: readonly Float64Array[]): void {
  const [byR, byA, byS] = counts;
  if (byR === undefined || byA === undefined || byS === undefined) return;
  for (let s = 0; s < shape[2]; s++) {
    for (let a = 0; a < shape[1]; a++) {
      const row = first + s * steps[2] + a * steps[1];
      let found = 0;
      for (let r = 0; r < shape[0]; r++) {
        if (labels.data[row + r * steps[0]] === 0) continue;
        found++;
        byR[r] = byR[r] + 1;
      }
      byA[a] = byA[a] + found;
      byS[s] = byS[s] + found;
    }
  }
}
