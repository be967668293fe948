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
  // PyTorch computes places in float32, and a rounded grey value can depend on that.
  const scale = Math.fround(from / to);
  for (let out = 0; out < to; out++) {
    const centre = Math.fround(Math.fround(scale * (out + 0.5)) - 0.5);
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
  const span = (out: number): [first: number, count: number] => {
    const centre = (out + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    return [first, Math.min(Math.trunc(centre + support + 0.5), from) - first];
  };
  let taps = 4;
  for (let out = 0; out < to; out++) taps = Math.max(taps, span(out)[1]);
  const plan = emptyPlan(from, to, taps);
  for (let out = 0; out < to; out++) {
    const [first, count] = span(out);
    const weight = (tap: number): number => cubic((first + tap - (out + 0.5) * scale + 0.5) / stretch, -0.5);
    let sum = 0;
    for (let tap = 0; tap < count; tap++) sum += weight(tap);
    for (let tap = 0; tap < count; tap++) {
      plan.indices[out * taps + tap] = first + tap;
      plan.weights[out * taps + tap] = weight(tap) / sum;
    }
  }
  return plan;
}

function emptyPlan(from: number, to: number, taps: number): ResizePlan {
  return { from, to, taps, indices: new Int32Array(to * taps), weights: new Float32Array(to * taps) };
}

/** Resizes square images, width fastest, along both axes by one plan. Its working memory is used again. */
export class SquareResizer {
  /** How far a value can exceed the highest sample, as a share of the range of all samples. */
  readonly overshoot: number;
  readonly #plan: ResizePlan;
  readonly #rows: Float32Array;

  constructor(plan: ResizePlan) {
    this.#plan = plan;
    this.#rows = new Float32Array(plan.from * plan.to);
    // With weights that sum to 1, of which those below 0 sum to -e, one axis widens the range by e at either end.
    const e = largestNegative(plan);
    this.overshoot = ((1 + 2 * e) ** 2 - 1) / 2 + 1e-5;
  }

  /** `image` from × from to `out` to × to. */
  run(image: Float32Array, out: Float32Array): void {
    this.#alongRows(image);
    this.#alongColumns(out);
  }

  #alongRows(image: Float32Array): void {
    const { from, to, taps, indices, weights } = this.#plan;
    const rows = this.#rows;
    for (let y = 0, n = 0; y < from; y++) {
      const row = y * from;
      for (let x = 0, tap = 0; x < to; x++, n++) {
        let sum = 0;
        for (const end = tap + taps; tap < end; tap++) {
          sum += weights[tap] * image[row + indices[tap]];
        }
        rows[n] = sum;
      }
    }
  }

  /** Four rows at a time: PyTorch's kernels have four taps unless they shrink the image. */
  #alongColumns(out: Float32Array): void {
    const { to, taps, indices, weights } = this.#plan;
    const rows = this.#rows;
    for (let y = 0; y < to; y++) {
      const target = y * to;
      for (let tap = y * taps; tap < (y + 1) * taps; tap += 4) {
        const left = (y + 1) * taps - tap;
        const row = (n: number): number => (n < left ? indices[tap + n] : 0) * to;
        const weight = (n: number): number => (n < left ? weights[tap + n] : 0);
        const [a, b, c, d] = [row(0), row(1), row(2), row(3)];
        const [wa, wb, wc, wd] = [weight(0), weight(1), weight(2), weight(3)];
        if (tap === y * taps) out.fill(0, target, target + to);
        for (let x = 0; x < to; x++) {
          const sum = wa * rows[a + x] + wb * rows[b + x] + wc * rows[c + x] + wd * rows[d + x];
          out[target + x] = out[target + x] + sum;
        }
      }
    }
  }
}

/** The largest sum of an output sample's weights below 0, without its sign. */
function largestNegative({ to, taps, weights }: ResizePlan): number {
  let largest = 0;
  for (let out = 0; out < to; out++) {
    const negative = weights.subarray(out * taps, (out + 1) * taps).reduce((sum, w) => sum - Math.min(w, 0), 0);
    largest = Math.max(largest, negative);
  }
  return largest;
}
