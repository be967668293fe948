import { affineFromColumns, columnOf, makeGeometry, transform, voxelCount } from './affine.js';
import { allocateLike } from './arrays.js';
import type { Affine, Geometry, Shape, Vec3, VoxelArray } from './types.js';

export type Axis = 0 | 1 | 2;

/** A lossless change of axis order and direction: one of 48. */
export interface AxisPlan {
  /** The new axis n is the old axis `source[n]`. */
  readonly source: readonly [Axis, Axis, Axis];
  /** Whether the new axis n runs against the old one. */
  readonly flip: readonly [boolean, boolean, boolean];
}

export const identityPlan: AxisPlan = { source: [0, 1, 2], flip: [false, false, false] };

export function isIdentityPlan(plan: AxisPlan): boolean {
  return plan.source.every((axis, n) => axis === n) && !plan.flip.some(Boolean);
}

/** The plan that takes the result of `plan` back. */
export function invertAxisPlan(plan: AxisPlan): AxisPlan {
  const source: [Axis, Axis, Axis] = [0, 1, 2];
  const flip: [boolean, boolean, boolean] = [false, false, false];
  for (const n of [0, 1, 2] as const) {
    source[plan.source[n]] = n;
    flip[plan.source[n]] = plan.flip[n];
  }
  return { source, flip };
}

/** The shape after the plan. */
export function planShape(shape: Shape, plan: AxisPlan): Shape {
  return [shape[plan.source[0]], shape[plan.source[1]], shape[plan.source[2]]];
}

/** The affine after the plan: every voxel keeps its place in the world. */
export function planAffine(affine: Affine, shape: Shape, plan: AxisPlan): Affine {
  const corner: [number, number, number] = [0, 0, 0];
  for (const n of [0, 1, 2] as const) if (plan.flip[n]) corner[plan.source[n]] = shape[plan.source[n]] - 1;
  const column = (n: Axis): Vec3 => {
    const [x, y, z] = columnOf(affine, plan.source[n]);
    return plan.flip[n] ? [-x, -y, -z] : [x, y, z];
  };
  return affineFromColumns(column(0), column(1), column(2), transform(affine, corner));
}

/** The geometry after the plan. */
export function planGeometry(geometry: Geometry, plan: AxisPlan): Geometry {
  return makeGeometry(planShape(geometry.shape, plan), planAffine(geometry.affine, geometry.shape, plan));
}

/** Voxels copied in blocks of this many along the two axes that change places, so that both sides stay in cache. */
const BLOCK = 32;

/**
 * Voxels in the plan's order: a new array, i fastest, of shape `planShape(shape, plan)`.
 * @param shape of `data`, before the plan
 */
export function applyAxisPlan<T extends VoxelArray>(data: T, shape: Shape, plan: AxisPlan): T {
  const out = allocateLike(data, voxelCount(shape));
  const [n0, n1, n2] = planShape(shape, plan);
  const strides = [1, shape[0], shape[0] * shape[1]] as const;
  const step = (n: Axis): number => strides[plan.source[n]] * (plan.flip[n] ? -1 : 1);
  const [s0, s1, s2] = [step(0), step(1), step(2)];
  let start = 0;
  for (const n of [0, 1, 2] as const) {
    if (plan.flip[n]) start += strides[plan.source[n]] * (shape[plan.source[n]] - 1);
  }

  if (s0 === 1) {
    // Rows stay rows: whole runs are copied.
    for (let k = 0; k < n2; k += 1) {
      for (let j = 0; j < n1; j += 1) {
        const from = start + j * s1 + k * s2;
        out.set(data.subarray(from, from + n0), (k * n1 + j) * n0);
      }
    }
    return out;
  }

  // The old fast axis became the new axis 1 or 2 (or is axis 0 reversed): walk it and the new fast axis in blocks.
  const crossed: 1 | 2 = plan.source[2] === 0 ? 2 : 1;
  const [nCross, sCross, oCross] = crossed === 1 ? [n1, s1, n0] : [n2, s2, n0 * n1];
  const [nRest, sRest, oRest] = crossed === 1 ? [n2, s2, n0 * n1] : [n1, s1, n0];
  for (let rest = 0; rest < nRest; rest += 1) {
    for (let cross0 = 0; cross0 < nCross; cross0 += BLOCK) {
      const crossEnd = Math.min(cross0 + BLOCK, nCross);
      for (let i0 = 0; i0 < n0; i0 += BLOCK) {
        const iEnd = Math.min(i0 + BLOCK, n0);
        for (let cross = cross0; cross < crossEnd; cross += 1) {
          let from = start + rest * sRest + cross * sCross + i0 * s0;
          let to = rest * oRest + cross * oCross + i0;
          for (let i = i0; i < iEnd; i += 1) {
            out[to] = data[from];
            from += s0;
            to += 1;
          }
        }
      }
    }
  }
  return out;
}
