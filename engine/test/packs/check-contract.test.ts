import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pack } from '@parse3d/contract';
import { expect, test } from 'vitest';
import { readModel } from '../../src/onnx-model/index.js';
import { checkContract } from '../../src/packs/check-contract.js';
import { signatureOf, type GraphSignature, type ValueSignature } from '../../src/packs/signature.js';

const folder = join(import.meta.dirname, '../../../packs/starter-brain-mr');

test('a promptable graph for one slice or one prompt alone is refused when the pack is verified', async () => {
  const pack = Pack.parse(JSON.parse(await readFile(join(folder, 'pack.json'), 'utf8')));
  const names = ['text_encoder.onnx', 'image_encoder.onnx', 'decoder.onnx'];
  const graphs = new Map<string, GraphSignature>();
  for (const name of names) graphs.set(name, signatureOf(readModel(await readFile(join(folder, name)))));
  expect(() => checkContract(pack, graphs)).not.toThrow();

  const fixed = (values: readonly ValueSignature[], name: string): ValueSignature[] =>
    values.map((value) => (value.name === name ? { ...value, dims: [1, ...(value.dims ?? []).slice(1)] } : value));
  for (const [file, name] of [
    ['text_encoder.onnx', 'input_ids'],
    ['image_encoder.onnx', 'image'],
    ['decoder.onnx', 'mask_logits'],
  ] as const) {
    const graph = graphs.get(file);
    if (graph === undefined) throw new Error(`there is no ${file}`);
    const spoilt = { ...graph, inputs: fixed(graph.inputs, name), outputs: fixed(graph.outputs, name) };
    expect(() => checkContract(pack, new Map([...graphs, [file, spoilt]]))).toThrow(
      `${name}: the first axis is fixed at 1`,
    );
  }
});
