import { elementTypes } from '../onnx-model/index.js';
import type { Dimension, OnnxModel, OnnxValueInfo } from '../onnx-model/index.js';

/** One input or output of a graph. `dims` is undefined when the graph does not say even how many axes there are. */
export interface ValueSignature {
  readonly name: string;
  /** `float32`, `int64`, `bool`, or the standard's number of another type. */
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

function describe({ name, type }: OnnxValueInfo): ValueSignature {
  const elemType = type?.tensorType?.elemType ?? 0;
  const known = Object.entries(elementTypes).find(([, number]) => number === elemType);
  const dims = type?.tensorType?.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam ?? '?');
  return { name, type: known?.[0] ?? `element type ${elemType}`, dims };
}
