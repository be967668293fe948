import type { Placement, SliceFit } from './fit-slices.js';
import type { SliceStack } from './slice-stack.js';

/** A coordinate this close to a whole number is that number: rounding must not blur grids that coincide. */
const SNAP = 1e-6;

/** Linear interpolation along one axis: index n is `1 - weight[n]` of `low[n]` and `weight[n]` of `high[n]`. */
export interface LinearTaps {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float32Array;
  /** 0 where n lies outside of the source altogether. */
  readonly inside: Uint8Array;
}

/** @param size of the source; beyond its outer centres half a pixel repeats the edge, farther off is outside */
export function linearTaps(count: number, scale: number, offset: number, size: number): LinearTaps {
  const taps = {
    low: new Int32Array(count),
    high: new Int32Array(count),
    weight: new Float32Array(count),
    inside: new Uint8Array(count),
  };
  for (let n = 0; n < count; n++) {
    const exact = scale * n + offset;
    const at = Math.abs(exact - Math.round(exact)) < SNAP ? Math.round(exact) : exact;
    taps.inside[n] = at >= -0.5 - SNAP && at <= size - 0.5 + SNAP ? 1 : 0;
    const clamped = Math.min(Math.max(at, 0), size - 1);
    taps.low[n] = Math.floor(clamped);
    taps.high[n] = Math.ceil(clamped);
    taps.weight[n] = clamped - Math.floor(clamped);
  }
  return taps;
}

/** From the model's slices to those of the volume, by interpolation along all three axes. */
export interface SmoothWay {
  readonly depth: LinearTaps;
  readonly rows: LinearTaps;
  readonly columns: LinearTaps;
  /** Side of the model's grid. */
  readonly size: number;
}

/**
 * @param volume the stack of the volume's own slices
 * @param model the stack of the slices that the model saw: of the same volume, at another spacing if it was resampled;
 * both grids share their centre and the directions of their axes
 */
export function smoothWay(volume: SliceStack, model: SliceStack, fit: SliceFit): SmoothWay {
  const [depth, height, width] = [0, 1, 2].map((axis) => (volume.spacingMm[axis] ?? 1) / (model.spacingMm[axis] ?? 1));
  const centred = (count: number, of: number, scale: number): number => (of - 1 - (count - 1) * scale) / 2;
  const through = (count: number, scale = 1, { count: of, scale: inner, offset }: Placement): LinearTaps =>
    linearTaps(count, scale * inner, centred(count, of, scale) * inner + offset, fit.size);
  return {
    depth: linearTaps(volume.depth, depth ?? 1, centred(volume.depth, model.depth, depth ?? 1), model.depth),
    rows: through(volume.height, height, fit.rows),
    columns: through(volume.width, width, fit.columns),
    size: fit.size,
  };
}

/** One prompt's probabilities in the two model slices that a slice of the volume lies between. */
export interface SlicePair {
  readonly low: Float32Array | undefined;
  readonly high: Float32Array | undefined;
  /** Share of `high`. */
  readonly weight: number;
}

/** Interpolates one slice of the volume, height × width, from size × size probabilities; a missing one counts as 0. */
export class SmoothRenderer {
  readonly #way: SmoothWay;
  readonly #mixed: Float32Array;
  readonly #row: Float32Array;

  constructor(way: SmoothWay) {
    this.#way = way;
    this.#mixed = new Float32Array(way.size * way.size);
    this.#row = new Float32Array(way.size);
  }

  render(pair: SlicePair, out: Float32Array): void {
    const source = this.#mix(pair);
    if (source === undefined) {
      out.fill(0);
      return;
    }
    const { rows, columns, size } = this.#way;
    const row = this.#row;
    const width = columns.low.length;
    for (let y = 0; y < rows.low.length; y++) {
      const target = y * width;
      if (rows.inside[y] === 0) {
        out.fill(0, target, target + width);
        continue;
      }
      const [a, b, w] = [rows.low[y] * size, rows.high[y] * size, rows.weight[y]];
      for (let x = 0; x < size; x++) row[x] = source[a + x] * (1 - w) + source[b + x] * w;
      for (let x = 0; x < width; x++) {
        const v = columns.weight[x];
        const value = row[columns.low[x]] * (1 - v) + row[columns.high[x]] * v;
        out[target + x] = columns.inside[x] === 0 ? 0 : value;
      }
    }
  }

  #mix({ low, high, weight }: SlicePair): Float32Array | undefined {
    if (low === high || weight === 0) return low;
    if (low === undefined && high === undefined) return undefined;
    const mixed = this.#mixed;
    for (let n = 0; n < mixed.length; n++) mixed[n] = (low?.[n] ?? 0) * (1 - weight) + (high?.[n] ?? 0) * weight;
    return mixed;
  }
}
