import { GraphBuilder, writeModel } from '../../src/onnx-model/index.js';
import { writePack, type PackDraft } from '../../src/packs/index.js';
import type { Engine, EngineOptions } from '../../src/types.js';
import { openEngine } from '../../src/engines/index.js';
import { loadPack } from '../../src/packs/index.js';
import { noise, type Bench } from '../engines/support.js';

const SIZE = 32;
const MASK = 16;
const CHANNELS = 6;
const CONTEXT = 12;
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789\'"-&'];
const START = 2 * LETTERS.length;
const END = START + 1;

type TinyModel = Extract<PackDraft, { kind: 'promptable-slices' }>['model'];

/** A byte-pair tokenizer in CLIP's form without a single merge: every letter is a token, a word's last one another. */
function tokenizerJson(): string {
  const pieces = [...LETTERS, ...LETTERS.map((letter) => `${letter}</w>`), '<start>', '<end>'];
  const special = (content: string, id: number): object => ({
    ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  });
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special('<start>', START), special('<end>', END)],
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Split', pattern: { Regex: '\\S+' }, behavior: 'Removed', invert: true },
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['<end>', END],
      cls: ['<start>', START],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: null,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<end>',
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: [],
    },
  });
}

const numbers = (seed: number, length: number, scale: number): Float32Array =>
  Float32Array.from({ length }, noise(seed)).map((value) => value * scale);

/** A vector per token, zero at padding. */
function textEncoder(): Uint8Array {
  const graph = new GraphBuilder('text');
  graph.input('input_ids', 'int64', ['P', CONTEXT]);
  graph.input('attention_mask', 'int64', ['P', CONTEXT]);
  graph.constant('table', numbers(11, (END + 1) * CHANNELS, 1), [END + 1, CHANNELS]);
  graph.constant('last', BigInt64Array.of(2n), [1]);
  graph.node('Gather', ['table', 'input_ids'], 'vectors', { axis: 0 });
  graph.node('Cast', ['attention_mask'], 'real', { to: 1 });
  graph.node('Unsqueeze', ['real', 'last'], 'wide');
  graph.node('Mul', ['vectors', 'wide'], 'tokens');
  graph.output('tokens', 'float32', ['P', CONTEXT, CHANNELS]);
  return writeModel(graph.build());
}

