import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { Problem } from '@parse3d/contract/problems';

const activations = ['elu', 'relu', 'gelu'] as const;
export type Activation = (typeof activations)[number];

type Triple = readonly [number, number, number];

/** A 3D convolution of stride 1 whose output has the shape of its input: outside the volume lie zeros. */
export interface ConvLayer {
  readonly kind: 'conv';
  readonly name: string;
  readonly kernelShape: Triple;
  readonly dilation: Triple;
  readonly inChannels: number;
  readonly outChannels: number;
  /** [k0, k1, k2, in, out], last axis fastest, as TensorFlow.js stores it. */
  readonly kernel: Float32Array;
  readonly bias?: Float32Array;
  /** Each output channel is brought to mean 0 and variance 1 over the whole volume, before the activation. */
  readonly normalise: boolean;
}

export interface ActivationLayer {
  readonly kind: 'activation';
  readonly name: string;
  readonly activation: Activation;
}

export type MeshnetLayer = ConvLayer | ActivationLayer;

const LayerJson = z.object({
  class_name: z.string(),
  config: z.looseObject({ name: z.string() }),
  inbound_nodes: z.array(z.unknown()).default([]),
});

const ModelJson = z.object({
  format: z.literal('layers-model'),
  modelTopology: z.object({
    model_config: z.object({ config: z.union([z.object({ layers: z.array(LayerJson) }), z.array(LayerJson)]) }),
  }),
  weightsManifest: z.array(
    z.object({
      // Shards lie beside model.json; a path elsewhere is not followed.
      paths: z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected a plain file name')),
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.int().positive()),
          dtype: z.literal('float32'),
          quantization: z.never('expected weights that are not quantised').optional(),
        }),
      ),
    }),
  ),
});

const triple = z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]);
const one = z.tuple([z.literal(1), z.literal(1), z.literal(1)]);

const ConvConfig = z.object({
  filters: z.int().positive(),
  kernel_size: triple.refine((sizes) => sizes.every((size) => size % 2 === 1), 'expected odd kernel sizes'),
  strides: one.default([1, 1, 1]),
  padding: z.literal('same'),
  data_format: z.literal('channels_last').default('channels_last'),
  dilation_rate: triple.default([1, 1, 1]),
  groups: z.literal(1).default(1),
  activation: z.enum(['linear', ...activations]).default('linear'),
  use_bias: z.boolean().default(true),
});

const ActivationConfig = z.object({ activation: z.enum(activations) });
const InputConfig = z.object({ batch_input_shape: z.array(z.int().nullable()).length(5) });

/**
 * Reads a MeshNet in the TensorFlow.js layers format: a chain of Conv3D and Activation layers over one grey channel.
 * @param path model.json; its weight files lie beside it
 * @throws Problem `pack-import-failed` naming the layer or the file that is not understood
 */
export async function readLayersModel(path: string): Promise<readonly MeshnetLayer[]> {
  const json = parseWith(ModelJson, await readJson(path), 'model.json');
  const weights = await readWeights(dirname(path), json.weightsManifest);
  const { config } = json.modelTopology.model_config;
  const layers: MeshnetLayer[] = [];
  let channels = 1;
  let previous: string | undefined;
  for (const layer of Array.isArray(config) ? config : config.layers) {
    const { name } = layer.config;
    checkChain(name, layer.inbound_nodes, previous);
    previous = name;
    if (layer.class_name === 'InputLayer') {
      const shape = parseWith(InputConfig, layer.config, name).batch_input_shape;
      if (shape.at(-1) !== 1)
        throw refuse(name, `expected one input channel, last, got the shape [${shape.join(', ')}]`);
    } else if (layer.class_name === 'Conv3D') {
      const { conv, activation } = readConv(name, layer.config, channels, weights);
      layers.push(conv);
      if (activation !== 'linear') layers.push({ kind: 'activation', name: `${name}/${activation}`, activation });
      channels = conv.outChannels;
    } else if (layer.class_name === 'Activation') {
      layers.push({ kind: 'activation', name, activation: parseWith(ActivationConfig, layer.config, name).activation });
    } else {
      throw refuse(name, `expected Conv3D or Activation layers, got ${layer.class_name}`);
    }
  }
  if (layers.at(-1)?.kind !== 'conv') {
    throw refuse(
      previous ?? 'model.json',
      'expected a chain that ends in a Conv3D without activation, which gives the logits',
    );
  }
  return layers;
}

