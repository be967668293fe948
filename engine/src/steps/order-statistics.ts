import type { VoxelArray } from '@parse3d/volume/geometry';

/** Voxels that a rule measures: every one, or those above 0. */
export type Population = 'all' | 'positive';

const BINS = 65_536;

/**
 * Percentiles of the voxels, exactly as numpy's `percentile` (linear interpolation) gives them, without sorting the
 * volume: voxels are counted in bins, and only those of the bins that hold a wanted rank are looked at again.
 * @param percents 0 to 100 each
 * @returns undefined when no voxel belongs to the population
 */
export function percentiles(data: VoxelArray, percents: readonly number[], of: Population): number[] | undefined {
  const measured = extent(data, of);
  if (measured === undefined) return undefined;
  const last = measured.count - 1;
  const places = percents.map((percent) => (percent / 100) * last);
  const ranks = [...new Set(places.flatMap((place) => [Math.floor(place), Math.min(Math.floor(place) + 1, last)]))];
  const found = orderStatistics(data, ranks, measured, of === 'positive');
  return places.map((place) => {
    const below = found.get(Math.floor(place)) ?? NaN;
    const above = found.get(Math.min(Math.floor(place) + 1, last)) ?? NaN;
    return below + (above - below) * (place - Math.floor(place));
  });
}

/** Smallest and largest voxel of the population, and how many there are; undefined when there is none. */
export function extent(data: VoxelArray, of: Population): { min: number; max: number; count: number } | undefined {
  const floor = of === 'positive' ? 0 : -Infinity;
  let min = Infinity;
  let max = -Infinity;
  let count = 0;
  for (let n = 0; n < data.length; n++) {
    const value = data[n];
    if (!(value > floor)) continue;
    count++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return count === 0 ? undefined : { min, max, count };
}

/** Mean and standard deviation (of the population, as numpy's `std`); undefined when there are no voxels. */
export function moments(data: VoxelArray, of: Population): { mean: number; std: number } | undefined {
  const floor = of === 'positive' ? 0 : -Infinity;
  let sum = 0;
  let count = 0;
  for (let n = 0; n < data.length; n++) {
    const value = data[n];
    if (!(value > floor)) continue;
    sum += value;
    count++;
  }
  if (count === 0) return undefined;
  const mean = sum / count;
  // A second pass over the differences: the one-pass formula loses its digits when the mean is far from 0.
  let squares = 0;
  for (let n = 0; n < data.length; n++) {
    const value = data[n];
    if (value > floor) squares += (value - mean) * (value - mean);
  }
  return { mean, std: Math.sqrt(squares / count) };
}

/** The values at these ranks (0 is the smallest) of the voxels, or of those above 0. */
function orderStatistics(
  data: VoxelArray,
  ranks: readonly number[],
  { min, max }: { min: number; max: number },
  positive: boolean,
): Map<number, number> {
  if (min === max) return new Map(ranks.map((rank) => [rank, min]));
  const floor = positive ? 0 : -Infinity;
  // Whole numbers that fit get a bin each, so that a bin is an answer.
  const exact = isInteger(data) && max - min < BINS;
  const scale = exact ? 1 : (BINS - 1) / (max - min);
  const counts = new Float64Array(BINS);
  for (let n = 0; n < data.length; n++) {
    const value = data[n];
    if (!(value > floor)) continue;
    const at = Math.floor((value - min) * scale);
    counts[at] = counts[at] + 1;
  }

  const found = new Map<number, number>();
  const ranksOfBin = new Map<number, { before: number; ranks: number[] }>();
  let before = 0;
  let bin = 0;
  for (const rank of [...ranks].sort((a, b) => a - b)) {
    while (before + counts[bin] <= rank) before += counts[bin++];
    if (exact) found.set(rank, min + bin);
    else {
      const entry = ranksOfBin.get(bin) ?? { before, ranks: [] };
      entry.ranks.push(rank);
      ranksOfBin.set(bin, entry);
    }
  }

  for (const [wanted, entry] of ranksOfBin) {
    const members = membersOfBin(data, floor, (value) => Math.floor((value - min) * scale) === wanted, counts[wanted]);
    const inner = entry.ranks.map((rank) => rank - entry.before);
    const values = orderOf(members, inner);
    for (const rank of entry.ranks) found.set(rank, values.get(rank - entry.before) ?? NaN);
  }
  return found;
}

/** Few values are sorted; many (one far outlier leaves all others in one bin) are binned again between their own ends. */
function orderOf(members: Float64Array, ranks: readonly number[]): Map<number, number> {
  const range = extent(members, 'all');
  if (members.length > BINS && range !== undefined) return orderStatistics(members, ranks, range, false);
  members.sort();
  return new Map(ranks.map((rank) => [rank, members[rank]]));
}

function membersOfBin(
  data: VoxelArray,
  floor: number,
  belongs: (value: number) => boolean,
  count: number,
): Float64Array {
  const members = new Float64Array(count);
  let at = 0;
  for (let n = 0; n < data.length; n++) {
    const value = data[n];
    if (value > floor && belongs(value)) members[at++] = value;
  }
  return members;
}

function isInteger(data: VoxelArray): boolean {
  return !(data instanceof Float32Array || data instanceof Float64Array);
}
