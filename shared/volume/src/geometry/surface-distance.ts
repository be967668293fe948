import { squaredDistances } from './distance-transform.js';
import { surfelAreas } from './surfels.js';
import type { Shape, Vec3, VoxelArray } from './types.js';

/** The surface of one mask: its elements' areas in mm², and their distances in mm to the other mask's surface. */
export interface Surface {
  readonly areasMm2: Float64Array;
  /** Infinity when the other mask has no surface. */
  readonly distancesMm: Float64Array;
}

/**
 * The surfaces of two masks on one grid, and how far each element of one lies from the other (the definition of
 * DeepMind's surface-distance, as the text-guided segmentation challenge uses it). A surface element sits at every point
 * between eight voxels of which some but not all belong to the mask; what lies outside of the grid does not belong.
 * @param label the label whose mask is meant; without it every voxel that is not 0
 */
export function surfaceDistances(
  a: VoxelArray,
  b: VoxelArray,
  shape: Shape,
  spacingMm: Vec3,
  label?: number,
): { readonly a: Surface; readonly b: Surface } {
  const box = boundingBox([a, b], shape, label);
  if (box === undefined) return { a: noSurface, b: noSurface };
  const grid: Shape = [box.size[0] + 1, box.size[1] + 1, box.size[2] + 1];
  const codes = { a: neighbourCodes(a, shape, box, grid, label), b: neighbourCodes(b, shape, box, grid, label) };
  const areas = surfelAreas(spacingMm);
  const measure = (own: Uint8Array, other: Uint8Array): Surface => {
    const places = onSurface(own);
    const distances = squaredDistances(other.map(isBorder), grid, spacingMm);
    return {
      areasMm2: Float64Array.from(places, (place) => areas[own[place]]),
      distancesMm: Float64Array.from(places, (place) => Math.sqrt(distances[place])),
    };
  };
  return { a: measure(codes.a, codes.b), b: measure(codes.b, codes.a) };
}

/**
 * Share of the two surfaces, by area, that lies within a tolerance of the other one: 0 to 1. Two empty masks agree: 1.
 * @param toleranceMm @default 2
 */
export function normalisedSurfaceDistance(
  a: VoxelArray,
  b: VoxelArray,
  shape: Shape,
  spacingMm: Vec3,
  options: { readonly label?: number | undefined; readonly toleranceMm?: number | undefined } = {},
): number {
  const surfaces = surfaceDistances(a, b, shape, spacingMm, options.label);
  const tolerance = options.toleranceMm ?? 2;
  let total = 0;
  let near = 0;
  for (const { areasMm2, distancesMm } of [surfaces.a, surfaces.b]) {
    for (let n = 0; n < areasMm2.length; n += 1) {
      const area = areasMm2[n];
      total += area;
      if (distancesMm[n] <= tolerance) near += area;
    }
  }
  return total === 0 ? 1 : near / total;
}

interface Box {
  readonly start: Shape;
  readonly size: Shape;
}

const noSurface: Surface = { areasMm2: new Float64Array(0), distancesMm: new Float64Array(0) };

const isBorder = (code: number): number => (code !== 0 && code !== 255 ? 1 : 0);

function onSurface(codes: Uint8Array): number[] {
  const places: number[] = [];
  for (let n = 0; n < codes.length; n += 1) if (isBorder(codes[n]) === 1) places.push(n);
  return places;
}

/** Where either mask is. Both surfaces lie around it, so nothing else need be looked at. */
function boundingBox(masks: readonly VoxelArray[], [ni, nj, nk]: Shape, label: number | undefined): Box | undefined {
  const least: [number, number, number] = [ni, nj, nk];
  const most: [number, number, number] = [-1, -1, -1];
  for (const mask of masks) {
    let n = 0;
    for (let k = 0; k < nk; k += 1) {
      for (let j = 0; j < nj; j += 1) {
        for (let i = 0; i < ni; i += 1, n += 1) {
          if (label === undefined ? mask[n] === 0 : mask[n] !== label) continue;
          if (i < least[0]) least[0] = i;
          if (i > most[0]) most[0] = i;
          if (j < least[1]) least[1] = j;
          if (j > most[1]) most[1] = j;
          if (k < least[2]) least[2] = k;
          if (k > most[2]) most[2] = k;
        }
      }
    }
  }
  if (most[0] < 0) return undefined;
  return { start: least, size: [most[0] - least[0] + 1, most[1] - least[1] + 1, most[2] - least[2] + 1] };
}

/** For every point between voxels of the box and around it: which of its eight voxels belong to the mask, a bit each. */
function neighbourCodes(
  mask: VoxelArray,
  [si, sj]: Shape,
  { start, size }: Box,
  [gi, gj, gk]: Shape,
  label: number | undefined,
): Uint8Array {
  const codes = new Uint8Array(gi * gj * gk);
  for (let k = 0; k < size[2]; k += 1) {
    for (let j = 0; j < size[1]; j += 1) {
      const row = ((k + start[2]) * sj + j + start[1]) * si + start[0];
      for (let i = 0; i < size[0]; i += 1) {
        if (label === undefined ? mask[row + i] === 0 : mask[row + i] !== label) continue;
        // The voxel is the last of the eight for the point before it, and the first for the point behind it.
        for (let corner = 0; corner < 8; corner += 1) {
          const at = ((k + 1 - (corner >> 2)) * gj + j + 1 - ((corner >> 1) & 1)) * gi + i + 1 - (corner & 1);
          codes[at] = codes[at] | (1 << corner);
        }
      }
    }
  }
  return codes;
}
