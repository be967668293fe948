import { GraphBuilder } from '../../onnx-model/index.js';
import type { OnnxModel } from '../../onnx-model/index.js';
import type { ActivationLayer, ConvLayer, MeshnetLayer } from './layers-model.js';

const SPATIAL = ['x', 'y', 'z'] as const;

/** Added to the variance before its root is taken, as the published runtime does. */
export const NORMALISE_EPSILON = 1e-5;

/** A chain of layers as an ONNX graph: `image` float32 [1, in, x, y, z] to `logits` float32 [1, out, x, y, z]. */
export function meshnetGraph(layers: readonly MeshnetLayer[]): OnnxModel {
  const graph = new GraphBuilder('meshnet');
  let channels = layers.find((layer) => layer.kind === 'conv')?.inChannels ?? 1;
  let value = graph.input('image', 'float32', [1, channels, ...SPATIAL]);
  const last = layers.length - 1;
  layers.forEach((layer, index) => {
    const output = index === last ? 'logits' : layer.name;
    value = layer.kind === 'conv' ? addConv(graph, layer, value, output) : addActivation(graph, layer, value, output);
    if (layer.kind === 'conv') channels = layer.outChannels;
  });
  graph.output(value, 'float32', [1, channels, ...SPATIAL]);
  return graph.build();
}

function addConv(graph: GraphBuilder, layer: ConvLayer, input: string, output: string): string {
  const { kernelShape, dilation, inChannels, outChannels, bias } = layer;
  const inputs = [
    input,
    graph.constant(`${layer.name}/kernel`, outputChannelsFirst(layer), [outChannels, inChannels, ...kernelShape]),
    ...(bias === undefined ? [] : [graph.constant(`${layer.name}/bias`, bias, [outChannels])]),
  ];
  const pad = kernelShape.map((size, axis) => ((size - 1) * (dilation[axis] ?? 1)) / 2);
  const convolved = graph.node('Conv', inputs, layer.normalise ? `${layer.name}/conv` : output, {
    kernel_shape: kernelShape,
    dilations: dilation,
    strides: [1, 1, 1],
    pads: [...pad, ...pad],
  });
  return layer.normalise ? addNormalisation(graph, convolved, layer.name, output) : convolved;
}

/**
 * Group normalisation with one group per channel, without scale or shift. Written out in small steps because ONNX
 * Runtime's InstanceNormalization sums all voxels of a channel in one float32: over 256³ voxels its result is off by
 * up to 0.06. Means of means, axis by axis, never add more than one axis's length of numbers.
 */
function addNormalisation(graph: GraphBuilder, input: string, name: string, output: string): string {
  const mean = addMean(graph, input, `${name}/mean`);
  const centred = graph.node('Sub', [input, mean], `${name}/centred`);
  const squared = graph.node('Mul', [centred, centred], `${name}/squared`);
  const variance = addMean(graph, squared, `${name}/variance`);
  const epsilon = graph.constant(`${name}/epsilon`, Float32Array.of(NORMALISE_EPSILON), []);
  const padded = graph.node('Add', [variance, epsilon], `${name}/padded`);
  const deviation = graph.node('Sqrt', [padded], `${name}/deviation`);
  return graph.node('Div', [centred, deviation], output);
}

/** Mean over the three spatial axes, last first; the axes stay, with length 1. */
function addMean(graph: GraphBuilder, input: string, name: string): string {
  const over = (value: string, axis: number, output: string) =>
    graph.node('ReduceMean', [value], output, { axes: [axis] });
  return over(over(over(input, 4, `${name}/z`), 3, `${name}/yz`), 2, `${name}/xyz`);
}

function addActivation(graph: GraphBuilder, layer: ActivationLayer, input: string, output: string): string {
  switch (layer.activation) {
    case 'elu':
      return graph.node('Elu', [input], output, { alpha: { float: 1 } });
    case 'relu':
      return graph.node('Relu', [input], output);
    case 'gelu':
      return addGelu(graph, input, layer.name, output);
  }
}

/** x · (1 + erf(x / √2)) / 2: the exact form, which TensorFlow.js means by `gelu`. ONNX Runtime fuses it into one operation. */
function addGelu(graph: GraphBuilder, input: string, name: string, output: string): string {
  const scalar = (suffix: string, value: number) => graph.constant(`${name}/${suffix}`, Float32Array.of(value), []);
  const scaled = graph.node('Div', [input, scalar('sqrt2', Math.SQRT2)], `${name}/scaled`);
  const erf = graph.node('Erf', [scaled], `${name}/erf`);
  const sum = graph.node('Add', [erf, scalar('one', 1)], `${name}/sum`);
  const doubled = graph.node('Mul', [input, sum], `${name}/doubled`);
  return graph.node('Mul', [doubled, scalar('half', 0.5)], output);
}

/** From TensorFlow's [k0, k1, k2, in, out] to ONNX's [out, in, k0, k1, k2]. */
function outputChannelsFirst({ kernel, kernelShape: [k0, k1, k2], inChannels, outChannels }: ConvLayer): Float32Array {
  const taps = k0 * k1 * k2;
  const moved = new Float32Array(kernel.length);
  for (let tap = 0, from = 0; tap < taps; tap++) {
    for (let input = 0; input < inChannels; input++) {
      for (let output = 0; output < outChannels; output++, from++) {
        moved[(output * inChannels + input) * taps + tap] = kernel[from];
      }
    }
  }
  return moved;
}
