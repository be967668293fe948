import type { LabelMapModel, Pack, PromptableSlicesModel } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { ElementType } from '../onnx-model/index.js';
import type { GraphSignature, ValueSignature } from './signature.js';

/** A fixed length, or undefined where any length will do. */
type Expected = number | undefined;

/** Names of the files that the engine runs as graphs. */
function graphFiles({ kind, model }: Pack): readonly string[] {
  return kind === 'label-map'
    ? [model.graph, ...(model.folds ?? [])]
    : [model.textEncoder, model.imageEncoder, model.decoder];
}

/** Every file that pack.json's model names, graphs first. */
export function namedFiles(pack: Pack): readonly string[] {
  return pack.kind === 'label-map' ? graphFiles(pack) : [...graphFiles(pack), pack.model.tokenizer];
}

/**
 * Compares what the graphs take and give with what pack.json says of them.
 * @param graphs by file name
 * @throws Problem `pack-invalid` naming the graph, the value and both shapes
 */
export function checkContract(pack: Pack, graphs: ReadonlyMap<string, GraphSignature>): void {
  if (pack.kind === 'label-map') checkLabelMap(pack.model, graphs);
  else checkPromptableSlices(pack.model, graphs);
}

function checkLabelMap(model: LabelMapModel, graphs: ReadonlyMap<string, GraphSignature>): void {
  for (const file of [model.graph, ...(model.folds ?? [])]) checkScores(new GraphCheck(file, graphs), model);
}

function checkScores(graph: GraphCheck, model: LabelMapModel): void {
  const { window, conform } = model;
  const shape = window === undefined ? conform.shape : window.halo === undefined ? window.shape : undefined;
  const ordered = [...model.axes].map((letter) => shape?.['ijk'.indexOf(letter)]);
  graph.input(model.input, 'float32', [1, 1, ...ordered]);
  if (model.body !== undefined) graph.input(model.body.input, 'float32', [1, 1, ...ordered]);
  graph.onlyInputs([model.input, ...(model.body === undefined ? [] : [model.body.input])]);
  const outputs = model.activation === 'sigmoid' ? model.channels - 1 : model.channels;
  graph.output(model.output, 'float32', [1, outputs, ...ordered]);
  if (shape === undefined && window === undefined) graph.anySize(model.input, model.axes);
  // Tiles are cut at the border of the volume, so their size is known only when the graph runs.
  if (window?.halo !== undefined) graph.openAxes(model.input, [2, 3, 4]);
}

function checkPromptableSlices(model: PromptableSlicesModel, graphs: ReadonlyMap<string, GraphSignature>): void {
  const { imageSize, maskSize, contextLength, positionInput, edgeOutput, noise } = model;
  const text = new GraphCheck(model.textEncoder, graphs);
  for (const name of ['input_ids', 'attention_mask']) text.input(name, undefined, [undefined, contextLength]);
  text.onlyInputs(['input_ids', 'attention_mask']);
  text.output('tokens', 'float32', [undefined, contextLength, undefined]);

  // The engine decides how many slices and prompts run together.
  for (const name of ['input_ids', 'attention_mask']) text.openBatch('input', name);

  const image = new GraphCheck(model.imageEncoder, graphs);
  image.input('image', 'float32', [undefined, 3, imageSize, imageSize]);
  if (positionInput !== undefined) image.input(positionInput, 'float32', [undefined]);
  for (const name of ['image', ...(positionInput === undefined ? [] : [positionInput])]) image.openBatch('input', name);
  image.onlyInputs(['image', ...(positionInput === undefined ? [] : [positionInput])]);

  const decoder = new GraphCheck(model.decoder, graphs);
  for (const { input, shape } of noise) decoder.input(input, 'float32', shape);
  decoder.output('mask_logits', 'float32', [undefined, 1, maskSize, maskSize]);
  decoder.output('existence', 'float32', [undefined, 1]);
  for (const name of ['mask_logits', 'existence']) decoder.openBatch('output', name);
  if (edgeOutput !== undefined) decoder.output(edgeOutput, 'float32', [undefined, 1, maskSize, maskSize]);
}

class GraphCheck {
  readonly #signature: GraphSignature;

