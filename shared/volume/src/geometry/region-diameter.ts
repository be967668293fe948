import { columnOf } from './affine.js';
import { FarthestPair, octahedra, type Octahedra } from './farthest-pair.js';
import type { LabelArray } from './label-map.js';
import type { Geometry, Vec3 } from './types.js';

/** Row ends that are held at a time, in numbers of four bytes. */
const BUDGET = 16 * 1024 * 1024;

/** What is known of a region before its diameter: where it lies. */
export interface RegionBox {
  readonly region: number;
  /** First and last voxel along each axis. */
  readonly min: Vec3;
  readonly max: Vec3;
}

/**
 * The longest distance in mm between two points of each region's surface (that of `regionSurfaces`: its corners lie half a
 * voxel beyond the outermost centres), exactly. Index 0 is unused.
 *
 * Only the ends of a region's rows can lie farthest apart, and of those only the corners of each plane's convex outline:
 * these few are compared in a tree that skips what cannot be farther than what was found.
 */
export function regionDiameters(
  labels: LabelArray,
  { shape, affine }: Geometry,
  regions: number,
  boxes: readonly RegionBox[],
): Float64Array {
  const [ni, nj] = shape;
  const out = new Float64Array(regions + 1);
  const corners = octahedra([columnOf(affine, 0), columnOf(affine, 1), columnOf(affine, 2)]);
  for (const group of groupsOf(boxes)) {
    const places = new Int32Array(regions + 1).fill(-1);
    group.forEach(({ region }, n) => (places[region] = n));
    const ends = group.map((box) => new RowEnds(box));
    const first = group.reduce((least, { min }) => Math.min(least, min[2]), Infinity);
    const last = group.reduce((most, { max }) => Math.max(most, max[2]), 0);
    for (let k = first; k <= last; k += 1) {
      for (let j = 0; j < nj; j += 1) {
        const row = ni * (j + nj * k);
        for (let i = 0; i < ni;) {
          const label = labels[row + i];
          const start = i;
          while (i < ni && labels[row + i] === label) i += 1;
          const place = label === 0 ? -1 : places[label];
          if (place >= 0) ends[place]?.add(start, i - 1, j, k);
        }
      }
    }
    for (const rows of ends) out[rows.box.region] = rows.diameter(corners);
  }
  return out;
}

/** As many regions together as the budget holds, at least one. */
function* groupsOf(boxes: readonly RegionBox[]): Generator<readonly RegionBox[]> {
  let group: RegionBox[] = [];
  let size = 0;
  for (const box of boxes) {
    const own = 2 * rowsOf(box);
    if (group.length > 0 && size + own > BUDGET) {
      yield group;
      [group, size] = [[], 0];
    }
    group.push(box);
    size += own;
  }
  if (group.length > 0) yield group;
}

const rowsOf = ({ min, max }: RegionBox): number => (max[1] - min[1] + 1) * (max[2] - min[2] + 1);

/** First and last voxel of every row of one region. */
class RowEnds {
  readonly box: RegionBox;
  readonly #rows: number;
  /** -1 where a row is empty. */
  readonly #low: Int32Array;
  readonly #high: Int32Array;

  constructor(box: RegionBox) {
    this.box = box;
    this.#rows = box.max[1] - box.min[1] + 1;
    this.#low = new Int32Array(rowsOf(box)).fill(-1);
    this.#high = new Int32Array(rowsOf(box)).fill(-1);
  }

  /** Runs of a row come in rising order. */
  add(start: number, end: number, j: number, k: number): void {
    const at = j - this.box.min[1] + this.#rows * (k - this.box.min[2]);
    if (this.#low[at] === -1) this.#low[at] = start;
    this.#high[at] = end;
  }

  diameter(corners: Octahedra): number {
    const points: Vec3[] = [];
    for (let k = this.box.min[2]; k <= this.box.max[2]; k += 1) {
      const plane = this.#rows * (k - this.box.min[2]);
      this.#outline(this.#low, plane, -1, (i, j) => points.push([i, j, k]));
      this.#outline(this.#high, plane, 1, (i, j) => points.push([i, j, k]));
    }
    return new FarthestPair(points, corners).distanceMm;
  }

  /** One side of the convex outline of a plane: `side` is 1 for the ends of rows, -1 for their starts. */
  #outline(of: Int32Array, plane: number, side: 1 | -1, onCorner: (i: number, j: number) => void): void {
    const chain: [i: number, j: number][] = [];
    for (let n = 0; n < this.#rows; n += 1) {
      const i = of[plane + n];
      if (i < 0) continue;
      const j = n + this.box.min[1];
      for (;;) {
        const [a, b] = [chain.at(-2), chain.at(-1)];
        if (a === undefined || b === undefined) break;
        // b stays only where it juts out beyond the line from a to the new point.
        if (side * ((b[0] - a[0]) * (j - a[1]) - (i - a[0]) * (b[1] - a[1])) > 0) break;
        chain.pop();
      }
      chain.push([i, j]);
    }
    for (const [i, j] of chain) onCorner(i, j);
  }
}
