import type { LabelArray } from './label-map.js';
import type { Shape } from './types.js';

/** Called for every run of one label along i, in memory order, with its first voxel, length, label and part. */
export type OnRun = (start: number, length: number, label: number, part: number) => void;

/** Parts that were found to be one are joined; the root of a part is the number it got first. */
export class Parts {
  #parent = new Int32Array(1024);
  #voxels = new Float64Array(1024);
  #label = new Uint32Array(1024);
  #count = 0;

  /** How many numbers were given, those of joined parts included. */
  get count(): number {
    return this.#count;
  }

  add(label: number): number {
    if (this.#count === this.#parent.length) {
      this.#parent = enlarged(this.#parent, new Int32Array(this.#count * 2));
      this.#voxels = enlarged(this.#voxels, new Float64Array(this.#count * 2));
      this.#label = enlarged(this.#label, new Uint32Array(this.#count * 2));
    }
    const part = this.#count++;
    this.#parent[part] = part;
    this.#label[part] = label;
    return part;
  }

  grow(part: number, voxels: number): void {
    this.#voxels[part] = this.#voxels[part] + voxels;
  }

  root(part: number): number {
    let at = part;
    for (let up = this.#parent[at]; up !== at; up = this.#parent[at]) {
      const next = this.#parent[up];
      this.#parent[at] = next;
      at = next;
    }
    return at;
  }

  /** @returns the root of both */
  join(a: number, b: number): number {
    const [x, y] = [this.root(a), this.root(b)];
    if (x === y) return x;
    const [root, other] = x < y ? [x, y] : [y, x];
    this.#parent[other] = root;
    this.#voxels[root] = this.#voxels[root] + this.#voxels[other];
    return root;
  }

  /** The parts that are left, in the order of their first voxels. */
  *whole(): Generator<{ readonly part: number; readonly label: number; readonly voxels: number }> {
    for (let part = 0; part < this.#count; part += 1) {
      if (this.#parent[part] !== part) continue;
      yield { part, label: this.#label[part], voxels: this.#voxels[part] };
    }
  }
}

/** The runs of one plane, row after row. */
class PlaneRuns {
  start = new Int32Array(256);
  end = new Int32Array(256);
  label = new Uint32Array(256);
  part = new Int32Array(256);
  count = 0;
  /** First run of each row, and behind the last row the number of runs. */
  readonly rows: Int32Array;

  constructor(rows: number) {
    this.rows = new Int32Array(rows + 1);
  }

  push(start: number, end: number, label: number): number {
    if (this.count === this.start.length) {
      const size = this.count * 2;
      this.start = enlarged(this.start, new Int32Array(size));
      this.end = enlarged(this.end, new Int32Array(size));
      this.label = enlarged(this.label, new Uint32Array(size));
      this.part = enlarged(this.part, new Int32Array(size));
    }
    this.start[this.count] = start;
    this.end[this.count] = end;
    this.label[this.count] = label;
    this.part[this.count] = -1;
    return this.count++;
  }
}

/**
 * Finds the connected parts of every label at once (voxels of one label that touch by faces), run by run. Memory holds
 * the runs of two planes and a number per part, not a second volume. A part that `onRun` is told may still be joined:
 * its root is known at the end.
 */
export function connectRuns(labels: LabelArray, [ni, nj, nk]: Shape, onRun?: OnRun): Parts {
  const parts = new Parts();
  let before = new PlaneRuns(nj);
  let plane = new PlaneRuns(nj);
  for (let k = 0; k < nk; k += 1) {
    [before, plane] = [plane, before];
    plane.count = 0;
    for (let j = 0; j < nj; j += 1) {
      plane.rows[j] = plane.count;
      const row = ni * (j + nj * k);
      for (let i = 0; i < ni;) {
        const label = labels[row + i];
        const start = i;
        while (i < ni && labels[row + i] === label) i += 1;
        if (label !== 0) plane.push(start, i, label);
      }
      const end = plane.count;
      plane.rows[j + 1] = end;
      const first = plane.rows[j];
      if (j > 0) joinRows(parts, plane, first, end, plane, plane.rows[j - 1], first);
      if (k > 0) joinRows(parts, plane, first, end, before, before.rows[j], before.rows[j + 1]);
      for (let run = first; run < end; run += 1) {
        const from = plane.start[run];
        const length = plane.end[run] - from;
        const label = plane.label[run];
        let part = plane.part[run];
        if (part < 0) part = parts.add(label);
        part = parts.root(part);
        plane.part[run] = part;
        parts.grow(part, length);
        onRun?.(row + from, length, label, part);
      }
    }
  }
  return parts;
}

/** Joins the runs of one row with those of a neighbouring row that they overlap; both are in rising order. */
function joinRows(
  parts: Parts,
  own: PlaneRuns,
  from: number,
  to: number,
  other: PlaneRuns,
  otherFrom: number,
  otherTo: number,
): void {
  for (let a = from, b = otherFrom; a < to && b < otherTo;) {
    const [ownEnd, otherEnd] = [own.end[a], other.end[b]];
    const overlap = own.start[a] < otherEnd && other.start[b] < ownEnd;
    if (overlap && own.label[a] === other.label[b]) {
      const mine = own.part[a];
      const theirs = other.part[b];
      own.part[a] = mine < 0 ? theirs : parts.join(mine, theirs);
    }
    if (ownEnd <= otherEnd) a += 1;
    if (otherEnd <= ownEnd) b += 1;
  }
}

/** How many parts each region has, and the voxels of its largest; index 0 is unused. */
export function countParts(
  labels: LabelArray,
  shape: Shape,
  regions: number,
): { readonly components: Uint32Array; readonly largest: Float64Array } {
  const components = new Uint32Array(regions + 1);
  const largest = new Float64Array(regions + 1);
  for (const { label, voxels } of connectRuns(labels, shape).whole()) {
    components[label] = components[label] + 1;
    if (voxels > largest[label]) largest[label] = voxels;
  }
  return { components, largest };
}

function enlarged<T extends Int32Array | Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