  constructor(
    private readonly file: string,
    graphs: ReadonlyMap<string, GraphSignature>,
  ) {
    const signature = graphs.get(file);
    if (signature === undefined) throw this.#invalid(`expected an ONNX graph whose name ends in .onnx`, {});
    this.#signature = signature;
  }

  input(name: string, type: ElementType | undefined, dims: readonly Expected[]): void {
    this.#check('input', name, this.#signature.inputs, type, dims);
  }

  output(name: string, type: ElementType | undefined, dims: readonly Expected[]): void {
    this.#check('output', name, this.#signature.outputs, type, dims);
  }

  /** A graph that takes one size alone would pass here and fail with every volume of another. */
  anySize(name: string, axes: LabelMapModel['axes']): void {
    const dims = this.#signature.inputs.find((value) => value.name === name)?.dims?.slice(2) ?? [];
    if (!dims.some((length) => typeof length === 'number')) return;
    const ijk = [...'ijk'].map((letter) => dims[axes.indexOf(letter)]);
    const told = ijk.map((length) => (typeof length === 'number' ? length : '?')).join('×');
    throw this.#invalid(
      `input ${name}: the graph takes ${told} alone: say so by conform.shape, or by window.shape to run it on windows`,
      { value: name, shape: ijk },
    );
  }

  openAxes(name: string, axes: readonly number[]): void {
    const dims = this.#signature.inputs.find((value) => value.name === name)?.dims;
    const fixed = axes.find((axis) => typeof dims?.[axis] === 'number');
    if (fixed === undefined) return;
    throw this.#invalid(`input ${name}: tiles need open spatial axes, the graph has [${dims?.join(', ') ?? ''}]`, {
      value: name,
      axis: fixed,
    });
  }

  /** A graph exported for one slice or one prompt would pass here and fail with every job. */
  openBatch(kind: 'input' | 'output', name: string): void {
    const values = kind === 'input' ? this.#signature.inputs : this.#signature.outputs;
    const first = values.find((value) => value.name === name)?.dims?.[0];
    if (typeof first !== 'number') return;
    throw this.#invalid(
      `${kind} ${name}: the first axis is fixed at ${first}; export the graph with an open one, since the number of slices and prompts differs from run to run`,
      { value: name, axis: 0 },
    );
  }

  /** The engine feeds these and no others. */
  onlyInputs(names: readonly string[]): void {
    const extra = this.#signature.inputs.find(({ name }) => !names.includes(name));
    if (extra !== undefined) {
      throw this.#invalid(`expected the inputs ${names.join(', ')}, the graph also wants ${extra.name}`, {
        value: extra.name,
      });
    }
  }

  #check(
    kind: 'input' | 'output',
    name: string,
    values: readonly ValueSignature[],
    type: ElementType | undefined,
    dims: readonly Expected[],
  ): void {
    const value = values.find((candidate) => candidate.name === name);
    if (value === undefined) {
      const known = values.map((candidate) => candidate.name).join(', ');
      throw this.#invalid(`expected an ${kind} named ${name}, the graph has ${known || 'none'}`, { value: name });
    }
    const expected = `${type ?? 'any type'} [${dims.map((length) => length ?? '?').join(', ')}]`;
    const actual = `${value.type} [${value.dims?.join(', ') ?? '…'}]`;
    const sameType = type === undefined || value.type === type;
    if (!sameType || !shapesAgree(value.dims, dims)) {
      throw this.#invalid(`${kind} ${name}: pack.json means ${expected}, the graph has ${actual}`, {
        value: name,
        expected,
        actual,
      });
    }
  }

  #invalid(detail: string, fields: Record<string, unknown>): Problem {
    return new Problem('pack-invalid', `${this.file}: ${detail}`, { file: this.file, ...fields });
  }
}

/** A length that the graph leaves open agrees with any. */
function shapesAgree(actual: ValueSignature['dims'], expected: readonly Expected[]): boolean {
  if (actual === undefined) return true;
  if (actual.length !== expected.length) return false;
  return expected.every(
    (length, axis) => length === undefined || typeof actual[axis] === 'string' || actual[axis] === length,
  );
}
