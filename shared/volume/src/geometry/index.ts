export {
  affineFromColumns,
  asAffine,
  centreOf,
  columnOf,
  determinant,
  geometriesAgree,
  invert,
  isInvertible,
  makeGeometry,
  multiply,
  spacingFromAffine,
  transform,
  tryInvert,
  voxelCount,
  voxelToWorld,
  voxelVolumeMl,
  worldToVoxel,
} from './affine.js';
export {
  applyAxisPlan,
  identityPlan,
  invertAxisPlan,
  isIdentityPlan,
  planAffine,
  planGeometry,
  planShape,
  type Axis,
  type AxisPlan,
} from './axis-plan.js';
export { connectedComponents } from './components.js';
export { conformGeometry, type ConformOptions, type SpacingOrOwn } from './conform.js';
export { cropBox, cropPad, cropPadGeometry } from './crop-pad.js';
export { dice } from './dice.js';
export { squaredDistances } from './distance-transform.js';
export { instanceScore, type InstanceScore } from './instances.js';
export { allocateLabels, countLabels, maskOf, mergeLabels, relabel, toLabels, type LabelArray } from './label-map.js';
export { objectVoxel, type Neighbour } from './object-runs.js';
export { growthOrder, splitObjects, type SplitObjects, type SplitOptions } from './objects.js';
export { allAxisCodes, isAxisCodes, orientationOf, planOrientation, reorient, type AxisCodes } from './orientation.js';
export type { ResampleMethod } from './kernels.js';
export {
  measureMask,
  measureRegions,
  RegionTable,
  type MeasureOptions,
  type RegionIntensity,
  type RegionMeasures,
} from './measure-regions.js';
export { assertGrid, assertModelGrid, MAX_GRID_VOXELS, unitGuess, type GridLimits } from './model-grid.js';
export { partsToRemove, type KeepRule, type RemovedParts } from './parts-to-remove.js';
export { resample, type ResampleOptions, type ResampleTarget } from './resample.js';
export { resampleLabels } from './resample-labels.js';
export { connectRuns, Parts, type OnRun } from './run-components.js';
export { normalisedSurfaceDistance, surfaceDistances, type Surface } from './surface-distance.js';
export { surfaceMesh, type SurfaceMesh } from './surface-mesh.js';
export { surfelAreas } from './surfels.js';
export type { Affine, Geometry, Shape, Vec3, Volume, VoxelArray, VoxelPoint, WorldPoint } from './types.js';
