import { Problem } from '@parse3d/contract/problems';
import { openSession } from '../../engines/onnx.js';
import { writeModel } from '../../onnx-model/index.js';
import { computeLayer } from './direct.js';
import type { Block } from './direct.js';
import { meshnetGraph } from './graph.js';
import type { ConvLayer, MeshnetLayer } from './layers-model.js';

/** What ONNX Runtime gives against the same layers computed by definition. */
export interface ComputedCheck {
  /** Name of the layer, or `all layers`. */
  readonly what: string;
  /** Voxels of the random block that both computed. */
  readonly shape: readonly [number, number, number];
  readonly largestDifference: number;
  /** Largest absolute value of the output, to judge the difference by. */
  readonly largestValue: number;
}

/** float32 sums of some hundred products stay well below this share of the largest value. */
const TOLERANCE = 1e-4;

/** More voxels than the largest dilation seen in a MeshNet reaches, and three lengths, so that no axis can be mistaken. */
const LAYER_SHAPE = [21, 20, 19] as const;
const CHAIN_SHAPE = [7, 6, 5] as const;

/**
 * Checks an import: the layer of the largest dilation on a block that its taps span, borders included; and all layers
 * in a row, activations too, on a small block.
 * @throws Problem `pack-import-failed` when ONNX Runtime gives anything else
 */
export async function verifyLayers(layers: readonly MeshnetLayer[]): Promise<readonly ComputedCheck[]> {
  const reach = ({ dilation }: ConvLayer): number => Math.max(...dilation);
  const widest = layers
    .filter((layer) => layer.kind === 'conv')
    .reduce<ConvLayer | undefined>((best, layer) => (best && reach(best) >= reach(layer) ? best : layer), undefined);
  if (widest === undefined) throw new Problem('pack-import-failed', 'expected at least one Conv3D layer, got none');
  return [
    await compare(widest.name, [widest], randomBlock(widest.inChannels, LAYER_SHAPE)),
    await compare('all layers', layers, randomBlock(1, CHAIN_SHAPE)),
  ];
}

async function compare(what: string, layers: readonly MeshnetLayer[], input: Block): Promise<ComputedCheck> {
  const expected = layers.reduce((block, layer) => computeLayer(layer, block), input);
  const session = await openSession(writeModel(meshnetGraph(layers)), { device: 'cpu' });
  try {
    const image = {
      type: 'float32',
      data: Float32Array.from(input.data),
      shape: [1, input.channels, ...input.shape],
    } as const;
    const { logits } = await session.run({ image });
    if (logits?.type !== 'float32' || logits.data.length !== expected.data.length) {
      throw new Problem(
        'pack-import-failed',
        `${what}: expected ${expected.data.length} float32 numbers from ONNX Runtime`,
      );
    }
    const actual = logits.data;
    const largestDifference = largest(expected.data.map((value, index) => value - actual[index]));
    const largestValue = largest(expected.data);
    if (!(largestDifference <= TOLERANCE * Math.max(1, largestValue))) {
      throw new Problem(
        'pack-import-failed',
        `${what}: ONNX Runtime differs by ${largestDifference} from the layer computed by its definition`,
        { layer: what, largestDifference, largestValue },
      );
    }
    return { what, shape: input.shape, largestDifference, largestValue };
  } finally {
    await session.close();
  }
}

/** NaN when any value is. */
const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Numbers from 0 to 1, as voxels after min-max scaling; always the same ones. */
function randomBlock(channels: number, shape: Block['shape']): Block {
  let state = 0x9e3779b9;
  const data = new Float64Array(channels * shape[0] * shape[1] * shape[2]).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 32);
  });
  return { data, channels, shape };
}
