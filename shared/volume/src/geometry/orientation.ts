import { Problem } from '@parse3d/contract/problems';
import { spacingFromAffine } from './affine.js';
import { applyAxisPlan, invertAxisPlan, planGeometry, planShape, type Axis, type AxisPlan } from './axis-plan.js';
import type { Affine, Volume, VoxelArray } from './types.js';

/** Three letters: where the axes i, j, k point. R or L, A or P, S or I, each pair once; RAS, LPS, LIA and so on. */
export type AxisCodes = string;

/** For each axis: the world axis it follows most (0 left-right, 1 posterior-anterior, 2 inferior-superior), and its sign. */
interface Directions {
  readonly world: readonly [Axis, Axis, Axis];
  readonly negative: readonly [boolean, boolean, boolean];
}

const POSITIVE = ['R', 'A', 'S'] as const;
const NEGATIVE = ['L', 'P', 'I'] as const;

/** Where the axes i, j, k of a grid point, to the nearest world axis each. Works for oblique and sheared affines. */
export function orientationOf(affine: Affine): AxisCodes {
  const { world, negative } = directionsOf(affine);
  return world.map((axis, n) => (negative[n] ? NEGATIVE[axis] : POSITIVE[axis])).join('');
}

/** The plan that gives a grid with this affine the orientation `codes`, as near as axis swaps and flips can. */
export function planOrientation(affine: Affine, codes: AxisCodes): AxisPlan {
  const from = directionsOf(affine);
  const to = parseAxisCodes(codes);
  const sourceOf = (n: Axis): Axis => ([0, 1, 2] as const).find((axis) => from.world[axis] === to.world[n]) ?? 0;
  const source = [sourceOf(0), sourceOf(1), sourceOf(2)] as const;
  const flipOf = (n: Axis): boolean => from.negative[source[n]] !== to.negative[n];
  return { source, flip: [flipOf(0), flipOf(1), flipOf(2)] };
}

/**
 * The volume with its axes pointing as `codes` says; voxels keep their values and their places in the world.
 * `undo` takes voxels of the reoriented grid (labels, probabilities) back to the order of the original.
 */
export function reorient<T extends VoxelArray>(
  volume: Volume<T>,
  codes: AxisCodes,
): { volume: Volume<T>; plan: AxisPlan; undo: <U extends VoxelArray>(data: U) => U } {
  const { data, geometry } = volume;
  const plan = planOrientation(geometry.affine, codes);
  const back = invertAxisPlan(plan);
  const shape = planShape(geometry.shape, plan);
  return {
    volume: { data: applyAxisPlan(data, geometry.shape, plan), geometry: planGeometry(geometry, plan) },
    plan,
    undo: (reoriented) => applyAxisPlan(reoriented, shape, back),
  };
}

/** All 48 orientations. */
export function allAxisCodes(): AxisCodes[] {
  const orders = ['RAS', 'RSA', 'ARS', 'ASR', 'SRA', 'SAR'];
  const opposite = new Map<string, string>(POSITIVE.map((letter, n) => [letter, NEGATIVE[n] ?? letter]));
  return orders.flatMap((order) =>
    Array.from({ length: 8 }, (_, bits) =>
      [...order].map((letter, n) => ((bits >> n) & 1 ? opposite.get(letter) : letter)).join(''),
    ),
  );
}

/** True for three letters that name each of the world's axes once. */
export function isAxisCodes(codes: string): boolean {
  return tryParse(codes) !== undefined;
}

function parseAxisCodes(codes: AxisCodes): Directions {
  const directions = tryParse(codes);
  if (directions === undefined) {
    throw new Problem(
      'request-invalid',
      `expected an orientation such as RAS, LPS or LIA, got "${codes.slice(0, 16)}"`,
      {
        orientation: codes.slice(0, 16),
      },
    );
  }
  return directions;
}

function tryParse(codes: AxisCodes): Directions | undefined {
  const axes: Axis[] = [];
  const signs: boolean[] = [];
  for (const letter of codes) {
    const axis = ([0, 1, 2] as const).find((n) => POSITIVE[n] === letter || NEGATIVE[n] === letter);
    if (axis === undefined || axes.includes(axis)) return undefined;
    axes.push(axis);
    signs.push(NEGATIVE[axis] === letter);
  }
  const [a, b, c] = axes;
  const [p, q, r] = signs;
  if (axes.length !== 3 || a === undefined || b === undefined || c === undefined) return undefined;
  return { world: [a, b, c], negative: [p ?? false, q ?? false, r ?? false] };
}

/**
 * Compares directions only: the rotation nearest to the affine (its polar factor, columns brought to length 1 first)
 * tells which world axis each grid axis follows most. Axes choose in the order i, j, k among the world axes left, so
 * that the result is a permutation also when two grid axes lean towards the same world axis.
 */
function directionsOf(affine: Affine): Directions {
  const rotation = nearestRotation(affine);
  const world: Axis[] = [];
  const negative: boolean[] = [];
  for (const axis of [0, 1, 2] as const) {
    let best: Axis | undefined;
    for (const row of [0, 1, 2] as const) {
      if (world.includes(row)) continue;
      const size = Math.abs(rotation[row * 3 + axis] ?? 0);
      // Rounding must not decide a tie: the later axis has to be clearly larger.
      if (best === undefined || size > Math.abs(rotation[best * 3 + axis] ?? 0) + 1e-9) best = row;
    }
    const chosen = best ?? axis;
    world.push(chosen);
    negative.push((rotation[chosen * 3 + axis] ?? 0) < 0);
  }
  const [a = 0, b = 1, c = 2] = world;
  const [p = false, q = false, r = false] = negative;
  return { world: [a, b, c], negative: [p, q, r] };
}

/** Newton's iteration X ← (X + X⁻ᵀ)/2 from the affine's unit columns: it converges to the orthogonal polar factor. */
function nearestRotation(affine: Affine): number[] {
  const [si, sj, sk] = spacingFromAffine(affine);
  const [a, b, c, , d, e, f, , g, h, i] = affine;
  let x = [a / si, b / sj, c / sk, d / si, e / sj, f / sk, g / si, h / sj, i / sk];
  for (let round = 0; round < 100; round += 1) {
    const cofactors = cofactorsOf(x);
    const det =
      (x[0] ?? 0) * (cofactors[0] ?? 0) + (x[1] ?? 0) * (cofactors[1] ?? 0) + (x[2] ?? 0) * (cofactors[2] ?? 0);
    // The inverse transpose is the cofactor matrix over the determinant.
    const next = x.map((value, n) => (value + (cofactors[n] ?? 0) / det) / 2);
    const moved = Math.max(...next.map((value, n) => Math.abs(value - (x[n] ?? 0))));
    x = next;
    if (moved < 1e-14) break;
  }
  return x;
}

function cofactorsOf(x: readonly number[]): number[] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = x;
  return [
    e * i - f * h,
    f * g - d * i,
    d * h - e * g,
    c * h - b * i,
    a * i - c * g,
    b * g - a * h,
    b * f - c * e,
    c * d - a * f,
    a * e - b * d,
  ];
}
