import type { LabelMapModel } from '@parse3d/contract';
import { voxelCount, type Shape } from '@parse3d/volume/geometry';
import { cutBox, type Box } from '../../steps/sliding-windows.js';
import { throwIfCanceled } from '../cancel.js';
import type { Session } from '../onnx.js';
import { runGraph } from '../passes.js';
import { HALF_VALUES, toHalf } from './half.js';
import { HalfSums } from './half-sums.js';
import { mirror, mirrorings, nnunetStarts, nnunetWeights } from './windows.js';

export interface LogitContext {
  /** One graph a fold. */
  readonly sessions: readonly Session[];
  readonly model: Pick<LabelMapModel, 'input' | 'output'>;
  /** Channels of the graphs. */
  readonly channels: number;
  readonly window: Shape;
  readonly overlap: number;
  /** Axes of the tensor's memory order, the first the fastest, along which windows are mirrored. */
  readonly mirror: readonly (0 | 1 | 2)[];
  readonly onWindow: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** Logits of one plane, [channels][j][i]. The array is used again for the next one. */
export type OnPlane = (logits: Float32Array, k: number) => void;

/**
 * The logits of a volume, plane after plane along k, the mean of all folds. As nnU-Net: windows in the order of memory,
 * each the mean of its mirrored passes, times weights, summed, divided by the sum of weights and averaged over the folds
 * in half precision. Memory is that of one window's depth, however deep the volume is.
 * @param volume is padded about its centre with 0 to the size of a window
 */
export async function logitPlanes(
  volume: { readonly data: Float32Array; readonly shape: Shape },
  context: LogitContext,
  onPlane: OnPlane,
): Promise<void> {
  const { window, channels, sessions } = context;
  const { data, shape, offset } = padded(volume, window);
  const [is, js, ks] = ([0, 1, 2] as const).map((axis) => nnunetStarts(shape[axis], window[axis], context.overlap));
  const layers = (ks ?? []).map((k) => ({
    k,
    windows: (js ?? []).flatMap((j) => (is ?? []).map((i): Box => ({ start: [i, j, k], shape: window }))),
  }));
  const total = layers.reduce((sum, layer) => sum + layer.windows.length, 0) * sessions.length;
  const sums = sessions.map(() => new HalfSums(channels, shape, window[2]));
  const counts = new HalfSums(1, shape, window[2]);
  const weights = nnunetWeights(window);
  const ones = new Float32Array(weights.length).fill(1);
  const out = new Float32Array(channels * volume.shape[0] * volume.shape[1]);
  let done = 0;
  context.onWindow(0, total);
  for (const [n, layer] of layers.entries()) {
    for (const box of layer.windows) {
      const image = cutBox(data, shape, box);
      for (const [fold, session] of sessions.entries()) {
        throwIfCanceled(context.signal);
        sums[fold]?.add(await meanOfMirrored(image, session, context), weights, box);
        context.onWindow(++done, total);
      }
      counts.add(ones, weights, box);
    }
    const finished = (layers[n + 1]?.k ?? shape[2]) - layer.k;
    for (let k = 0; k < finished; k++) {
      const at = layer.k + k - offset[2];
      if (at < 0 || at >= volume.shape[2]) continue;
      readPlane(out, sums, counts, k, { channels, shape, inner: volume.shape, offset });
      onPlane(out, at);
    }
    for (const held of [...sums, counts]) held.forget(finished);
  }
}

async function meanOfMirrored(image: Float32Array, session: Session, context: LogitContext): Promise<Float32Array> {
  const passes = mirrorings(context.mirror);
  const { window, model, channels } = context;
  const target = { session, model: { ...model, channels } };
  let sum: Float32Array = new Float32Array(0);
  for (const [n, axes] of passes.entries()) {
    throwIfCanceled(context.signal);
    const seen = axes.length === 0 ? image : mirror(image, window, axes);
    const found = await runGraph(seen, undefined, window, target);
    if (n === 0) {
      sum = found;
      continue;
    }
    const back = mirror(found, window, axes);
    for (let v = 0; v < sum.length; v++) sum[v] = sum[v] + back[v];
  }
  if (passes.length > 1) for (let v = 0; v < sum.length; v++) sum[v] = sum[v] / passes.length;
  return sum;
}

interface PlaneOptions {
  readonly channels: number;
  readonly shape: Shape;
  readonly inner: Shape;
  readonly offset: Shape;
}

/** Mean of the folds' weighted means, without what the volume was padded with. */
function readPlane(
  out: Float32Array,
  sums: readonly HalfSums[],
  counts: HalfSums,
  k: number,
  { channels, shape, inner: [ni, nj], offset }: PlaneOptions,
): void {
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let j = 0; j < nj; j++) {
      const row = (offset[1] + j) * shape[0] + offset[0];
      for (let i = 0; i < ni; i++) {
        const weight = counts.value(0, k, row + i);
        let mean = 0;
        for (const [fold, held] of sums.entries()) {
          const own = HALF_VALUES[toHalf(held.value(channel, k, row + i) / weight)];
          mean = fold === 0 ? own : HALF_VALUES[toHalf(mean + own)];
        }
        out[at++] = sums.length === 1 ? mean : HALF_VALUES[toHalf(mean / sums.length)];
      }
    }
  }
}

/** The volume about the centre of zeros, at least as large as a window; of an odd number of planes the smaller half goes before. */
function padded(
  { data, shape }: { readonly data: Float32Array; readonly shape: Shape },
  window: Shape,
): { data: Float32Array; shape: Shape; offset: Shape } {
  const side = (axis: 0 | 1 | 2): number => Math.max(shape[axis], window[axis]);
  const to: Shape = [side(0), side(1), side(2)];
  const before = (axis: 0 | 1 | 2): number => Math.floor((to[axis] - shape[axis]) / 2);
  const offset: Shape = [before(0), before(1), before(2)];
  if (voxelCount(to) === voxelCount(shape)) return { data, shape, offset };
  const out = new Float32Array(voxelCount(to));
  for (let row = 0; row < shape[1] * shape[2]; row++) {
    const k = Math.floor(row / shape[1]) + offset[2];
    const j = (row % shape[1]) + offset[1];
    out.set(data.subarray(row * shape[0], (row + 1) * shape[0]), (k * to[1] + j) * to[0] + offset[0]);
  }
  return { data: out, shape: to, offset };
}