/** One convolution that halves the image and knows each direction and neighbour apart. */
function imageEncoder(position: boolean): Uint8Array {
  const graph = new GraphBuilder('image');
  graph.input('image', 'float32', ['B', 3, SIZE, SIZE]);
  graph.constant('kernel', numbers(5, CHANNELS * 3 * 9, 0.5), [CHANNELS, 3, 3, 3]);
  graph.node('Conv', ['image', 'kernel'], 'conv', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  if (position) {
    graph.input('position', 'float32', ['B']);
    graph.constant('shape', BigInt64Array.of(-1n, 1n, 1n, 1n), [4]);
    graph.node('Reshape', ['position', 'shape'], 'place');
    graph.node('Add', ['conv', 'place'], 'features');
  } else graph.node('Identity', ['conv'], 'features');
  graph.output('features', 'float32', ['B', CHANNELS, MASK, MASK]);
  return writeModel(graph.build());
}

/** Features weighted by the sum of a prompt's tokens, plus a little noise; existence is how bright the best pixels are. */
function decoder(sampled: boolean, edges: TinyOptions['edges']): Uint8Array {
  const graph = new GraphBuilder('decoder');
  graph.input('features', 'float32', ['B', CHANNELS, MASK, MASK]);
  graph.input('tokens', 'float32', ['L', 'P', CHANNELS]);
  graph.constant('zero', BigInt64Array.of(0n), [1]);
  graph.constant('flat', BigInt64Array.of(0n, BigInt(CHANNELS), BigInt(MASK * MASK)), [3]);
  graph.constant('masks', BigInt64Array.of(-1n, 1n, BigInt(MASK), BigInt(MASK)), [4]);
  graph.constant('rows', BigInt64Array.of(-1n, 1n), [2]);
  graph.constant('last', BigInt64Array.of(2n), [1]);
  graph.constant('shift', Float32Array.of(1.5), []);
  graph.node('ReduceSum', ['tokens', 'zero'], 'sum', { keepdims: 1 });
  graph.node('Reshape', ['features', 'flat'], 'pixels');
  graph.node('MatMul', ['sum', 'pixels'], 'clean');
  let logits = 'clean';
  if (sampled) {
    graph.input('noise_0', 'float32', [1, 1, MASK * MASK]);
    logits = graph.node('Add', ['clean', 'noise_0'], 'noisy');
  }
  graph.node('Sub', [logits, 'shift'], 'dim');
  // Edges are where the logits are near a level within the mask: bands between brighter and darker pixels.
  graph.constant('level', Float32Array.of(1.5), []);
  graph.constant('width', Float32Array.of(0.9), []);
  graph.node('Sub', ['dim', 'level'], 'above');
  graph.node('Abs', ['above'], 'distance');
  graph.node('Sub', ['width', 'distance'], 'band');
  graph.node('Reshape', [edges === 'as masks' ? 'band' : 'dim', 'masks'], 'mask_logits');
  if (edges === 'as edges') {
    graph.node('Reshape', ['band', 'masks'], 'edge_logits');
    graph.output('edge_logits', 'float32', ['BP', 1, MASK, MASK]);
  }
  graph.node('ReduceMax', ['dim'], 'brightest', { axes: [2], keepdims: 0 });
  graph.node('Reshape', ['brightest', 'rows'], 'existence');
  graph.output('mask_logits', 'float32', ['BP', 1, MASK, MASK]);
  graph.output('existence', 'float32', ['BP', 1]);
  return writeModel(graph.build());
}

export interface TinyOptions {
  readonly model?: Partial<TinyModel>;
  readonly modalities?: PackDraft['modalities'];
  /** The decoder also gives edges, or gives them in place of its masks. */
  readonly edges?: 'as edges' | 'as masks';
  /** The decoder takes noise. */
  readonly sampled?: boolean;
  readonly engine?: Partial<EngineOptions>;
}

/** Opens an engine with a promptable model of a few hundred numbers. */
export async function openTiny(bench: Bench, options: TinyOptions = {}): Promise<Engine> {
  const { model = {}, sampled = true } = options;
  const draft: PackDraft = {
    schemaVersion: 1,
    id: 'tiny-slices',
    version: '1.0.0',
    kind: 'promptable-slices',
    title: 'Tiny slices',
    licence: { spdx: 'MIT' },
    intendedUse: 'tests',
    modalities: options.modalities ?? ['ct', 'mr'],
    model: {
      textEncoder: 'text_encoder.onnx',
      imageEncoder: 'image_encoder.onnx',
      decoder: 'decoder.onnx',
      tokenizer: 'tokenizer.json',
      contextLength: CONTEXT,
      imageSize: SIZE,
      maskSize: MASK,
      orientation: 'LPS',
      sliceAxis: 'biomedparse',
      intensity: { kind: 'biomedparse' },
      normalise: { mean: 100, std: 60 },
      fit: 'pad-resize',
      noise: sampled ? [{ input: 'noise_0', shape: [1, 1, MASK * MASK] }] : [],
      suppression: 'iou',
      ...(options.edges === 'as edges' ? { edgeOutput: 'edge_logits' } : {}),
      ...model,
    },
    targets: [{ name: 'liver' }, { name: 'kidney', side: 'left' }],
  };
  const { path } = await bench.folder();
  await writePack(path, draft, {
    'text_encoder.onnx': textEncoder(),
    'image_encoder.onnx': imageEncoder(model.positionInput !== undefined),
    'decoder.onnx': decoder(sampled, options.edges),
    'tokenizer.json': tokenizerJson(),
  });
  const engine = await openEngine(await loadPack(path), { device: 'cpu', threads: 1, ...options.engine });
  bench.later(() => engine.close());
  return engine;
}
