import type { Shape } from '@parse3d/volume/geometry';
import { tapsOf } from './separate.js';

/** Voxels repeated beyond each end of a line before it is filtered, as scipy does for its mode `nearest`. */
const PAD = 12;
/** The one pole of the cubic B-spline. */
const POLE = Math.sqrt(3) - 2;

type Axis = 0 | 1 | 2;

/**
 * Resamples to another shape as nnU-Net prepares volumes: cubic splines along every axis, values kept within those of the
 * input. With `sliced` each slice across that axis by itself, then the nearest slice. Source: `resample_data_or_seg` of
 * nnU-Net v2, `skimage.transform.resize` with mode `edge`, `scipy.ndimage.zoom` with mode `nearest` in grid mode.
 * @param sliced axis of the slices, in the order of `shape`
 */
export function resizeCubic(data: Float32Array, from: Shape, to: Shape, sliced: Axis | undefined): Float32Array {
  let now = data;
  let shape = from;
  const wanted = ([0, 1, 2] as const).filter((axis) => axis !== sliced && from[axis] !== to[axis]);
  for (const axis of wanted) {
    now = along(now, shape, axis, to[axis]);
    shape = withLength(shape, axis, to[axis]);
  }
  if (wanted.length > 0) clip(now, shape, data, from, sliced);
  if (sliced === undefined || from[sliced] === to[sliced]) return now;
  return nearestSlices(now, shape, sliced, to[sliced]);
}

function withLength(shape: Shape, axis: Axis, length: number): Shape {
  const next: [number, number, number] = [...shape];
  next[axis] = length;
  return next;
}

/** Steps in memory: from voxel to voxel along an axis, and how many lines there are inside and outside of it. */
function linesOf(shape: Shape, axis: Axis): { inner: number; outer: number } {
  const inner = axis === 0 ? 1 : axis === 1 ? shape[0] : shape[0] * shape[1];
  return { inner, outer: (shape[0] * shape[1] * shape[2]) / (inner * shape[axis]) };
}

/** One axis: filter, then weigh four coefficients for each new voxel. */
function along(data: Float32Array, shape: Shape, axis: Axis, to: number): Float32Array {
  const from = shape[axis];
  const { inner, outer } = linesOf(shape, axis);
  const out = new Float32Array(inner * outer * to);
  const line = new Float64Array(from + 2 * PAD);
  const { starts, weights } = cubicTaps(from, to);
  for (let block = 0; block < outer; block++) {
    for (let offset = 0; offset < inner; offset++) {
      const source = block * from * inner + offset;
      for (let n = 0; n < line.length; n++) {
        line[n] = data[source + Math.min(from - 1, Math.max(0, n - PAD)) * inner];
      }
      prefilter(line);
      const target = block * to * inner + offset;
      for (let n = 0; n < to; n++) {
        const at = starts[n];
        const w = 4 * n;
        out[target + n * inner] =
          weights[w] * line[at] +
          weights[w + 1] * line[at + 1] +
          weights[w + 2] * line[at + 2] +
          weights[w + 3] * line[at + 3];
      }
    }
  }
  return out;
}

/** First of four coefficients of the padded line, and their weights, for each new voxel. */
function cubicTaps(from: number, to: number): { starts: Int32Array; weights: Float64Array } {
  const starts = new Int32Array(to);
  const weights = new Float64Array(4 * to);
  const zoom = from / to;
  for (let n = 0; n < to; n++) {
    const place = (n + 0.5) * zoom - 0.5 + PAD;
    const start = Math.floor(place);
    const t = place - start;
    const u = 1 - t;
    starts[n] = start - 1;
    weights[4 * n] = (u * u * u) / 6;
    weights[4 * n + 1] = (4 - 6 * t * t + 3 * t * t * t) / 6;
    weights[4 * n + 2] = (4 - 6 * u * u + 3 * u * u * u) / 6;
    weights[4 * n + 3] = (t * t * t) / 6;
  }
  return { starts, weights };
}

/** Coefficients of the cubic spline through a line, in place. Beyond its ends it is reflected about their outer edges. */
function prefilter(line: Float64Array): void {
  const length = line.length;
  const gain = (1 - POLE) * (1 - 1 / POLE);
  for (let n = 0; n < length; n++) line[n] *= gain;
  // The sum of the reflected line; past 40 voxels a share is below the last digit.
  let sum = 0;
  let power = POLE;
  for (let n = 0; n < Math.min(length, 40); n++) {
    sum += power * line[n];
    power *= POLE;
  }
  line[0] += sum;
  for (let n = 1; n < length; n++) line[n] += POLE * line[n - 1];
  line[length - 1] *= POLE / (POLE - 1);
  for (let n = length - 2; n >= 0; n--) line[n] = POLE * (line[n + 1] - line[n]);
}

/** Keeps values within those of the input: of the whole volume, or slice by slice. */
function clip(data: Float32Array, shape: Shape, source: Float32Array, from: Shape, sliced: Axis | undefined): void {
  const slices = sliced === undefined ? 1 : from[sliced];
  const low = new Float32Array(slices).fill(Infinity);
  const high = new Float32Array(slices).fill(-Infinity);
  const sliceAt = sliced === undefined ? undefined : linesOf(from, sliced).inner;
  for (let n = 0; n < source.length; n++) {
    const slice = sliceAt === undefined ? 0 : Math.floor(n / sliceAt) % slices;
    const value = source[n];
    if (value < low[slice]) low[slice] = value;
    if (value > high[slice]) high[slice] = value;
  }
  const newAt = sliced === undefined ? undefined : linesOf(shape, sliced).inner;
  for (let n = 0; n < data.length; n++) {
    const slice = newAt === undefined ? 0 : Math.floor(n / newAt) % slices;
    data[n] = Math.min(high[slice], Math.max(low[slice], data[n]));
  }
}

function nearestSlices(data: Float32Array, shape: Shape, axis: Axis, to: number): Float32Array {
  const from = shape[axis];
  const { inner, outer } = linesOf(shape, axis);
  const { first } = tapsOf(from, to, true);
  const out = new Float32Array(inner * outer * to);
  for (let block = 0; block < outer; block++) {
    for (let n = 0; n < to; n++) {
      const source = (block * from + first[n]) * inner;
      out.set(data.subarray(source, source + inner), (block * to + n) * inner);
    }
  }
  return out;
}
