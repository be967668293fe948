import { mkdtemp, readFile, rm, symlink, truncate, writeFile, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GraphBuilder, readModel, writeModel } from '../../src/onnx-model/index.js';
import type { OnnxModel } from '../../src/onnx-model/index.js';
import { loadPack, writePack, type PackDraft } from '../../src/packs/index.js';

const draft = {
  schemaVersion: 1,
  id: 'doubling',
  version: '1.0.0',
  kind: 'label-map',
  title: 'Doubling',
  licence: { spdx: 'MIT' },
  intendedUse: 'tests',
  modalities: ['ct'],
  model: {
    graph: 'model.onnx',
    axes: 'kji',
    channels: 2,
    activation: 'softmax',
    conform: {},
    intensity: { kind: 'none' },
    classes: [{ channel: 1, name: 'bone' }],
  },
} as const satisfies PackDraft;

function graphOf(channels: number, axes: readonly (number | string)[] = ['k', 'j', 'i'], input = 'image'): OnnxModel {
  const graph = new GraphBuilder('doubling');
  graph.input(input, 'float32', [1, 1, ...axes]);
  graph.constant('w', new Float32Array(channels).fill(2), [channels, 1, 1, 1, 1]);
  graph.node('Conv', [input, 'w'], 'logits', { kernel_shape: [1, 1, 1] });
  graph.output('logits', 'float32', [1, channels, ...axes]);
  return graph.build();
}

