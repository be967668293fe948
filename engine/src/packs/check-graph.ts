import { Problem } from '@parse3d/contract/problems';
import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../onnx-model/index.js';

/** Operator domains a pack may use, and the newest operator set of each that ONNX Runtime 1.30 promises to run. */
const newestOpset: Readonly<Record<string, number>> = { '': 26, 'ai.onnx': 26, 'ai.onnx.ml': 5, 'com.microsoft': 1 };

/** Operators of an allowed domain that load code or data from elsewhere. */
const refusedOperators = new Set(['EPContext', 'PyOp']);

/**
 * Refuses a graph that reaches outside its own file or outside the operators we know.
 * @param file the graph's name, for the problem
 * @throws Problem `pack-graph-refused`
 */
export function checkGraph(model: OnnxModel, file: string): void {
  const refuse = (detail: string, fields: Record<string, unknown>) =>
    new Problem('pack-graph-refused', `${file}: ${detail}`, { file, ...fields });

  if (model.graph === undefined) throw refuse('expected a graph, the model holds none', {});
  if (model.trainingInfo.length > 0) throw refuse('expected a graph for inference, it holds training steps', {});
  const local = new Map(model.functions.map((one) => [keyOf(one.domain, one.name), one]));
  const functionDomains = new Set(model.functions.map(({ domain }) => domain));
  const nodes = [...partsOf(model)].flatMap((part) => (part.kind === 'node' ? [part.node] : []));
  const used = new Set(nodes.map(({ domain }) => domain));
  for (const { opsetImport } of [model, ...model.functions]) {
    for (const { domain, version } of opsetImport) {
      const newest = newestOpset[domain];
      // Exporters list domains that no operator is of. A list without the domain that is used is another fault.
      const idle = !used.has(domain) && opsetImport.some((other) => used.has(other.domain));
      if (idle || (newest === undefined && functionDomains.has(domain))) continue;
      if (newest === undefined) throw refuse(`operator domain “${domain}” is not allowed`, { domain });
      if (version > newest) {
        throw refuse(`expected an operator set of “${domain}” up to ${newest}, got ${version}`, {
          domain,
          version,
          newest,
        });
      }
    }
  }
  const calls = (nodesOf: readonly OnnxNode[]): string[] => nodesOf.map((node) => keyOf(node.domain, node.opType));
  assertFinite(new Map([...local].map(([key, { node }]) => [key, calls(node)])), calls(model.graph.node), refuse);
  for (const part of partsOf(model)) {
    if (part.kind === 'tensor') {
      const { name, dataLocation, externalData } = part.tensor;
      if (dataLocation !== 0 || externalData.length > 0) {
        throw refuse(`tensor ${name}: expected its numbers inside the file, they lie in another one`, { tensor: name });
      }
    } else {
      const { opType, domain, name } = part.node;
      const known = newestOpset[domain] !== undefined || local.has(keyOf(domain, opType));
      if (!known || refusedOperators.has(opType)) {
        throw refuse(`node ${name}: operator “${domain}” ${opType} is not allowed`, { domain, opType, node: name });
      }
    }
  }
}

const keyOf = (domain: string, name: string): string => `${domain} ${name}`;

/** The runtime writes every function out where it is called. More nodes than this are a bomb. */
const MAX_NODES = 2 ** 20;

/**
 * Functions that the file brings along are as good as the operators in them, unless they call each other without an end
 * or multiply.
 */
function assertFinite(
  functions: ReadonlyMap<string, readonly string[]>,
  graph: readonly string[],
  refuse: (detail: string, fields: Record<string, unknown>) => Problem,
): void {
  const sizes = new Map<string, number>();
  const open = new Set<string>();
  const sizeOf = (name: string): number => {
    const body = functions.get(name);
    if (body === undefined) return 1;
    const known = sizes.get(name);
    if (known !== undefined) return known;
    if (open.has(name)) throw refuse(`function ${name}: it calls itself`, { function: name });
    open.add(name);
    const size = body.reduce((sum, called) => sum + sizeOf(called), 0);
    open.delete(name);
    sizes.set(name, size);
    return size;
  };
  const nodes = [...functions.keys(), ...graph].reduce((sum, called) => sum + sizeOf(called), 0);
  if (nodes > MAX_NODES)
    throw refuse(`expected at most ${MAX_NODES} operators with functions written out, there are more`, {
      limit: MAX_NODES,
    });
}

type Part =
  { readonly kind: 'node'; readonly node: OnnxNode } | { readonly kind: 'tensor'; readonly tensor: OnnxTensor };

/** Every node and tensor, those of functions and of the graphs inside nodes too. */
function* partsOf(model: OnnxModel): Generator<Part> {
  if (model.graph !== undefined) yield* partsOfGraph(model.graph);
  for (const { node, attributeProto } of model.functions) {
    yield* partsOfNodes(node);
    yield* partsOfAttributes(attributeProto);
  }
}

function* partsOfGraph(graph: OnnxGraph): Generator<Part> {
  yield* tensors(graph.initializer);
  yield* tensors(graph.sparseInitializer.flatMap(({ values, indices }) => [values, indices]));
  yield* partsOfNodes(graph.node);
}

function* partsOfNodes(nodes: readonly OnnxNode[]): Generator<Part> {
  for (const node of nodes) {
    yield { kind: 'node', node };
    yield* partsOfAttributes(node.attribute);
  }
}

function* partsOfAttributes(attributes: readonly OnnxAttribute[]): Generator<Part> {
  for (const { t, g, tensors: list, graphs, sparseTensor, sparseTensors } of attributes) {
    yield* tensors([t, ...list]);
    yield* tensors([sparseTensor, ...sparseTensors].flatMap((sparse) => [sparse?.values, sparse?.indices]));
    for (const graph of [g, ...graphs]) if (graph !== undefined) yield* partsOfGraph(graph);
  }
}

function* tensors(list: readonly (OnnxTensor | undefined)[]): Generator<Part> {
  for (const tensor of list) if (tensor !== undefined) yield { kind: 'tensor', tensor };
}
