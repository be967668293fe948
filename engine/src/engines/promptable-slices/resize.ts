/** Which samples of a row make one sample of a resized row, and how much each counts. */
export interface ResizePlan {
  readonly from: number;
  readonly to: number;
  readonly taps: number;
  /** `taps` indices per output sample; unused taps have weight 0. */
  readonly indices: Int32Array;
  readonly weights: Float32Array;
}

/** Keys' cubic kernel. PyTorch's plain bicubic has a = -0.75, its antialiased one a = -0.5. */
function cubic(x: number, a: number): number {
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}

/** Bicubic as PyTorch's `interpolate(mode='bicubic', align_corners=False)`: half-pixel centres, borders repeated. */
export function bicubicPlan(from: number, to: number): ResizePlan {
  const taps = 4;
  const plan = emptyPlan(from, to, taps);
  for (let out = 0; out < to; out++) {
    const centre = ((out + 0.5) * from) / to - 0.5;
    const base = Math.floor(centre);
    for (let tap = 0; tap < taps; tap++) {
      const at = base - 1 + tap;
      plan.indices[out * taps + tap] = Math.min(Math.max(at, 0), from - 1);
      plan.weights[out * taps + tap] = cubic(centre - at, -0.75);
    }
  }
  return plan;
}

/** Bicubic as PyTorch's `interpolate(..., antialias=True)`: a wider kernel on the way down, weights that sum to 1. */
export function antialiasedPlan(from: number, to: number): ResizePlan {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = 2 * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const plan = emptyPlan(from, to, taps);
  for (let out = 0; out < to; out++) {
    const centre = (out + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const count = Math.min(Math.trunc(centre + support + 0.5), from) - first;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) sum += cubic((first + tap - centre + 0.5) / stretch, -0.5);
    for (let tap = 0; tap < count; tap++) {
      plan.indices[out * taps + tap] = first + tap;
      plan.weights[out * taps + tap] = cubic((first + tap - centre + 0.5) / stretch, -0.5) / sum;
    }
  }
  return plan;
}

function emptyPlan(from: number, to: number, taps: number): ResizePlan {
  return { from, to, taps, indices: new Int32Array(to * taps), weights: new Float32Array(to * taps) };
}

/** Resizes a square image, width fastest, along both axes by one plan. */
export function resizeSquare(image: Float32Array, plan: ResizePlan): Float32Array {
  return resizeColumns(resizeRows(image, plan.from, plan), plan.to, plan);
}

function resizeRows(image: Float32Array, height: number, { from, to, taps, indices, weights }: ResizePlan): Float32Array {
  const out = new Float32Array(height * to);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      let sum = 0;
      for (let tap = x * taps; tap < (x + 1) * taps; tap++) {
        sum += (weights[tap] ?? 0) * (image[y * from + (indices[tap] ?? 0)] ?? 0);
      }
      out[y * to + x] = sum;
    }
  }
  return out;
}

function resizeColumns(image: Float32Array, width: number, { to, taps, indices, weights }: ResizePlan): Float32Array {
  const out = new Float32Array(to * width);
  for (let y = 0; y < to; y++) {
    const row = out.subarray(y * width, (y + 1) * width);
    for (let tap = y * taps; tap < (y + 1) * taps; tap++) {
      const weight = weights[tap] ?? 0;
      if (weight === 0) continue;
      const source = (indices[tap] ?? 0) * width;
      for (let x = 0; x < width; x++) row[x] = (row[x] ?? 0) + weight * (image[source + x] ?? 0);
    }
  }
  return out;
}
