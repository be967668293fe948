import { voxelCount } from './affine.js';
import { allocateLike, allocateReal } from './arrays.js';
import { applyAxisPlan, isIdentityPlan, planShape, type Axis, type AxisPlan } from './axis-plan.js';
import { axisTaps, type AxisTaps, type ResampleMethod } from './kernels.js';
import type { Affine, Shape, VoxelArray } from './types.js';

/** Grids whose axes are parallel: the target's axes in the source's order, and source = scale · target + offset. */
export interface Alignment {
  readonly plan: AxisPlan;
  readonly scale: readonly [number, number, number];
  readonly offset: readonly [number, number, number];
}

/** Over the whole grid, a slant of less than this many voxels is rounding of float32 affines. */
const SLANT = 1e-4;

/** How two parallel grids relate, or undefined when they are oblique to each other. `toSource` takes target voxels to source voxels. */
export function alignmentOf(toSource: Affine, target: Shape): Alignment | undefined {
  const source: [Axis, Axis, Axis] = [0, 1, 2];
  const scale: [number, number, number] = [1, 1, 1];
  const offset: [number, number, number] = [0, 0, 0];
  const seen = new Set<Axis>();
  for (const row of [0, 1, 2] as const) {
    const entries = toSource.slice(row * 4, row * 4 + 3).map(Math.abs);
    const column = ([0, 1, 2] as const).reduce((a, b) => ((entries[b] ?? 0) > (entries[a] ?? 0) ? b : a));
    const slants = entries.some((entry, n) => n !== column && entry * (target[n] ?? 1) > SLANT);
    if (slants || seen.has(column)) return undefined;
    seen.add(column);
    source[column] = row;
    scale[column] = toSource[row * 4 + column] ?? 1;
    offset[column] = toSource[row * 4 + 3] ?? 0;
  }
  return { plan: { source, flip: [false, false, false] }, scale, offset };
}

interface Job {
  readonly data: VoxelArray;
  readonly shape: Shape;
  readonly taps: readonly [AxisTaps, AxisTaps, AxisTaps];
}

function prepare<T extends VoxelArray>(
  data: T,
  shape: Shape,
  target: Shape,
  { plan, scale, offset }: Alignment,
  method: ResampleMethod,
): Job & { data: T } {
  const turned = planShape(shape, plan);
  const taps = (axis: Axis): AxisTaps => axisTaps(method, target[axis], turned[axis], scale[axis], offset[axis]);
  return {
    data: isIdentityPlan(plan) ? data : applyAxisPlan(data, shape, plan),
    shape: turned,
    taps: [taps(0), taps(1), taps(2)],
  };
}

/** Nearest neighbours between parallel grids: one lookup per axis. */
export function nearestAligned<T extends VoxelArray>(
  source: T,
  shape: Shape,
  target: Shape,
  alignment: Alignment,
  outside: number,
): T {
  const job = prepare(source, shape, target, alignment, 'nearest');
  const { data } = job;
  const [ti, tj, tk] = job.taps;
  const [si, sj] = job.shape;
  const out = allocateLike(data, voxelCount(target));
  let to = 0;
  for (let k = 0; k < tk.size; k += 1) {
    for (let j = 0; j < tj.size; j += 1) {
      const row = (tk.index[k] * sj + tj.index[j]) * si;
      for (let i = 0; i < ti.size; i += 1) {
        out[to] = data[row + ti.index[i]] ?? 0;
        to += 1;
      }
    }
  }
  fillOutside(out, job.taps, outside);
  return out;
}

/** Linear or cubic between parallel grids: one pass per axis, the axis that shrinks most first. */
export function interpolateAligned(
  source: VoxelArray,
  shape: Shape,
  target: Shape,
  alignment: Alignment,
  method: 'linear' | 'cubic',
  outside: number,
): Float32Array | Float64Array {
  const job = prepare(source, shape, target, alignment, method);
  const growth = (axis: Axis): number => job.taps[axis].size / job.shape[axis];
  const order = ([0, 1, 2] as const).toSorted((a, b) => growth(a) - growth(b));
  let data: VoxelArray = job.data;
  let current = job.shape;
  for (const axis of order) {
    const next: Shape = [
      axis === 0 ? job.taps[0].size : current[0],
      axis === 1 ? job.taps[1].size : current[1],
      axis === 2 ? job.taps[2].size : current[2],
    ];
    const out = allocateReal(source, voxelCount(next));
    if (axis === 0) alongRows(data, out, current, job.taps[0]);
    else acrossRows(data, out, current, axis, job.taps[axis]);
    data = out;
    current = next;
  }
  const out = data instanceof Float32Array || data instanceof Float64Array ? data : allocateReal(source, 0);
  fillOutside(out, job.taps, outside);
  return out;
}

/** Interpolates along axis 0. */
function alongRows(data: VoxelArray, out: Float32Array | Float64Array, shape: Shape, axis: AxisTaps): void {
  const rows = shape[1] * shape[2];
  const { size, taps, index, weight } = axis;
  for (let row = 0; row < rows; row += 1) {
    const from = row * shape[0];
    const to = row * size;
    for (let i = 0; i < size; i += 1) {
      let sum = 0;
      for (let tap = i * taps; tap < (i + 1) * taps; tap += 1) {
        sum += weight[tap] * data[from + index[tap]];
      }
      out[to + i] = sum;
    }
  }
}

/** Interpolates along axis 1 or 2: whole runs of memory are mixed, so reads stay sequential. */
function acrossRows(
  data: VoxelArray,
  out: Float32Array | Float64Array,
  shape: Shape,
  axis: 1 | 2,
  { size, taps, index, weight }: AxisTaps,
): void {
  // Along axis 1 a run is a row and there are shape[2] slabs of them; along axis 2 a run is a slice, and one slab.
  const run = axis === 1 ? shape[0] : shape[0] * shape[1];
  const slabs = axis === 1 ? shape[2] : 1;
  const sum = new Float64Array(run);
  for (let slab = 0; slab < slabs; slab += 1) {
    for (let n = 0; n < size; n += 1) {
      sum.fill(0);
      for (let tap = n * taps; tap < (n + 1) * taps; tap += 1) {
        const w = weight[tap];
        if (w === 0) continue;
        const from = (slab * shape[axis] + index[tap]) * run;
        for (let i = 0; i < run; i += 1) sum[i] = sum[i] + w * data[from + i];
      }
      out.set(sum, (slab * size + n) * run);
    }
  }
}

/** Positions outside of the source along any axis get the outside value. */
function fillOutside(out: VoxelArray, [ti, tj, tk]: Job['taps'], outside: number): void {
  if ([ti, tj, tk].every((axis) => axis.inside.every((flag) => flag === 1))) return;
  for (let k = 0; k < tk.size; k += 1) {
    for (let j = 0; j < tj.size; j += 1) {
      const row = (k * tj.size + j) * ti.size;
      if (tk.inside[k] === 0 || tj.inside[j] === 0) {
        out.fill(outside, row, row + ti.size);
        continue;
      }
      for (let i = 0; i < ti.size; i += 1) if (ti.inside[i] === 0) out[row + i] = outside;
    }
  }
}
