import { attributeTypes, elementTypes, OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor } from './model.js';
import type { ElementType, OnnxValueInfo } from './model.js';

/** Operator set of every graph that parse3d writes; ONNX Runtime has read it since 1.12. */
export const OPSET = 17;
export const IR_VERSION = 8;

/** A fixed length, or the name of one that is known only when the graph runs. */
export type Dimension = number | string;

/** Attribute values: whole numbers are written as ints; `{ float }` writes a real. */
export type AttributeValue = number | string | readonly number[] | { readonly float: number };

export type TensorData = Float32Array | BigInt64Array;

/**
 * Builds an ONNX graph node by node, in the order of computation. Values are named by texts: `input` and `constant`
 * return the name they were given, `node` the name of its first output.
 */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #constants: OnnxTensor[] = [];
  readonly #inputs: OnnxValueInfo[] = [];
  readonly #outputs: OnnxValueInfo[] = [];
  readonly #names = new Set<string>();

  constructor(
    private readonly name: string,
    private readonly docString = '',
  ) {}

  input(name: string, type: ElementType, dims: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, dims));
    return this.#define(name);
  }

  /** A tensor that is part of the graph, last axis fastest. */
  constant(name: string, data: TensorData, dims: readonly number[]): string {
    this.#constants.push(tensor(name, data, dims));
    return this.#define(name);
  }

  /** Adds one operation whose single output is named `output`. */
  node(
    opType: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    // Every value is defined before its use, so that a misspelt name fails here and not inside the runtime.
    for (const input of inputs) {
      if (input !== '' && !this.#names.has(input)) throw new Error(`${opType} ${output}: no value is named ${input}`);
    }
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
    this.#nodes.push(OnnxNode.parse({ input: [...inputs], output: [output], name: output, opType, attribute }));
    return this.#define(output);
  }

  output(name: string, type: ElementType, dims: readonly Dimension[]): void {
    if (!this.#names.has(name)) throw new Error(`output ${name}: no value has that name`);
    this.#outputs.push(valueInfo(name, type, dims));
  }

  build(): OnnxModel {
    return OnnxModel.parse({
      irVersion: IR_VERSION,
      producerName: 'parse3d',
      opsetImport: [{ domain: '', version: OPSET }],
      graph: {
        name: this.name,
        docString: this.docString,
        node: this.#nodes,
        initializer: this.#constants,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
  }

  #define(name: string): string {
    if (this.#names.has(name)) throw new Error(`two values are named ${name}`);
    this.#names.add(name);
    return name;
  }
}

function tensor(name: string, data: TensorData, dims: readonly number[]): OnnxTensor {
  const expected = dims.reduce((product, length) => product * length, 1);
  if (data.length !== expected) {
    throw new Error(`${name}: ${dims.join('×')} needs ${expected} numbers, got ${data.length}`);
  }
  return OnnxTensor.parse({
    name,
    dims: [...dims],
    dataType: data instanceof Float32Array ? elementTypes.float32 : elementTypes.int64,
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });
}

function valueInfo(name: string, type: ElementType, dims: readonly Dimension[]): OnnxValueInfo {
  const dim = dims.map((length) => (typeof length === 'number' ? { dimValue: length } : { dimParam: length }));
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}

function attributeOf(name: string, value: AttributeValue): OnnxAttribute {
  return OnnxAttribute.parse({ name, ...attributeFields(value) });
}

function attributeFields(value: AttributeValue): object {
  if (typeof value === 'string') return { type: attributeTypes.string, s: new TextEncoder().encode(value) };
  if (typeof value === 'number') return { type: attributeTypes.int, i: value };
  if ('float' in value) return { type: attributeTypes.float, f: value.float };
  return { type: attributeTypes.ints, ints: [...value] };
}
