import type { PromptableSlicesModel } from '@parse3d/shared/contract';
import type { Shape, VoxelArray } from '@parse3d/shared/geometry';

export type SliceAxis = 'i' | 'j' | 'k';

/**
 * How a volume in memory order (i fastest) is read as a stack of slices. The two axes that are left keep the order of an
 * array indexed [k, j, i]: the slower one is the height.
 */
export interface SliceStack {
  readonly axis: SliceAxis;
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  /** Distance in memory of neighbours along depth, height and width. */
  readonly strides: readonly [depth: number, height: number, width: number];
}

/** @throws never; an axis that the pack names is taken as it is */
export function sliceStack(shape: Shape, rule: PromptableSlicesModel['sliceAxis']): SliceStack {
  const axis = rule === 'biomedparse' ? publishedAxis(shape) : rule;
  const [ni, nj, nk] = shape;
  switch (axis) {
    case 'k':
      return { axis, depth: nk, height: nj, width: ni, strides: [ni * nj, ni, 1] };
    case 'j':
      return { axis, depth: nj, height: nk, width: ni, strides: [ni, ni * nj, 1] };
    case 'i':
      return { axis, depth: ni, height: nk, width: nj, strides: [1, ni * nj, ni] };
  }
}

/** The published rule: k where i and j are of similar length, else the shortest axis, the first of equals in k, j, i. */
function publishedAxis([ni, nj, nk]: Shape): SliceAxis {
  if ((2 * Math.abs(nj - ni)) / (nj + ni) < 0.5) return 'k';
  const shortest = Math.min(nk, nj, ni);
  return shortest === nk ? 'k' : shortest === nj ? 'j' : 'i';
}

/** One slice as height × width, width fastest. */
export function readSlice(data: VoxelArray, stack: SliceStack, index: number): Float32Array {
  const { height, width, strides } = stack;
  const slice = new Float32Array(height * width);
  for (let y = 0, n = 0; y < height; y++) {
    let at = index * strides[0] + y * strides[1];
    for (let x = 0; x < width; x++, n++, at += strides[2]) slice[n] = data[at] ?? 0;
  }
  return slice;
}

/** Previous and next slice; at an end the missing one is the other's mirror, and a single slice is its own neighbour. */
export function neighbours(index: number, depth: number): [before: number, after: number] {
  if (depth === 1) return [0, 0];
  return [index === 0 ? 1 : index - 1, index === depth - 1 ? depth - 2 : index + 1];
}
