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
