import type { Vec3 } from './types.js';

/** Points that are compared one by one. */
const LEAF = 16;

interface Node {
  readonly from: number;
  readonly to: number;
  readonly min: Vec3;
  readonly max: Vec3;
  readonly children: readonly Node[];
}

/** Corners of voxels on one grid: half a voxel along each axis from the centre. */
export interface Octahedra {
  /** Of the affine, in mm. */
  readonly columns: readonly [Vec3, Vec3, Vec3];
  /** Differences between the corners of two voxels with the same centre. */
  readonly steps: readonly Vec3[];
  /** Length of the longest of them. */
  readonly reach: number;
}

export function octahedra(columns: readonly [Vec3, Vec3, Vec3]): Octahedra {
  const half = columns.flatMap((column): Vec3[] => [scaled(column, 0.5), scaled(column, -0.5)]);
  const steps = half.flatMap((a) => half.map((b): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]));
  return { columns, steps, reach: Math.max(...steps.map((step) => Math.hypot(...step))) };
}

/**
 * The largest distance between two corners of the voxels' octahedra (half a voxel along each axis from the centre), among
 * voxels given by their indices. Exact: boxes of points are left out only where they cannot hold a longer one.
 */
export class FarthestPair {
  /** In mm; 0 without any voxel. */
  readonly distanceMm: number;
  /** World coordinates, three numbers a point, in the order of the tree. */
  readonly #points: Float64Array;
  readonly #steps: readonly Vec3[];
  readonly #reach: number;
  /** Square of the longest distance so far. */
  #best = 0;

  constructor(voxels: readonly Vec3[], { columns, steps, reach }: Octahedra) {
    this.#steps = steps;
    this.#reach = reach;
    this.#points = new Float64Array(voxels.length * 3);
    const [x, y, z] = columns;
    voxels.forEach(([i, j, k], n) => {
      for (const axis of [0, 1, 2] as const) this.#points[n * 3 + axis] = i * x[axis] + j * y[axis] + k * z[axis];
    });
    if (voxels.length > 0) {
      const root = this.#split(0, voxels.length);
      this.#visit(root, root);
    }
    this.distanceMm = Math.sqrt(this.#best);
  }

  #split(from: number, to: number): Node {
    const [min, max] = this.#box(from, to);
    if (to - from <= LEAF) return { from, to, min, max, children: [] };
    const sizes = [max[0] - min[0], max[1] - min[1], max[2] - min[2]];
    const axis = sizes.indexOf(Math.max(...sizes));
    const middle = ((min[axis] ?? 0) + (max[axis] ?? 0)) / 2;
    let cut = from;
    for (let n = from; n < to; n += 1) if (this.#points[n * 3 + axis] <= middle) this.#swap(n, cut++);
    // Points that lie all in one place cannot be parted by it.
    if (cut === from || cut === to) return { from, to, min, max, children: [] };
    return { from, to, min, max, children: [this.#split(from, cut), this.#split(cut, to)] };
  }

  #box(from: number, to: number): [Vec3, Vec3] {
    const least: [number, number, number] = [Infinity, Infinity, Infinity];
    const most: [number, number, number] = [-Infinity, -Infinity, -Infinity];
    for (let n = from; n < to; n += 1) {
      for (const axis of [0, 1, 2] as const) {
        const value = this.#points[n * 3 + axis];
        if (value < least[axis]) least[axis] = value;
        if (value > most[axis]) most[axis] = value;
      }
    }
    return [least, most];
  }

  #swap(a: number, b: number): void {
    for (let axis = 0; axis < 3; axis += 1) {
      const value = this.#points[a * 3 + axis];
      this.#points[a * 3 + axis] = this.#points[b * 3 + axis];
      this.#points[b * 3 + axis] = value;
    }
  }

  #visit(a: Node, b: Node): void {
    if (this.#atMost(a, b) <= this.#best) return;
    if (a.children.length === 0 && b.children.length === 0) {
      this.#compare(a, b);
      return;
    }
    const [opened, other] =
      a.children.length > 0 && (b.children.length === 0 || a.to - a.from >= b.to - b.from) ? [a, b] : [b, a];
    const pairs = a === b ? this.#pairsWithin(a) : opened.children.map((child): [Node, Node] => [child, other]);
    // The most promising first: the longer the best, the more is left out.
    for (const [x, y] of pairs.sort((p, q) => this.#atMost(...q) - this.#atMost(...p))) this.#visit(x, y);
  }

  #pairsWithin({ children }: Node): [Node, Node][] {
    return children.flatMap((x, n) => children.slice(n).map((y): [Node, Node] => [x, y]));
  }

  /** Square of what no two corners of the two boxes exceed. */
  #atMost(a: Node, b: Node): number {
    let sum = 0;
    for (const axis of [0, 1, 2] as const) {
      const span = Math.max(a.max[axis] - b.min[axis], b.max[axis] - a.min[axis]);
      sum += span * span;
    }
    return (Math.sqrt(sum) + this.#reach) ** 2;
  }

  #compare(a: Node, b: Node): void {
    const points = this.#points;
    for (let n = a.from; n < a.to; n += 1) {
      const [x, y, z] = [points[n * 3], points[n * 3 + 1], points[n * 3 + 2]];
      for (let m = a === b ? n : b.from; m < b.to; m += 1) {
        const dx = points[m * 3] - x;
        const dy = points[m * 3 + 1] - y;
        const dz = points[m * 3 + 2] - z;
        if ((Math.sqrt(dx * dx + dy * dy + dz * dz) + this.#reach) ** 2 <= this.#best) continue;
        for (const step of this.#steps) {
          const square = (dx + step[0]) ** 2 + (dy + step[1]) ** 2 + (dz + step[2]) ** 2;
          if (square > this.#best) this.#best = square;
        }
      }
    }
  }
}

const scaled = ([x, y, z]: Vec3, by: number): Vec3 => [x * by, y * by, z * by];