describe('loading a pack', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parse3d-pack-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (
    model: OnnxModel,
    change: Partial<typeof draft.model> | object = {},
    files: Record<string, string> = {},
  ) =>
    writePack(
      folder,
      { ...draft, model: { ...draft.model, ...change } },
      { 'model.onnx': writeModel(model), ...files },
    );

  it('a pack as written is accepted, and tells where its files lie', async () => {
    await write(graphOf(2), {}, { 'README.md': 'A card' });
    const loaded = await loadPack(folder);
    expect(loaded.pack.id).toBe('doubling');
    expect(await readFile(loaded.file('README.md'), 'utf8')).toBe('A card');
    expect(() => loaded.file('other.onnx')).toThrow(expect.objectContaining({ code: 'pack-invalid' }));
    expect(() => loaded.file('../pack.json')).toThrow(expect.objectContaining({ code: 'pack-invalid' }));
  });

  it('a file that changed by one byte is refused', async () => {
    await write(graphOf(2));
    const bytes = await readFile(join(folder, 'model.onnx'));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(join(folder, 'model.onnx'), bytes);
    await expect(loadPack(folder)).rejects.toMatchObject({
      code: 'pack-checksum',
      fields: { file: 'model.onnx', what: 'sha256' },
    });
  });

  it.each([
    ['longer', () => appendFile(join(folder, 'model.onnx'), 'x')],
    ['shorter', () => truncate(join(folder, 'model.onnx'), 5)],
  ])('a file that is %s than listed is refused before it is read', async (_, change) => {
    await write(graphOf(2));
    await change();
    await expect(loadPack(folder)).rejects.toMatchObject({ code: 'pack-checksum', fields: { what: 'bytes' } });
  });

  it('a missing file is refused', async () => {
    await write(graphOf(2));
    await rm(join(folder, 'model.onnx'));
    await expect(loadPack(folder)).rejects.toMatchObject({ code: 'pack-invalid', fields: { file: 'model.onnx' } });
  });

  it('a link out of the folder is refused, though the checksum is right', async () => {
    await write(graphOf(2));
    const outside = await mkdtemp(join(tmpdir(), 'parse3d-outside-'));
    try {
      await writeFile(join(outside, 'model.onnx'), await readFile(join(folder, 'model.onnx')));
      await rm(join(folder, 'model.onnx'));
      await symlink(join(outside, 'model.onnx'), join(folder, 'model.onnx'));
      await expect(loadPack(folder)).rejects.toMatchObject({ code: 'pack-invalid' });
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it('a graph that pack.json does not list is refused', async () => {
    await writePack(folder, { ...draft, model: { ...draft.model, graph: 'hidden.onnx' } }, { 'README.md': '' });
    await writeFile(join(folder, 'hidden.onnx'), writeModel(graphOf(2)));
    await expect(loadPack(folder)).rejects.toMatchObject({ code: 'pack-invalid', fields: { file: 'hidden.onnx' } });
  });

  const withTensor = (change: object): OnnxModel => {
    const model = graphOf(2);
    const graph = model.graph;
    if (graph === undefined) throw new Error('no graph');
    return {
      ...model,
      graph: { ...graph, initializer: graph.initializer.map((tensor) => ({ ...tensor, ...change })) },
    };
  };
  const withNode = (change: object): OnnxModel => {
    const model = graphOf(2);
    const graph = model.graph;
    if (graph === undefined) throw new Error('no graph');
    return { ...model, graph: { ...graph, node: graph.node.map((node) => ({ ...node, ...change })) } };
  };
  const inBranch = (inner: OnnxModel): OnnxModel =>
    withNode({
      attribute: [
        {
          name: 'then_branch',
          type: 5,
          g: inner.graph,
          floats: [],
          ints: [],
          strings: [],
          tensors: [],
          graphs: [],
          sparseTensors: [],
        },
      ],
    });
  const external = { dataLocation: 1, externalData: [{ key: 'location', value: '/etc/passwd' }] };

  it.each([
    ['numbers in another file', withTensor(external), { tensor: 'w' }],
    [
      'a path to another file, whatever its location says',
      withTensor({ externalData: external.externalData }),
      { tensor: 'w' },
    ],
    ['numbers in another file inside a branch', inBranch(withTensor(external)), { tensor: 'w' }],
    ['an operator of an unknown domain', withNode({ domain: 'com.example' }), { domain: 'com.example' }],
    ['an unknown operator inside a branch', inBranch(withNode({ domain: 'com.example' })), { domain: 'com.example' }],
    [
      'an operator that loads a compiled engine',
      withNode({ opType: 'EPContext', domain: 'com.microsoft' }),
      { opType: 'EPContext' },
    ],
    [
      'an unknown domain',
      { ...graphOf(2), opsetImport: [{ domain: 'com.example', version: 1 }] },
      { domain: 'com.example' },
    ],
    ['an operator set of the future', { ...graphOf(2), opsetImport: [{ domain: '', version: 27 }] }, { version: 27 }],
    ['no graph', { ...graphOf(2), graph: undefined }, {}],
  ])('a graph with %s is refused', async (_, model, fields) => {
    await write(model);
    await expect(loadPack(folder)).rejects.toMatchObject({
      code: 'pack-graph-refused',
      fields: { file: 'model.onnx', ...fields },
    });
  });

  const DOMAIN = 'pkg.local';
  /** The graph of one node, as a call of a function that holds that node. */
  const asFunction = (calls = ['Body'], change: object = {}): OnnxModel => {
    const model = graphOf(2);
    const graph = model.graph;
    const [node] = graph?.node ?? [];
    if (graph === undefined || node === undefined) throw new Error('no graph');
    const { input, output } = node;
    const call = (opType: string) => ({ ...node, opType, domain: DOMAIN, attribute: [] });
    const made = (name: string, nodes: OnnxModel['functions'][number]['node']) => ({
      ...{ name, domain: DOMAIN, node: nodes, opsetImport: model.opsetImport, attributeProto: [] },
      ...{ input, output },
    });
    return {
      ...model,
      opsetImport: [...model.opsetImport, { domain: DOMAIN, version: 1 }],
      functions: [made('Outer', calls.map(call)), made('Body', [{ ...node, ...change }])],
      graph: { ...graph, node: [call('Body')] },
    };
  };

  it('a domain that no operator is of, and functions of plain operators, are no reason to refuse', async () => {
    const idle = graphOf(2);
    for (const model of [
      {
        ...idle,
        opsetImport: [
          ...idle.opsetImport,
          { domain: 'com.example', version: 1 },
          { domain: 'ai.onnx.ml', version: 99 },
        ],
      },
      asFunction(),
    ]) {
      await write(model);
      await expect(loadPack(folder)).resolves.toHaveProperty('pack.id', 'doubling');
    }
  });

  it.each([
    ['hold an operator of an unknown domain', asFunction(['Body'], { domain: 'com.example' })],
    ['call themselves', asFunction(['Outer'])],
    ['multiply', asFunction(new Array<string>(2 ** 20).fill('Body'))],
    ['are called and not there', asFunction(['Nowhere'])],
  ])('functions that %s are refused', async (_, model) => {
    await write(model);
    await expect(loadPack(folder)).rejects.toMatchObject({ code: 'pack-graph-refused' });
  });

  it('numbers in another file are found though the graph comes in two parts', async () => {
    const parts = Buffer.concat([writeModel(withTensor(external)), writeModel({ ...graphOf(2), graph: undefined })]);
    expect(readModel(parts).graph?.initializer[0]?.dataLocation).toBe(1);
    await writePack(folder, draft, { 'model.onnx': parts });
    await expect(loadPack(folder)).rejects.toMatchObject({ code: 'pack-graph-refused' });
  });

  it.each([
    ['another number of channels', graphOf(3), {}, 'logits'],
    ['another name of its input', graphOf(2, ['k', 'j', 'i'], 'voxels'), {}, 'image'],
    ['another size than its window', graphOf(2, [8, 16, 32]), { window: { shape: [32, 16, 9] } }, 'image'],
    ['two spatial axes', graphOf(2, ['j', 'i']), {}, 'image'],
    [
      'fixed axes although it is to run on tiles',
      graphOf(2, [8, 16, 32]),
      { window: { shape: [32, 16, 8], halo: 1 } },
      'image',
    ],
  ])('a graph with %s contradicts pack.json', async (_, model, change, value) => {
    await write(model, change);
    await expect(loadPack(folder)).rejects.toMatchObject({
      code: 'pack-invalid',
      fields: { file: 'model.onnx', value },
    });
  });

  it('a graph of a fixed size without a window or a shape is told what is missing, in the order of pack.json', async () => {
    await write(graphOf(2, [8, 16, 32]));
    await expect(loadPack(folder)).rejects.toMatchObject({
      code: 'pack-invalid',
      message: expect.stringContaining('the graph takes 32×16×8 alone: say so by conform.shape, or by window.shape'),
    });
    await write(graphOf(2, ['k', 'j', 32]), { conform: { multipleOf: 8 } });
    await expect(loadPack(folder)).rejects.toThrow('32×?×? alone');
    await write(graphOf(2, [8, 16, 32]), { conform: { shape: [32, 16, 8] } });
    await expect(loadPack(folder)).resolves.toHaveProperty('pack.id', 'doubling');
  });

  it('a fixed size in the order of the axes agrees with the window', async () => {
    await write(graphOf(2, [8, 16, 32]), { window: { shape: [32, 16, 8] } });
    await expect(loadPack(folder)).resolves.toHaveProperty('pack.id', 'doubling');
  });
});
