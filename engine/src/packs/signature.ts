import type { Dimension, OnnxModel, OnnxValueInfo } from '../onnx-model/index.js';

/** One input or output of a graph. `dims` is undefined when the graph does not say even how many axes there are. */
export interface ValueSignature {
  readonly name: string;
  /** `float32`, `int64`, `bool` and so on; the standard's number of a type without a name here. */
  readonly type: string;
  /** Fixed lengths as numbers; others by their name, '?' when they have none. */
  readonly dims: readonly Dimension[] | undefined;
}

export interface GraphSignature {
  readonly inputs: readonly ValueSignature[];
  readonly outputs: readonly ValueSignature[];
}

/** What must be fed to a graph and what it returns. Old files list their weights among the inputs; those are left out. */
export function signatureOf({ graph }: OnnxModel): GraphSignature {
  const weights = new Set(graph?.initializer.map(({ name }) => name));
  return {
    inputs: (graph?.input ?? []).filter(({ name }) => !weights.has(name)).map(describe),
    outputs: (graph?.output ?? []).map(describe),
  };
}

/** Names of element types, by the standard's numbers. */
const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'text',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
};

function describe({ name, type }: OnnxValueInfo): ValueSignature {
  const elemType = type?.tensorType?.elemType ?? 0;
  const dims = type?.tensorType?.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam ?? '?');
  return { name, type: ELEMENT_TYPES[elemType] ?? `element type ${elemType}`, dims };
}