function readConv(name: string, json: unknown, inChannels: number, weights: ReadonlyMap<string, Float32Array>) {
  const config = parseWith(ConvConfig, json, name);
  const outChannels = config.filters;
  const [k0, k1, k2] = config.kernel_size;
  const take = (kind: 'kernel' | 'bias', length: number): Float32Array => {
    const values = weights.get(`${name}/${kind}`);
    if (values?.length !== length) {
      throw refuse(name, `expected ${length} numbers of ${name}/${kind}, got ${values?.length ?? 'none'}`);
    }
    return values;
  };
  const conv: ConvLayer = {
    kind: 'conv',
    name,
    kernelShape: config.kernel_size,
    dilation: config.dilation_rate,
    inChannels,
    outChannels,
    kernel: take('kernel', k0 * k1 * k2 * inChannels * outChannels),
    ...(config.use_bias ? { bias: take('bias', outChannels) } : {}),
    // The published runtime knows such a layer by its name alone; the layers format has no field for it.
    normalise: name.endsWith('_gn'),
  };
  return { conv, activation: config.activation };
}

/** In a functional model every layer names the layer it reads; a sequential model names none. */
function checkChain(name: string, inbound: readonly unknown[], previous: string | undefined): void {
  if (inbound.length === 0) return;
  const parsed = z.tuple([z.tuple([z.tuple([z.string()]).rest(z.unknown())])]).safeParse(inbound);
  if (!parsed.success || parsed.data[0][0][0] !== previous) {
    throw refuse(name, `expected a chain in which every layer reads the one before it (${previous ?? 'none'})`);
  }
}

async function readWeights(
  folder: string,
  manifest: z.infer<typeof ModelJson>['weightsManifest'],
): Promise<ReadonlyMap<string, Float32Array>> {
  const weights = new Map<string, Float32Array>();
  for (const group of manifest) {
    const shards = await Promise.all(group.paths.map((path) => readBytes(join(folder, path))));
    const bytes = Buffer.concat(shards);
    const expected = 4 * group.weights.reduce((sum, { shape }) => sum + product(shape), 0);
    if (bytes.length !== expected) {
      throw refuse(group.paths.join(', '), `expected ${expected} bytes of weights, got ${bytes.length}`);
    }
    let offset = 0;
    for (const { name, shape } of group.weights) {
      const values = new Float32Array(product(shape));
      for (let index = 0; index < values.length; index++) values[index] = bytes.readFloatLE(offset + 4 * index);
      weights.set(name, values);
      offset += 4 * values.length;
    }
  }
  return weights;
}

const product = (shape: readonly number[]): number => shape.reduce((total, length) => total * length, 1);

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new Problem('pack-import-failed', `expected a file at ${path}: ${String(error)}`, { file: path });
  }
}

/** @throws Problem `pack-import-failed` when the file is missing or no JSON */
export async function readJson(path: string): Promise<unknown> {
  const text = (await readBytes(path)).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Problem('pack-import-failed', `expected JSON in ${path}: ${String(error)}`, { file: path });
  }
}

export function parseWith<T extends z.ZodType>(schema: T, json: unknown, where: string): z.infer<T> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw refuse(where, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`);
}

function refuse(layer: string, reason: string): Problem {
  return new Problem('pack-import-failed', `layer ${layer}: ${reason}`, { layer });
}
