import { voxelCount } from './affine.js';
import { Parts } from './run-components.js';
import type { Shape } from './types.js';

/** What a voxel of a mask is when its objects are told apart: `border` voxels keep objects from touching. */
export const objectVoxel = { background: 0, interior: 1, border: 2 } as const;

/** Runs of voxels along i, in memory order, and the number of the object that each belongs to. */
export class RunList {
  starts = new Uint32Array(1024);
  /** One past the last voxel. */
  ends = new Uint32Array(1024);
  objects = new Uint32Array(1024);
  length = 0;

  push(start: number, end: number, object: number): void {
    if (this.length === this.starts.length) this.#grow();
    this.starts[this.length] = start;
    this.ends[this.length] = end;
    this.objects[this.length] = object;
    this.length += 1;
  }

  /** Sum of the lengths. */
  voxels(): number {
    let sum = 0;
    for (let run = 0; run < this.length; run += 1) sum += this.ends[run] - this.starts[run];
    return sum;
  }

  #grow(): void {
    // Past some millions by halves: the old and the new arrays are in memory together.
    const size = this.length < 2 ** 22 ? this.length * 2 : Math.ceil(this.length * 1.5);
    this.starts = enlarged(this.starts, size);
    this.ends = enlarged(this.ends, size);
    this.objects = enlarged(this.objects, size);
  }
}

export interface ObjectRuns {
  readonly interior: RunList;
  readonly border: RunList;
}

/**
 * Reads the runs of interior and border out of a mask that comes in pieces of whole rows, in memory order.
 * @throws RangeError when the pieces are not whole rows of the shape
 */
export function scanRuns(pieces: Iterable<Uint8Array>, shape: Shape): ObjectRuns {
  const [ni] = shape;
  const interior = new RunList();
  const border = new RunList();
  let first = 0;
  for (const piece of pieces) {
    if (piece.length % ni !== 0) throw new RangeError(`expected whole rows of ${ni} voxels, got ${piece.length}`);
    for (let row = 0; row < piece.length; row += ni) scanRow(piece, row, row + ni, first, interior, border);
    first += piece.length;
  }
  if (first !== voxelCount(shape)) throw new RangeError(`expected ${shape.join('×')} voxels, got ${first}`);
  return { interior, border };
}

function scanRow(piece: Uint8Array, from: number, to: number, first: number, interior: RunList, border: RunList): void {
  for (let n = from; n < to;) {
    const value = piece[n];
    if (value === objectVoxel.background) {
      n += 1;
      continue;
    }
    const start = n;
    while (n < to && piece[n] === value) n += 1;
    (value === objectVoxel.border ? border : interior).push(first + start, first + n, 0);
  }
}

/** Numbers the parts that touch by faces from 0, in the order of their first voxels. @returns how many there are */
export function connect(runs: RunList, [ni, nj]: Shape): number {
  const parts = new Parts();
  const [row, plane] = [new Overlaps(runs, ni), new Overlaps(runs, ni * nj)];
  for (let run = 0; run < runs.length; run += 1) {
    const start = runs.starts[run];
    const end = runs.ends[run];
    let part = -1;
    if (start >= ni * nj) part = plane.join(parts, part, start, end);
    if (Math.floor(start / ni) % nj > 0) part = row.join(parts, part, start, end);
    runs.objects[run] = part < 0 ? parts.add(0) : part;
  }
  const numbers = new Uint32Array(parts.count);
  let count = 0;
  for (const { part } of parts.whole()) numbers[part] = count++;
  for (let run = 0; run < runs.length; run += 1) {
    runs.objects[run] = numbers[parts.root(runs.objects[run])];
  }
  return count;
}

/** Finds the runs of an earlier row or plane that a run lies on; runs are asked about in rising order. */
class Overlaps {
  readonly #runs: RunList;
  readonly #distance: number;
  #at = 0;

  constructor(runs: RunList, distance: number) {
    this.#runs = runs;
    this.#distance = distance;
  }

  join(parts: Parts, part: number, start: number, end: number): number {
    const { starts, ends, objects } = this.#runs;
    const [from, to] = [start - this.#distance, end - this.#distance];
    while (ends[this.#at] <= from) this.#at += 1;
    let joined = part;
    // The last one may reach under the next run too.
    for (let run = this.#at; starts[run] < to; run += 1) {
      const other = objects[run];
      joined = joined < 0 ? parts.root(other) : parts.join(joined, other);
    }
    return joined;
  }
}

/** A direction to a face neighbour: an axis of the volume and a step along it. */
export interface Neighbour {
  readonly axis: 0 | 1 | 2;
  readonly step: 1 | -1;
}

/**
 * The border voxels that touch an object's interior by a face, as runs of that object. That is growth by one voxel in
 * Euclidean distance: only faces are within 1. A voxel between several objects is as far from each; it goes to the one
 * in the direction that comes first in `order`.
 */
export function growInto({ interior, border }: ObjectRuns, shape: Shape, order: readonly Neighbour[]): RunList {
  const [ni, nj] = shape;
  const strides = [1, ni, ni * nj] as const;
  const grown = new RunList();
  if (border.length === 0) return grown;
  const looks = order.map(({ axis, step }) => ({ axis, step, look: new Lookup(interior, step * strides[axis]) }));
  const place = [0, 0, 0];
  for (let run = 0; run < border.length; run += 1) {
    const [start, end] = [border.starts[run], border.ends[run]];
    place[1] = Math.floor(start / ni) % nj;
    place[2] = Math.floor(start / strides[2]);
    let from = start;
    let last = -1;
    for (let voxel = start; voxel < end; voxel += 1) {
      place[0] = voxel % ni;
      let object = -1;
      for (const { axis, step, look } of looks) {
        const next = (place[axis] ?? 0) + step;
        if (next < 0 || next >= shape[axis]) continue;
        object = look.at(voxel);
        if (object >= 0) break;
      }
      if (object === last) continue;
      if (last >= 0) grown.push(from, voxel, last);
      [from, last] = [voxel, object];
    }
    if (last >= 0) grown.push(from, end, last);
  }
  return grown;
}

/** The object of a voxel's neighbour at a fixed distance in memory; voxels are asked about in rising order. */
class Lookup {
  readonly #runs: RunList;
  readonly #distance: number;
  #at = 0;

  constructor(runs: RunList, distance: number) {
    this.#runs = runs;
    this.#distance = distance;
  }

  /** @returns -1 where there is none */
  at(voxel: number): number {
    const { starts, ends, objects, length } = this.#runs;
    const neighbour = voxel + this.#distance;
    while (this.#at < length && ends[this.#at] <= neighbour) this.#at += 1;
    return this.#at < length && starts[this.#at] <= neighbour ? objects[this.#at] : -1;
  }
}

function enlarged(from: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const into = new Uint32Array(length);
  into.set(from);
  return into;
}
