import { voxelCount } from './affine.js';
import { connect, growInto, scanRuns, type Neighbour, type RunList } from './object-runs.js';
import { planOrientation, type AxisCodes } from './orientation.js';
import type { Affine, Shape } from './types.js';

export interface SplitOptions {
  /** Objects of fewer voxels are dropped. @default 1 */
  readonly minVoxels?: number | undefined;
  /** Which of several objects gets a border voxel between them. @default `growthOrder` of the volume's own axes */
  readonly order?: readonly Neighbour[] | undefined;
}

/** The objects of one mask, numbered from 1: the largest first, of equals the one whose first voxel comes first. */
export interface SplitObjects {
  readonly count: number;
  /** Objects that were too small, and their voxels. */
  readonly dropped: { readonly objects: number; readonly voxels: number };
  /** Voxels of the mask that belong to no object: border farther than one voxel from every interior. */
  readonly unassignedVoxels: number;
  /** A label volume of its own with the number of each voxel's object; two bytes a voxel up to 65,535 objects, else four. */
  labels(): Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  /** The mask (1 inside) of one object. */
  maskOf(number: number): Uint8Array;
}

/** The order in which `expand_labels` of scikit-image 0.19 prefers neighbours, along i, j, k of an array [k, j, i]. */
const SCIKIT_ORDER: readonly Neighbour[] = [
  { axis: 0, step: -1 },
  { axis: 1, step: -1 },
  { axis: 2, step: -1 },
  { axis: 2, step: 1 },
  { axis: 1, step: 1 },
  { axis: 0, step: 1 },
];

/**
 * The order of neighbours for a volume that is turned to an orientation, in the volume's own axes: objects are then the
 * same in the world however the volume lies in memory.
 */
export function growthOrder(affine: Affine, orientation: AxisCodes): Neighbour[] {
  const { source, flip } = planOrientation(affine, orientation);
  return SCIKIT_ORDER.map(({ axis, step }) => ({ axis: source[axis], step: flip[axis] !== step < 0 ? -1 : 1 }));
}

/**
 * Splits a mask into its objects: the connected parts of the interior (voxels touch by faces), grown by one voxel into
 * the border. Memory holds twelve bytes per run of the mask and some numbers per object, not the mask.
 * @param pieces values of `objectVoxel`, whole rows in memory order; a mask without borders is its own interior
 * @throws RangeError when the pieces are not whole rows of the shape
 */
export function splitObjects(pieces: Iterable<Uint8Array>, shape: Shape, options: SplitOptions = {}): SplitObjects {
  const runs = scanRuns(pieces, shape);
  const parts = connect(runs.interior, shape);
  const grown = growInto(runs, shape, options.order ?? SCIKIT_ORDER);
  const lists = [runs.interior, grown];
  const { sizes, firsts } = sizesOf(lists, parts);
  const { numbers, count, dropped } = numberBySize(sizes, firsts, options.minVoxels ?? 1);
  const unassignedVoxels = runs.border.voxels() - grown.voxels();
  return {
    count,
    dropped,
    unassignedVoxels,
    labels: () =>
      paint(lists, numbers, count <= 0xffff ? new Uint16Array(voxelCount(shape)) : new Uint32Array(voxelCount(shape))),
    maskOf: (number) => {
      const only = new Uint32Array(parts);
      only[numbers.indexOf(number)] = 1;
      return paint(lists, only, new Uint8Array(voxelCount(shape)));
    },
  };
}

function sizesOf(lists: readonly RunList[], parts: number): { sizes: Uint32Array; firsts: Uint32Array } {
  const sizes = new Uint32Array(parts);
  const firsts = new Uint32Array(parts).fill(0xffff_ffff);
  for (const { starts, ends, objects, length } of lists) {
    for (let run = 0; run < length; run += 1) {
      const part = objects[run];
      const start = starts[run];
      sizes[part] = sizes[part] + ends[run] - start;
      if (start < firsts[part]) firsts[part] = start;
    }
  }
  return { sizes, firsts };
}

/** Number per part, 0 for those that are dropped. */
function numberBySize(
  sizes: Uint32Array,
  firsts: Uint32Array,
  minVoxels: number,
): { numbers: Uint32Array; count: number; dropped: SplitObjects['dropped'] } {
  const numbers = new Uint32Array(sizes.length);
  const order = Uint32Array.from({ length: sizes.length }, (_, part) => part);
  order.sort((a, b) => sizes[b] - sizes[a] || firsts[a] - firsts[b]);
  let count = 0;
  let voxels = 0;
  for (const part of order) {
    const size = sizes[part];
    if (size >= minVoxels) numbers[part] = ++count;
    else voxels += size;
  }
  return { numbers, count, dropped: { objects: sizes.length - count, voxels } };
}

function paint<T extends Uint8Array | Uint16Array | Uint32Array>(
  lists: readonly RunList[],
  numbers: Uint32Array,
  into: T,
): T {
  for (const { starts, ends, objects, length } of lists) {
    for (let run = 0; run < length; run += 1) {
      const number = numbers[objects[run]];
      if (number !== 0) into.fill(number, starts[run], ends[run]);
    }
  }
  return into;
}
