import { voxelCount, voxelToWorld, voxelVolumeMl } from './affine.js';
import type { LabelArray } from './label-map.js';
import { regionDiameters } from './region-diameter.js';
import { regionPercentiles } from './region-percentiles.js';
import { regionSurfaces } from './region-surface.js';
import { countParts } from './run-components.js';
import type { Geometry, Vec3, VoxelArray, VoxelPoint, WorldPoint } from './types.js';

/** Which of the dearer measures are wanted; voxels, places, means and extremes are always measured. */
export interface MeasureOptions {
  /** Values on the same grid, in their own unit. Those that are not finite do not count. */
  readonly intensities?: VoxelArray | undefined;
  /** Median, 5th and 95th percentile of the intensities. @default false */
  readonly percentiles?: boolean | undefined;
  /** Surface area. @default false */
  readonly surface?: boolean | undefined;
  /** Longest diameter. @default false */
  readonly diameter?: boolean | undefined;
  /** Number of connected parts and the share of the largest. @default false */
  readonly components?: boolean | undefined;
}

/** Intensities inside a region. */
export interface RegionIntensity {
  readonly mean: number;
  /** Of the population, as numpy's `std`. */
  readonly sd: number;
  readonly min: number;
  readonly max: number;
  /** Absent unless asked for, like the percentiles. */
  readonly median?: number;
  readonly p5?: number;
  readonly p95?: number;
}

/** What was measured of one region. */
export interface RegionMeasures {
  readonly region: number;
  readonly voxels: number;
  readonly volumeMl: number;
  /** Mean of the voxels' indices. */
  readonly centroidVoxel: VoxelPoint;
  readonly centroidMm: WorldPoint;
  /** First and last voxel along each axis, both included. */
  readonly boundingBox: { readonly min: Vec3; readonly max: Vec3 };
  /** Null without intensities, or where none inside is finite. */
  readonly intensity: RegionIntensity | null;
  /** Of the marching-cubes surface half-way between voxel centres, in mm². */
  readonly surfaceMm2?: number;
  /** Longest distance between two points of that surface, in mm. */
  readonly longestDiameterMm?: number;
  /** Parts that do not touch by faces. */
  readonly components?: number;
  /** Share of the voxels that is in the largest part, above 0 to 1. */
  readonly largestComponentShare?: number;
}

/** Measures of regions 1 to `regions`, held in columns: a hundred thousand regions take some megabytes. */
export class RegionTable {
  readonly regions: number;
  /** Voxels per region; index 0 is unused, here and in all columns. */
  readonly voxels: Float64Array;
  readonly #geometry: Geometry;
  readonly #core: Core;
  readonly #more: Columns;

  constructor(geometry: Geometry, core: Core, more: Columns) {
    this.regions = core.voxels.length - 1;
    this.voxels = core.voxels;
    this.#geometry = geometry;
    this.#core = core;
    this.#more = more;
  }

