import type { LabelMapModel } from '@parse3d/contract';
import { voxelCount, type Shape, type Volume } from '@parse3d/volume/geometry';
import { Problem } from '@parse3d/contract/problems';
import { cutBox, layersOfWindows, tiles, windowWeights, type Box } from '../steps/sliding-windows.js';
import type { Session } from './onnx.js';
import { throwIfCanceled } from './cancel.js';
import { addWindow } from './blend.js';
import type { Tally } from './tally.js';

/** What of a model says how its graph is fed, and how many channels that gives. */
export type GraphOf = Pick<LabelMapModel, 'input' | 'body' | 'output' | 'channels'>;

export interface PassContext {
  readonly session: Session;
  readonly model: GraphOf & Pick<LabelMapModel, 'activation'>;
  /** Depth in the body on the grid of the volume, where the model has an input for it. */
  readonly depth?: Float32Array | undefined;
  readonly tally: Tally;
  readonly onWindow: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

type Scores = Volume<Float32Array>;

/** One pass over the whole volume. */
export async function wholeVolume(volume: Scores, context: PassContext): Promise<void> {
  const { tally, onWindow } = context;
  throwIfCanceled(context.signal);
  onWindow(0, 1);
  const voxels = volume.data.length;
  const data = await runGraph(volume.data, context.depth, volume.geometry.shape, context);
  tally.add({ data, start: 0, stride: voxels, voxels, kind: scoreKind(context), at: 0 });
  onWindow(1, 1);
}

/**
 * Tiles with context: for a graph of convolutions whose receptive field is no larger than the halo, the scores of every
 * core are exactly those of a whole-volume pass, and memory is that of one tile.
 */
export async function tiledVolume(volume: Scores, tile: Shape, halo: number, context: PassContext): Promise<void> {
  const { shape } = volume.geometry;
  const plan = tiles(shape, tile, halo);
  context.onWindow(0, plan.length);
  for (const [n, { core, read }] of plan.entries()) {
    throwIfCanceled(context.signal);
    const depth = context.depth && cutBox(context.depth, shape, read);
    const data = await runGraph(cutBox(volume.data, shape, read), depth, read.shape, context);
    addCore(data, shape, core, read, context);
    context.onWindow(n + 1, plan.length);
  }
}

/** Hands the rows of a tile's core to the tally. */
function addCore(data: Float32Array, shape: Shape, core: Box, read: Box, context: PassContext): void {
  const stride = voxelCount(read.shape);
  const kind = scoreKind(context);
  const [oi, oj, ok] = [core.start[0] - read.start[0], core.start[1] - read.start[1], core.start[2] - read.start[2]];
  for (let k = 0; k < core.shape[2]; k++) {
    for (let j = 0; j < core.shape[1]; j++) {
      context.tally.add({
        data,
        start: ((ok + k) * read.shape[1] + oj + j) * read.shape[0] + oi,
        stride,
        voxels: core.shape[0],
        kind,
        at: ((core.start[2] + k) * shape[1] + core.start[1] + j) * shape[0] + core.start[0],
      });
    }
  }
}

export interface SlidingWindow {
  /** No larger than the volume. */
  readonly shape: Shape;
  readonly overlap: number;
  readonly blending: 'constant' | 'gaussian';
}

/**
 * Overlapping windows whose probabilities are blended by weight. Windows go layer by layer along k; planes that no later
 * layer reaches are tallied and their memory used again: it holds one window's depth, however deep the volume is.
 */
export async function slidingWindow(volume: Scores, window: SlidingWindow, context: PassContext): Promise<void> {
  const { shape } = volume.geometry;
  const { channels } = context.model;
  const layers = layersOfWindows(shape, window.shape, window.overlap);
  const total = layers.reduce((sum, layer) => sum + layer.windows.length, 0);
  const plane = shape[0] * shape[1];
  const stride = plane * window.shape[2];
  const weights = [0, 1, 2].map((axis) => windowWeights(window.shape[axis] ?? 1, window.blending));
  const blended = new Float32Array(channels * stride);
  const output = new Float32Array(channels * voxelCount(window.shape));
  let done = 0;
  context.onWindow(0, total);

  for (const [n, layer] of layers.entries()) {
    for (const box of layer.windows) {
      throwIfCanceled(context.signal);
      const depth = context.depth && cutBox(context.depth, shape, box);
      const scores = await runGraph(cutBox(volume.data, shape, box), depth, box.shape, context, output);
      addWindow(scores, scoreKind(context), channels, window.shape, weights, {
        data: blended,
        stride,
        width: shape[0],
        plane,
        i: box.start[0],
        j: box.start[1],
      });
      context.onWindow(++done, total);
    }
    const next = layers[n + 1]?.k ?? shape[2];
    const finished = (next - layer.k) * plane;
    context.tally.add({ data: blended, start: 0, stride, voxels: finished, kind: 'weights', at: layer.k * plane });
    if (finished < stride) forget(blended, channels, stride, finished);
  }
}

/** Moves what is left of each channel to the front and clears the rest. */
function forget(blended: Float32Array, channels: number, stride: number, finished: number): void {
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * stride;
    blended.copyWithin(start, start + finished, start + stride);
    blended.fill(0, start + stride - finished, start + stride);
  }
}

function scoreKind({ model }: PassContext): 'logits' | 'weights' {
  return model.activation === 'softmax' ? 'logits' : 'weights';
}

/** Runs the graph on [1, 1, k, j, i], which is the memory order of a volume, and returns [channels, k, j, i]. */
export async function runGraph(
  data: Float32Array,
  depth: Float32Array | undefined,
  shape: Shape,
  { session, model }: { readonly session: Session; readonly model: GraphOf },
  into?: Float32Array,
): Promise<Float32Array> {
  const axes = [shape[2], shape[1], shape[0]];
  const expected = [1, model.channels, ...axes];
  const target = into && { [model.output]: { type: 'float32', data: into, shape: expected } as const };
  const shapeOf = [1, 1, ...axes];
  const feeds = {
    [model.input]: { type: 'float32', data, shape: shapeOf } as const,
    ...(model.body && depth ? { [model.body.input]: { type: 'float32', data: depth, shape: shapeOf } as const } : {}),
  };
  const results = await session.run(feeds, target);
  const scores = results[model.output];
  if (scores?.type !== 'float32' || scores.shape.join() !== expected.join()) {
    throw new Problem(
      'inference-failed',
      `expected float32 ${expected.join('×')} from ${model.output}, got ${scores?.type ?? 'nothing'} ${scores?.shape.join('×') ?? ''}`,
      { expected, actual: scores?.shape ?? null },
    );
  }
  return scores.data;
}
