import { NORMALISE_EPSILON } from './graph.js';
import type { Activation, ConvLayer, MeshnetLayer } from './layers-model.js';

/** Several channels over a small block of voxels: [channel, x, y, z], z fastest. */
export interface Block {
  readonly data: Float64Array;
  readonly channels: number;
  readonly shape: readonly [number, number, number];
}

/**
 * Computes a layer by its definition, in plain loops and double precision: slow, and independent of ONNX. Imports are
 * checked against it.
 */
export function computeLayer(layer: MeshnetLayer, input: Block): Block {
  if (layer.kind === 'activation') {
    const apply = activation[layer.activation];
    return { ...input, data: input.data.map((value) => apply(value)) };
  }
  const convolved = convolve(layer, input);
  return layer.normalise ? normalise(convolved) : convolved;
}

/** What lies outside the block counts as zero. */
function convolve(layer: ConvLayer, { data, shape }: Block): Block {
  const { inChannels, outChannels, kernel, kernelShape, dilation, bias } = layer;
  const [nx, ny, nz] = shape;
  const voxels = nx * ny * nz;
  const output = new Float64Array(outChannels * voxels);
  for (let channel = 0; channel < outChannels; channel++) {
    output.fill(bias?.[channel] ?? 0, channel * voxels, (channel + 1) * voxels);
  }
  forEachTap(kernelShape, dilation, (tap, dx, dy, dz) => {
    for (let x = Math.max(0, -dx); x < Math.min(nx, nx - dx); x++) {
      for (let y = Math.max(0, -dy); y < Math.min(ny, ny - dy); y++) {
        for (let z = Math.max(0, -dz); z < Math.min(nz, nz - dz); z++) {
          const to = (x * ny + y) * nz + z;
          const from = ((x + dx) * ny + y + dy) * nz + z + dz;
          for (let input = 0; input < inChannels; input++) {
            const value = data[input * voxels + from];
            const weights = (tap * inChannels + input) * outChannels;
            for (let channel = 0; channel < outChannels; channel++) {
              const at = channel * voxels + to;
              output[at] = output[at] + value * kernel[weights + channel];
            }
          }
        }
      }
    }
  });
  return { data: output, channels: outChannels, shape };
}

function forEachTap(
  [k0, k1, k2]: ConvLayer['kernelShape'],
  [d0, d1, d2]: ConvLayer['dilation'],
  visit: (tap: number, dx: number, dy: number, dz: number) => void,
): void {
  for (let x = 0, tap = 0; x < k0; x++) {
    for (let y = 0; y < k1; y++) {
      for (let z = 0; z < k2; z++, tap++) {
        visit(tap, d0 * (x - (k0 - 1) / 2), d1 * (y - (k1 - 1) / 2), d2 * (z - (k2 - 1) / 2));
      }
    }
  }
}

function normalise({ data, channels, shape }: Block): Block {
  const voxels = data.length / channels;
  const output = new Float64Array(data.length);
  for (let channel = 0; channel < channels; channel++) {
    const values = data.subarray(channel * voxels, (channel + 1) * voxels);
    const mean = values.reduce((sum, value) => sum + value, 0) / voxels;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / voxels;
    const scale = 1 / Math.sqrt(variance + NORMALISE_EPSILON);
    output.set(
      values.map((value) => (value - mean) * scale),
      channel * voxels,
    );
  }
  return { data: output, channels, shape };
}

const activation: Readonly<Record<Activation, (value: number) => number>> = {
  elu: (value) => (value > 0 ? value : Math.expm1(value)),
  relu: (value) => Math.max(0, value),
  gelu: (value) => (value * (1 + erf(value / Math.SQRT2))) / 2,
};

/** The error function by its series of positive terms, e^(−x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!, good to double precision. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
