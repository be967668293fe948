import { readNifti, readNpz, type NpzPrompts } from '@parse3d/volume/formats';
import {
  geometriesAgree,
  orientationOf,
  reorient,
  toLabels,
  type Geometry,
  type LabelArray,
  type VoxelArray,
} from '@parse3d/volume/geometry';
import { Problem } from '@parse3d/contract/problems';
import type { Pair } from './pairs.js';

export interface LabelPair {
  readonly reference: LabelArray;
  readonly found: LabelArray;
  readonly geometry: Geometry;
  /** Names of the labels, where the reference's file brings them. */
  readonly prompts: NpzPrompts['prompts'];
  /** The reference says that its labels number single objects. */
  readonly instances: boolean;
}

/** Voxels may lie apart by this share of the smallest voxel size: what float32 headers and careless tools leave. */
const SHARE = 0.05;

/**
 * Both label maps of a pair. Axes in another order or direction are turned, which is exact: dcm2niix and others store 3D
 * series otherwise than the scanner did.
 * @throws Problem `geometry-mismatch` when they lie on different grids, `labels-invalid`, and those of the files
 */
export async function readLabelPair(pair: Pair): Promise<LabelPair> {
  const reference = await readOne(pair.reference, ['gts', 'segs'], undefined);
  // What the challenge's programs write has no spacing of its own.
  const found = inOrderOf(reference, await readOne(pair.found, ['segs', 'gts'], reference.geometry));
  assertSameGrid(pair, reference, found);
  return {
    reference: labelsOf(reference.data, pair.reference),
    found: labelsOf(found.data, pair.found),
    geometry: reference.geometry,
    prompts: reference.prompts,
    instances: reference.instanceLabel === 1,
  };
}

interface One extends NpzPrompts {
  readonly data: VoxelArray;
  readonly geometry: Geometry;
  /** False for `.npz`: where the voxels lie in the world is a convention then. */
  readonly isPlaced: boolean;
}

async function readOne(path: string, arrays: readonly string[], like: Geometry | undefined): Promise<One> {
  if (path.endsWith('.npz'))
    return { ...(await readNpz(path, { arrays, spacingMm: like?.spacingMm })), isPlaced: false };
  return { ...(await readNifti(path)), prompts: [], instanceLabel: undefined, isPlaced: true };
}

/** With the axes of the reference; as it is where the voxels' places in the world are not known. */
function inOrderOf(reference: One, found: One): One {
  if (!reference.isPlaced || !found.isPlaced) return found;
  return { ...found, ...reorient(found, orientationOf(reference.geometry.affine)).volume };
}

function assertSameGrid(pair: Pair, { geometry: a, isPlaced }: One, { geometry: b, isPlaced: isPlacedToo }: One): void {
  const tolerance = SHARE * Math.min(...a.spacingMm);
  const sameShape = a.shape.every((size, axis) => size === b.shape[axis]);
  const agree =
    isPlaced && isPlacedToo
      ? geometriesAgree(a, b, tolerance)
      : sameShape && a.spacingMm.every((mm, axis) => Math.abs(mm - (b.spacingMm[axis] ?? 0)) <= tolerance);
  if (agree) return;
  const show = ({ shape, spacingMm }: Geometry): string =>
    `${shape.join('×')} at ${spacingMm.map((mm) => Number(mm.toPrecision(4))).join(', ')} mm`;
  const detail = sameShape
    ? 'they have the same shape but lie in different places, directions or spacings'
    : 'they have different shapes';
  throw new Problem(
    'geometry-mismatch',
    `${pair.name}: expected ${pair.found} on the grid of ${pair.reference}; ${detail}: ${show(b)}, not ${show(a)}`,
    {
      reference: a,
      found: b,
    },
  );
}

function labelsOf(data: VoxelArray, path: string): LabelArray {
  try {
    return toLabels(data);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Problem('labels-invalid', `${path}: ${error.message}`, {}, { cause: error });
  }
}
