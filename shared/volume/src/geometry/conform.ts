import { Problem } from '@parse3d/contract/problems';
import { affineFromColumns, centreOf, columnOf, makeGeometry, transform } from './affine.js';
import { planGeometry } from './axis-plan.js';
import { planOrientation, type AxisCodes } from './orientation.js';
import type { Geometry, Shape, Vec3 } from './types.js';

/** Distance of voxels in mm along i, j, k; null where they keep their own. */
export type SpacingOrOwn = readonly [number | null, number | null, number | null];

export interface ConformOptions {
  /** @default the input's own axes */
  readonly orientation?: AxisCodes | undefined;
  /** Distance of voxels in mm along the new axes; one number for all three. @default the input's spacing */
  readonly spacingMm?: number | SpacingOrOwn | undefined;
  /** @default as many voxels as cover the input's extent */
  readonly shape?: Shape | undefined;
}

/**
 * The grid that covers a volume in another orientation, spacing or size, centred where the input is centred. Oblique
 * grids stay oblique: the new axes are the input's, swapped and flipped towards `orientation`.
 */
export function conformGeometry(geometry: Geometry, options: ConformOptions): Geometry {
  const turned =
    options.orientation === undefined
      ? geometry
      : planGeometry(geometry, planOrientation(geometry.affine, options.orientation));
  const spacing = spacingOption(options.spacingMm, turned.spacingMm);
  const shape = options.shape ?? coveringShape(turned, spacing);

  const column = (axis: 0 | 1 | 2): Vec3 => {
    const [x, y, z] = columnOf(turned.affine, axis);
    const scale = spacing[axis] / turned.spacingMm[axis];
    return [x * scale, y * scale, z * scale];
  };
  const columns = [column(0), column(1), column(2)] as const;
  const middle = transform(affineFromColumns(...columns, [0, 0, 0]), [
    (shape[0] - 1) / 2,
    (shape[1] - 1) / 2,
    (shape[2] - 1) / 2,
  ]);
  const [x, y, z] = centreOf(geometry);
  const affine = affineFromColumns(...columns, [x - middle[0], y - middle[1], z - middle[2]]);
  return makeGeometry(shape, affine);
}

/** The smallest shape whose voxels cover the extent of the grid; a thousandth of a voxel does not count. */
function coveringShape(geometry: Geometry, spacing: Vec3): Shape {
  const size = (axis: 0 | 1 | 2): number =>
    Math.max(1, Math.ceil((geometry.shape[axis] * geometry.spacingMm[axis]) / spacing[axis] - 1e-3));
  return [size(0), size(1), size(2)];
}

function spacingOption(spacing: number | SpacingOrOwn | undefined, own: Vec3): Vec3 {
  if (spacing === undefined) return own;
  const three: Vec3 =
    typeof spacing === 'number'
      ? [spacing, spacing, spacing]
      : [spacing[0] ?? own[0], spacing[1] ?? own[1], spacing[2] ?? own[2]];
  if (three.length !== 3 || !three.every((mm) => Number.isFinite(mm) && mm > 0)) {
    throw new Problem('request-invalid', `expected spacings above 0 mm, got ${three.join(', ')}`, { spacingMm: three });
  }
  return three;
}