  /** @returns undefined for a region without a voxel */
  of(region: number): RegionMeasures | undefined {
    const { sums, box } = this.#core;
    const voxels = this.voxels[region];
    if (voxels === 0) return undefined;
    const three = (from: ArrayLike<number>, at: number): Vec3 => [from[at] ?? 0, from[at + 1] ?? 0, from[at + 2] ?? 0];
    const [i, j, k] = three(sums, region * 3);
    const centroidVoxel: VoxelPoint = [i / voxels, j / voxels, k / voxels];
    const { surface, diameter, parts } = this.#more;
    return {
      region,
      voxels,
      volumeMl: voxels * voxelVolumeMl(this.#geometry),
      centroidVoxel,
      centroidMm: voxelToWorld(this.#geometry.affine, centroidVoxel),
      boundingBox: { min: three(box, region * 6), max: three(box, region * 6 + 3) },
      intensity: this.#intensity(region),
      ...(surface && { surfaceMm2: surface[region] }),
      ...(diameter && { longestDiameterMm: diameter[region] }),
      ...(parts && {
        components: parts.components[region],
        largestComponentShare: parts.largest[region] / voxels,
      }),
    };
  }

  /** Regions that have a voxel, in rising order. */
  *[Symbol.iterator](): Generator<RegionMeasures> {
    for (let region = 1; region <= this.regions; region += 1) {
      const measures = this.of(region);
      if (measures !== undefined) yield measures;
    }
  }

  #intensity(region: number): RegionIntensity | null {
    const { values, percentiles } = this.#more;
    const count = values?.count[region] ?? 0;
    if (values === undefined || count === 0) return null;
    const base = {
      mean: values.mean[region],
      sd: Math.sqrt(values.squares[region] / count),
      min: values.min[region],
      max: values.max[region],
    };
    if (percentiles === undefined) return base;
    const [p5, median, p95] = percentiles.map((column) => column[region]);
    return { ...base, ...(median !== undefined && p5 !== undefined && p95 !== undefined && { median, p5, p95 }) };
  }
}

interface Core {
  readonly voxels: Float64Array;
  /** Of the indices i, j, k. */
  readonly sums: Float64Array;
  /** First and last voxel along i, j, k. */
  readonly box: Int32Array;
}

interface Values {
  readonly count: Float64Array;
  readonly mean: Float64Array;
  readonly squares: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

interface Columns {
  readonly values?: Values | undefined;
  readonly percentiles?: readonly Float64Array[] | undefined;
  readonly surface?: Float64Array | undefined;
  readonly diameter?: Float64Array | undefined;
  readonly parts?: ReturnType<typeof countParts> | undefined;
}

/**
 * Measures every region of a label volume: region n is the voxels that hold n, 0 is background. A few passes over the
 * volume and some numbers per region, however many there are; the dearer measures are told in `MeasureOptions`.
 * @param regions highest number that the volume may hold
 * @throws RangeError when the arrays do not fit the grid, or a voxel holds a higher number
 */
export function measureRegions(
  labels: LabelArray,
  geometry: Geometry,
  regions: number,
  options: MeasureOptions = {},
): RegionTable {
  const { intensities } = options;
  const voxels = voxelCount(geometry.shape);
  if (labels.length !== voxels || (intensities !== undefined && intensities.length !== voxels)) {
    throw new RangeError(
      `expected ${voxels} voxels, got ${labels.length} labels and ${intensities?.length ?? 'no'} values`,
    );
  }
  const core = measurePlaces(labels, geometry, regions);
  const values = intensities && measureValues(labels, intensities, regions);
  return new RegionTable(geometry, core, {
    values,
    percentiles:
      intensities && values && options.percentiles === true
        ? regionPercentiles(labels, intensities, values.count, [5, 50, 95])
        : undefined,
    surface: options.surface === true ? regionSurfaces(labels, geometry, regions, boxesOf(core)) : undefined,
    diameter: options.diameter === true ? regionDiameters(labels, geometry, regions, boxesOf(core)) : undefined,
    parts: options.components === true ? countParts(labels, geometry.shape, regions) : undefined,
  });
}

/**
 * The same for one mask that comes in pieces, in memory order, as engines give those that overlap: voxels above 0 are
 * region 1. Holds the mask whole while it is measured.
 */
export function measureMask(
  pieces: Iterable<Uint8Array>,
  geometry: Geometry,
  options: MeasureOptions = {},
): RegionMeasures | undefined {
  const mask = new Uint8Array(voxelCount(geometry.shape));
  let at = 0;
  for (const piece of pieces) {
    for (let n = 0; n < piece.length; n += 1) mask[at + n] = piece[n] === 0 ? 0 : 1;
    at += piece.length;
  }
  if (at !== mask.length) throw new RangeError(`expected ${mask.length} voxels, got ${at}`);
  return measureRegions(mask, geometry, 1, options).of(1);
}

function measurePlaces(labels: LabelArray, { shape: [ni, nj, nk] }: Geometry, regions: number): Core {
  const voxels = new Float64Array(regions + 1);
  const sums = new Float64Array((regions + 1) * 3);
  const box = new Int32Array((regions + 1) * 6);
  for (let k = 0, n = 0; k < nk; k += 1) {
    for (let j = 0; j < nj; j += 1) {
      for (let i = 0; i < ni;) {
        const label = labels[n];
        const start = i;
        // Labels come in runs: the columns are touched once per run.
        while (i < ni && labels[n] === label) {
          i += 1;
          n += 1;
        }
        if (label === 0) continue;
        if (label > regions) throw new RangeError(`expected labels up to ${regions}, got ${label}`);
        const length = i - start;
        const at = label * 3;
        const b = label * 6;
        if (voxels[label] === 0) box.set([start, j, k, i - 1, j, k], b);
        voxels[label] = voxels[label] + length;
        sums[at] = sums[at] + ((start + i - 1) / 2) * length;
        sums[at + 1] = sums[at + 1] + j * length;
        sums[at + 2] = sums[at + 2] + k * length;
        if (start < box[b]) box[b] = start;
        if (j < box[b + 1]) box[b + 1] = j;
        if (i - 1 > box[b + 3]) box[b + 3] = i - 1;
        if (j > box[b + 4]) box[b + 4] = j;
        box[b + 5] = k;
      }
    }
  }
  return { voxels, sums, box };
}

function measureValues(labels: LabelArray, values: VoxelArray, regions: number): Values {
  const column = (fill: number): Float64Array => new Float64Array(regions + 1).fill(fill);
  const [count, mean, squares, min, max] = [column(0), column(0), column(0), column(Infinity), column(-Infinity)];
  for (let n = 0; n < labels.length; n += 1) {
    const label = labels[n];
    if (label === 0) continue;
    const value = values[n];
    if (value - value !== 0) continue;
    count[label] = count[label] + 1;
    mean[label] = mean[label] + value;
    if (value < min[label]) min[label] = value;
    if (value > max[label]) max[label] = value;
  }
  for (let label = 1; label <= regions; label += 1) mean[label] = mean[label] / count[label];
  // A second pass over the differences: the one-pass formula loses its digits when the mean is far from 0.
  for (let n = 0; n < labels.length; n += 1) {
    const label = labels[n];
    if (label === 0) continue;
    const difference = values[n] - mean[label];
    if (difference - difference === 0) squares[label] = squares[label] + difference * difference;
  }
  return { count, mean, squares, min, max };
}

function boxesOf({ voxels, box }: Core): { region: number; min: Vec3; max: Vec3 }[] {
  const boxes: { region: number; min: Vec3; max: Vec3 }[] = [];
  voxels.forEach((count, region) => {
    if (count === 0) return;
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = box.subarray(region * 6, region * 6 + 6);
    boxes.push({ region, min: [a, b, c], max: [d, e, f] });
  });
  return boxes;
}
