import type { PromptableSlicesModel } from '@parse3d/contract';
import { planOrientation, planShape, type Geometry, type Shape, type VoxelArray } from '@parse3d/volume/geometry';

type AxisName = 'i' | 'j' | 'k';
const AXES: readonly AxisName[] = ['i', 'j', 'k'];
/** Which axes are depth, height and width when one is cut. */
const ORDER = { k: [2, 1, 0], j: [1, 2, 0], i: [0, 2, 1] } as const;

/**
 * How a volume is read as a stack of slices in a pack's orientation, straight from its own memory: nothing is turned or
 * copied. The two axes that are left keep the order of an array indexed [k, j, i]: the slower one is the height.
 */
export interface SliceStack {
  /** Axis of the turned grid that is cut. */
  readonly axis: AxisName;
  /** The same axis as the volume names it, and whether slices count against it. */
  readonly own: { readonly axis: AxisName; readonly reversed: boolean };
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  /** Where pixel (0, 0) of slice 0 lies in memory, and the distance of neighbours along depth, height and width. */
  readonly start: number;
  readonly strides: readonly [depth: number, height: number, width: number];
  /** Distance of slices, rows and columns in mm. */
  readonly spacingMm: readonly [depth: number, height: number, width: number];
}

/** The stack of a volume turned to `orientation` and cut by the pack's rule. */
export function sliceStack(
  geometry: Geometry,
  { orientation, sliceAxis }: Pick<PromptableSlicesModel, 'orientation' | 'sliceAxis'>,
): SliceStack {
  const plan = planOrientation(geometry.affine, orientation);
  const shape = planShape(geometry.shape, plan);
  const own = [1, geometry.shape[0], geometry.shape[0] * geometry.shape[1]] as const;
  const stride = (axis: 0 | 1 | 2): number => own[plan.source[axis]] * (plan.flip[axis] ? -1 : 1);
  const spacing = (axis: 0 | 1 | 2): number => geometry.spacingMm[plan.source[axis]];
  let start = 0;
  for (const axis of [0, 1, 2] as const) if (plan.flip[axis]) start -= (shape[axis] - 1) * stride(axis);
  const cut = sliceAxis === 'biomedparse' ? publishedAxis(shape) : sliceAxis;
  const [depth, height, width] = ORDER[cut];
  return {
    axis: cut,
    own: { axis: AXES[plan.source[depth]] ?? 'k', reversed: plan.flip[depth] },
    depth: shape[depth],
    height: shape[height],
    width: shape[width],
    start,
    strides: [stride(depth), stride(height), stride(width)],
    spacingMm: [spacing(depth), spacing(height), spacing(width)],
  };
}

/** The published rule: k where i and j are of similar length, else the shortest axis, the first of equals in k, j, i. */
function publishedAxis([ni, nj, nk]: Shape): AxisName {
  if ((2 * Math.abs(nj - ni)) / (nj + ni) < 0.5) return 'k';
  const shortest = Math.min(nk, nj, ni);
  return shortest === nk ? 'k' : shortest === nj ? 'j' : 'i';
}

/** One slice as height × width, width fastest. */
export function readSlice<T extends VoxelArray>(data: T, stack: SliceStack, index: number): T {
  const { height, width, strides, start } = stack;
  const slice = data.slice(0, height * width) as T;
  for (let y = 0, n = 0; y < height; y++) {
    let at = start + index * strides[0] + y * strides[1];
    for (let x = 0; x < width; x++, n++, at += strides[2]) slice[n] = data[at];
  }
  return slice;
}

/** Puts a slice into a volume; `shift` moves it in memory, for volumes of which only a part is held. */
export function writeSlice(slice: VoxelArray, stack: SliceStack, index: number, into: VoxelArray, shift = 0): void {
  const { height, width, strides, start } = stack;
  for (let y = 0, n = 0; y < height; y++) {
    let at = start + shift + index * strides[0] + y * strides[1];
    for (let x = 0; x < width; x++, n++, at += strides[2]) into[at] = slice[n];
  }
}

/** Previous and next slice; at an end the missing one is the other's mirror, and a single slice is its own neighbour. */
export function neighbours(index: number, depth: number): [before: number, after: number] {
  if (depth === 1) return [0, 0];
  return [index === 0 ? 1 : index - 1, index === depth - 1 ? depth - 2 : index + 1];
}

/** The slices of a stack that hold some of these voxels, which are places in the volume's memory. */
export function slicesOf(voxels: Float64Array, shape: Shape, { own, depth }: SliceStack): ReadonlySet<number> {
  const axis = AXES.indexOf(own.axis);
  const stride = shape.slice(0, axis).reduce((product, length) => product * length, 1);
  const slices = new Set<number>();
  for (const voxel of voxels) {
    const at = Math.floor(voxel / stride) % (shape[axis] ?? 1);
    slices.add(own.reversed ? depth - 1 - at : at);
  }
  return slices;
}
