import type { FoundObject } from '@parse3d/contract';
import { measureRegions, type Geometry, type RegionTable, type VoxelArray } from '@parse3d/volume/geometry';
import { measuresOf } from '../measure-findings.js';

export interface ObjectMeasuring {
  readonly labels: Uint16Array | Uint32Array;
  readonly count: number;
  readonly geometry: Geometry;
  /** The prompt's probability map, in pieces in memory order; undefined where the engine keeps none. */
  readonly probabilities: Iterable<Float32Array> | undefined;
  /** The input's values and their unit; undefined leaves out all that costs more than a pass. */
  readonly intensities: { readonly data: VoxelArray; readonly unit: 'HU' | null } | undefined;
}

/** What is known of every object, held in columns: objects are made one by one, when they are asked for. */
export class ObjectMeasures {
  readonly #table: RegionTable;
  readonly #probabilities: Probabilities | undefined;
  readonly #intensities: ObjectMeasuring['intensities'];

  constructor({ labels, count, geometry, probabilities, intensities }: ObjectMeasuring) {
    const more = { intensities: intensities?.data, percentiles: true, surface: true, diameter: true };
    this.#table = measureRegions(labels, geometry, count, intensities && more);
    this.#probabilities = probabilities && sumProbabilities(labels, count, probabilities);
    this.#intensities = intensities;
  }

  /** In rising order, the largest object first. */
  *[Symbol.iterator](): Generator<FoundObject> {
    for (const region of this.#table) {
      const all = measuresOf(region, this.#intensities?.unit ?? null);
      yield {
        object: region.region,
        voxels: region.voxels,
        volumeMl: region.volumeMl,
        centroidMm: all.centroidMm,
        boundingBox: all.boundingBox,
        ...this.#probabilityOf(region.region, region.voxels),
        ...(this.#intensities && {
          surfaceMm2: all.surfaceMm2,
          longestDiameterMm: all.longestDiameterMm,
          intensity: all.intensity,
        }),
      };
    }
  }

  #probabilityOf(object: number, voxels: number): Pick<FoundObject, 'meanProbability' | 'maxProbability'> {
    const { sums, highest } = this.#probabilities ?? {};
    if (sums === undefined || highest === undefined) return { meanProbability: null, maxProbability: null };
    // Rounding may lead a little beyond 1.
    return {
      meanProbability: Math.min(1, sums[object] / voxels),
      maxProbability: Math.min(1, highest[object]),
    };
  }
}

interface Probabilities {
  readonly sums: Float64Array;
  readonly highest: Float32Array;
}

function sumProbabilities(
  labels: Uint16Array | Uint32Array,
  count: number,
  pieces: Iterable<Float32Array>,
): Probabilities {
  const sums = new Float64Array(count + 1);
  const highest = new Float32Array(count + 1);
  let at = 0;
  for (const piece of pieces) {
    for (let n = 0; n < piece.length; n++) {
      const object = labels[at + n];
      if (object === 0) continue;
      const probability = piece[n];
      sums[object] = sums[object] + probability;
      if (probability > highest[object]) highest[object] = probability;
    }
    at += piece.length;
  }
  return { sums, highest };
}
