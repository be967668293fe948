import { linearTaps, type LinearTaps } from '../slices/linear-taps.js';
import type { Placement, SliceFit } from '../slices/fit.js';
import type { SliceStack } from '../slices/stack.js';

/** From the model's slices to those of the volume, by interpolation along all three axes. */
export interface VolumeTaps {
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
export function volumeTaps(volume: SliceStack, model: SliceStack, fit: SliceFit): VolumeTaps {
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
  readonly #taps: VolumeTaps;
  readonly #mixed: Float32Array;
  readonly #row: Float32Array;

  constructor(taps: VolumeTaps) {
    this.#taps = taps;
    this.#mixed = new Float32Array(taps.size * taps.size);
    this.#row = new Float32Array(taps.size);
  }

  render(pair: SlicePair, out: Float32Array): void {
    const source = this.#mix(pair);
    if (source === undefined) {
      out.fill(0);
      return;
    }
    const { rows, columns, size } = this.#taps;
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
