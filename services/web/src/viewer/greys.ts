import type { GreyWindow } from './grey-windows.js';

/** So many voxels tell enough about a volume. */
const SAMPLES = 400_000;
/** Shares of the values inside the body that are drawn black and white. */
const [DARKEST, BRIGHTEST] = [0.02, 0.995];
/** Value of air in CT lies at -1000; MR, ultrasound and microscopy hold hardly anything below 0. */
const [FAR_BELOW, SHARE_BELOW] = [-200, 0.02];

/**
 * The window that shows the contrast inside the body: percentiles of what is brighter than air. From 0 to the maximum grey
 * and white matter would look alike, since fat and vessels are far brighter than both.
 *
 * @param voxels as stored
 * @param slope of the stored values, with `offset`: a value is stored · slope + offset
 */
export function measureGreys(
  voxels: ArrayLike<number>,
  { slope, offset }: { readonly slope: number; readonly offset: number },
): { readonly window: GreyWindow; readonly belowZero: boolean } {
  const step = Math.max(1, Math.floor(voxels.length / SAMPLES));
  const factor = slope === 0 || !Number.isFinite(slope) ? 1 : slope;
  const values = new Float64Array(Math.ceil(voxels.length / step));
  let count = 0;
  for (let at = 0; at < voxels.length; at += step) {
    const value = (voxels[at] ?? 0) * factor + offset;
    if (Number.isFinite(value)) values[count++] = value;
  }
  const sorted = values.subarray(0, count).sort();
  if (count === 0) return { window: { width: 1, level: 0.5 }, belowZero: false };
  const belowZero = (sorted[Math.floor(count * SHARE_BELOW)] ?? 0) < FAR_BELOW;
  // Halfway to the border of dark and bright: fluid lies between air and tissue.
  const border = ((sorted[0] ?? 0) + otsu(sorted)) / 2;
  const first = sorted.findIndex((value) => value > border);
  const inside = first < 0 ? sorted : sorted.subarray(first);
  const low = inside[Math.floor((inside.length - 1) * DARKEST)] ?? 0;
  const high = inside[Math.floor((inside.length - 1) * BRIGHTEST)] ?? 1;
  // Air stays black and fluid nearly so: a little below what is inside.
  const floor = Math.max(sorted[0] ?? 0, low - (high - low) * 0.15);
  return high > floor
    ? { window: { width: high - floor, level: (high + floor) / 2 }, belowZero }
    : { window: { width: 1, level: high }, belowZero };
}

const BINS = 256;

/** The value that parts dark from bright best: the variance between the two is largest (Otsu 1979). */
function otsu(sorted: Float64Array): number {
  const [low, high] = [sorted[0] ?? 0, sorted[Math.floor((sorted.length - 1) * BRIGHTEST)] ?? 0];
  if (!(high > low)) return low - 1;
  const bins = new Float64Array(BINS);
  for (const value of sorted) {
    const bin = Math.min(BINS - 1, Math.floor(((value - low) / (high - low)) * BINS));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const total = bins.reduce((sum, count, bin) => sum + count * bin, 0);
  let [below, sumBelow, best, at] = [0, 0, -1, 0];
  for (const [bin, count] of bins.entries()) {
    below += count;
    sumBelow += count * bin;
    const above = sorted.length - below;
    if (below === 0 || above === 0) continue;
    const between = below * above * (sumBelow / below - (total - sumBelow) / above) ** 2;
    if (between > best) [best, at] = [between, bin];
  }
  return low + ((at + 1) / BINS) * (high - low);
}
