import { invert, multiply, voxelCount } from './affine.js';
import { allocateLike } from './arrays.js';
import { clampIndex, isInside, snap } from './kernels.js';
import type { Geometry, Volume, VoxelArray } from './types.js';

/** Votes closer than this are a tie, whatever rounding says. */
const TIE = 1e-9;

/**
 * A label map on another grid by a vote: each of the eight voxels around a target point votes for its label with its
 * linear weight, and the label with most weight wins, the lower one in a tie (so background wins over a structure).
 * Smoother than nearest, never invents a label, and exact where the grids' voxels coincide. Outside is background.
 */
export function resampleLabels<T extends VoxelArray>(volume: Volume<T>, target: Geometry): Volume<T> {
  const { data, geometry } = volume;
  const [si, sj, sk] = geometry.shape;
  const [xi, xj, xk, x0, yi, yj, yk, y0, zi, zj, zk, z0] = multiply(invert(geometry.affine), target.affine);
  const out = allocateLike(data, voxelCount(target.shape));
  const [ni, nj, nk] = target.shape;
  const labels = new Float64Array(8);
  const votes = new Float64Array(8);
  let to = 0;
  for (let k = 0; k < nk; k += 1) {
    for (let j = 0; j < nj; j += 1) {
      for (let i = 0; i < ni; i += 1, to += 1) {
        const x = snap(xi * i + xj * j + xk * k + x0);
        const y = snap(yi * i + yj * j + yk * k + y0);
        const z = snap(zi * i + zj * j + zk * k + z0);
        if (!isInside(x, si) || !isInside(y, sj) || !isInside(z, sk)) continue;
        const [fx, fy, fz] = [Math.floor(x), Math.floor(y), Math.floor(z)];
        const i0 = clampIndex(fx, si);
        const i1 = clampIndex(fx + 1, si);
        const j0 = clampIndex(fy, sj) * si;
        const j1 = clampIndex(fy + 1, sj) * si;
        const k0 = clampIndex(fz, sk) * si * sj;
        const k1 = clampIndex(fz + 1, sk) * si * sj;
        const a = data[k0 + j0 + i0];
        if (x === fx && y === fy && z === fz) {
          out[to] = a;
          continue;
        }
        const b = data[k0 + j0 + i1];
        const c = data[k0 + j1 + i0];
        const d = data[k0 + j1 + i1];
        const e = data[k1 + j0 + i0];
        const f = data[k1 + j0 + i1];
        const g = data[k1 + j1 + i0];
        const h = data[k1 + j1 + i1];
        // Inside of a structure, which is nearly everywhere, there is nothing to count.
        if (a === b && a === c && a === d && a === e && a === f && a === g && a === h) {
          out[to] = a;
          continue;
        }
        setEight(labels, a, b, c, d, e, f, g, h);
        const [p, q, r] = [x - fx, y - fy, z - fz];
        const [w00, w10, w01, w11] = [(1 - q) * (1 - r), q * (1 - r), (1 - q) * r, q * r];
        setEight(votes, (1 - p) * w00, p * w00, (1 - p) * w10, p * w10, (1 - p) * w01, p * w01, (1 - p) * w11, p * w11);
        out[to] = winner(labels, votes);
      }
    }
  }
  return { data: out, geometry: target };
}

function setEight(
  array: Float64Array,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
): void {
  array[0] = a;
  array[1] = b;
  array[2] = c;
  array[3] = d;
  array[4] = e;
  array[5] = f;
  array[6] = g;
  array[7] = h;
}

function winner(labels: Float64Array, votes: Float64Array): number {
  let best = 0;
  let bestVotes = -1;
  for (let n = 0; n < 8; n += 1) {
    const label = labels[n];
    let sum = 0;
    for (let m = 0; m < 8; m += 1) if (labels[m] === label) sum += votes[m];
    if (sum > bestVotes + TIE || (sum > bestVotes - TIE && label < best)) {
      best = label;
      bestVotes = sum;
    }
  }
  return best;
}
