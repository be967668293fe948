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
  const opsets = [model, ...model.functions].flatMap(({ opsetImport }) => opsetImport);
  for (const { domain, version } of opsets) {
    const newest = newestOpset[domain];
    if (newest === undefined) throw refuse(`operator domain “${domain}” is not allowed`, { domain });
    if (version > newest) {
      throw refuse(`expected an operator set of “${domain}” up to ${newest}, got ${version}`, {
        domain,
        version,
        newest,
      });
    }
  }
  for (const { domain, name } of model.functions) {
    if (newestOpset[domain] === undefined)
      throw refuse(`function ${name}: domain “${domain}” is not allowed`, { domain });
  }
  for (const part of partsOf(model)) {
    if (part.kind === 'tensor') {
      const { name, dataLocation, externalData } = part.tensor;
      if (dataLocation !== 0 || externalData.length > 0) {
        throw refuse(`tensor ${name}: expected its numbers inside the file, they lie in another one`, { tensor: name });
      }
    } else {
      const { opType, domain, name } = part.node;
      if (newestOpset[domain] === undefined || refusedOperators.has(opType)) {
        throw refuse(`node ${name}: operator “${domain}” ${opType} is not allowed`, { domain, opType, node: name });
      }
    }
  }
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
