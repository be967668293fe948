import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { matchPrompt } from '@parse3d/contract/packs';
import { importMeshnet, loadPack, type ImportReport } from '../../src/packs/index.js';
import { nameOf } from '../../src/packs/meshnet/labels.js';

interface LayerJson {
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: unknown[];
}

const conv = (name: string, filters: number, kernel: number, dilation: number, more: object = {}): LayerJson => ({
  class_name: 'Conv3D',
  config: {
    name,
    filters,
    kernel_size: [kernel, kernel, kernel],
    strides: [1, 1, 1],
    padding: 'same',
    data_format: 'channels_last',
    dilation_rate: [dilation, dilation, dilation],
    activation: 'linear',
    use_bias: true,
    ...more,
  },
  inbound_nodes: [],
});
const activation = (name: string, kind: string): LayerJson => ({
  class_name: 'Activation',
  config: { name, activation: kind },
  inbound_nodes: [],
});
const input: LayerJson = {
  class_name: 'InputLayer',
  config: { name: 'input', batch_input_shape: [null, 256, 256, 256, 1] },
  inbound_nodes: [],
};

/** Every kind of layer that a published MeshNet has. */
const small = [
  input,
  conv('wide_gn', 4, 3, 3, { use_bias: false }),
  activation('act_1', 'gelu'),
  conv('long', 3, 3, 1, { kernel_size: [1, 3, 5], dilation_rate: [1, 2, 1], activation: 'elu' }),
  activation('act_2', 'relu'),
  conv('output', 3, 1, 1),
];
const colours = { R: [0, 255, 1], G: [0, 16, 2], B: [0, 0, 3] };
const labels = { ...colours, labels: ['Unknown', 'Left-Hippocampus', 'ctx-rh-precuneus'] };

describe('importing a MeshNet', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parse3d-meshnet-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(layers: readonly LayerJson[], change: object = {}, weightChange: object = {}): Promise<void> {
    let channels = 1;
    const weights: { name: string; shape: number[]; dtype: string }[] = [];
    for (const { class_name, config } of layers) {
      const { name, filters, kernel_size: size, use_bias: bias } = config;
      if (class_name !== 'Conv3D' || typeof filters !== 'number' || !Array.isArray(size)) continue;
      const shape = [...size.map(Number), channels, filters];
      weights.push({ name: `${String(name)}/kernel`, shape, dtype: 'float32', ...weightChange });
      if (bias === true) weights.push({ name: `${String(name)}/bias`, shape: [filters], dtype: 'float32' });
      channels = filters;
    }
    const numbers = weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
    const values = Float32Array.from({ length: numbers }, (_, index) => Math.sin(index * 12.9898) * 0.4);
    const bytes = Buffer.from(values.buffer);
    // Two shards, cut in the middle of a number.
    await writeFile(join(folder, 'shard1.bin'), bytes.subarray(0, 101));
    await writeFile(join(folder, 'shard2.bin'), bytes.subarray(101));
    const json = {
      format: 'layers-model',
      modelTopology: { model_config: { class_name: 'Functional', config: { layers } } },
      weightsManifest: [{ paths: ['shard1.bin', 'shard2.bin'], weights }],
      ...change,
    };
    await writeFile(join(folder, 'model.json'), JSON.stringify(json));
    await writeFile(join(folder, 'colormap.json'), JSON.stringify(labels));
  }

  const run = (): Promise<ImportReport> =>
    importMeshnet({
      modelJson: join(folder, 'model.json'),
      labels: join(folder, 'colormap.json'),
      out: join(folder, 'My_Net 2'),
    });

  it('every kind of layer comes out as computed by its definition', async () => {
    await write(small);
    const report = await run();
    expect(report).toMatchObject({
      convolutions: 3,
      parameters: 27 * 4 + 15 * 4 * 3 + 3 + 9 + 3,
      folder: join(folder, 'My_Net 2'),
    });
    expect(report.haloVoxels).toBeUndefined();
    expect(report.checks.map(({ what }) => what)).toEqual(['wide_gn', 'all layers']);
    for (const { largestDifference, largestValue } of report.checks) {
      expect(largestValue).toBeGreaterThan(0.1);
      expect(largestDifference).toBeLessThan(1e-5 * Math.max(1, largestValue));
    }
  });

  it('the pack holds names, sides and colours, and a worker loads it', async () => {
    await write(small);
    await run();
    const { pack } = await loadPack(join(folder, 'My_Net 2'));
    expect(pack).toMatchObject({
      id: 'my-net-2',
      kind: 'label-map',
      licence: { spdx: 'NOASSERTION' },
      modalities: ['mr'],
    });
    expect(pack.kind === 'label-map' && pack.model.classes).toMatchObject([
      { channel: 1, name: 'hippocampus', side: 'left', colour: '#ff1000' },
      { channel: 2, name: 'precuneus', side: 'right', colour: '#010203' },
    ]);
    expect(matchPrompt(pack, 'brain').classes.map(({ channel }) => channel)).toEqual([1, 2]);
    expect(matchPrompt(pack, 'right parietal lobe').classes.map(({ channel }) => channel)).toEqual([2]);
  });

  it('without group normalisation the model runs on tiles with the reach of its convolutions', async () => {
    await write([input, conv('a', 2, 3, 4), activation('b', 'elu'), conv('c', 2, 3, 16), conv('output', 3, 1, 1)]);
    const { haloVoxels, pack } = await run();
    expect(haloVoxels).toBe(20);
    expect(pack.kind === 'label-map' && pack.model.window?.halo).toBe(20);
  });

  const dense: LayerJson = { class_name: 'Dense', config: { name: 'head' }, inbound_nodes: [] };
  it.each<[string, LayerJson[], object, object, string]>([
    ['another kind of layer', [...small, dense], {}, {}, 'head'],
    ['strides', [input, conv('s', 3, 1, 1, { strides: [2, 2, 2] })], {}, {}, 's'],
    ['padding that is not same', [input, conv('p', 3, 1, 1, { padding: 'valid' })], {}, {}, 'p'],
    ['grouped convolution', [input, conv('g', 3, 1, 1, { groups: 3 })], {}, {}, 'g'],
    ['channels first', [input, conv('f', 3, 1, 1, { data_format: 'channels_first' })], {}, {}, 'f'],
    ['an even kernel', [input, conv('e', 3, 2, 1)], {}, {}, 'e'],
    ['another activation', [...small.slice(0, 2), activation('t', 'tanh'), ...small.slice(5)], {}, {}, 't'],
    ['an activation at the end', [...small, activation('end', 'relu')], {}, {}, 'end'],
    [
      'a branch',
      [input, conv('x', 3, 1, 1), { ...conv('y', 3, 1, 1), inbound_nodes: [[['input', 0, 0, {}]]] }],
      {},
      {},
      'y',
    ],
    ['another format', small, { format: 'graph-model' }, {}, 'model.json'],
    ['quantised weights', small, {}, { quantization: { dtype: 'uint8' } }, 'model.json'],
    ['half-precision weights', small, {}, { dtype: 'float16' }, 'model.json'],
    ['weights elsewhere', small, { weightsManifest: [{ paths: ['../shard1.bin'], weights: [] }] }, {}, 'model.json'],
    ['too many weights', small, { weightsManifest: [{ paths: ['shard1.bin'], weights: [] }] }, {}, 'shard1.bin'],
  ])('%s: refused, and the layer or file is named', async (_, layers, change, weightChange, layer) => {
    await write(layers, change, weightChange);
    await expect(run()).rejects.toMatchObject({ code: 'pack-import-failed', fields: { layer } });
  });

  it('a colour map of another length is refused with both numbers', async () => {
    await write(small);
    await writeFile(join(folder, 'colormap.json'), JSON.stringify({ ...colours, labels: ['Unknown', 'Brain'] }));
    await expect(run()).rejects.toMatchObject({ code: 'pack-import-failed', fields: { expected: 3, actual: 2 } });
  });

  it('a missing shard is named', async () => {
    await write(small);
    await rm(join(folder, 'shard2.bin'));
    await expect(run()).rejects.toMatchObject({
      code: 'pack-import-failed',
      fields: { file: join(folder, 'shard2.bin') },
    });
  });
});

describe('names of brain labels', () => {
  it.each([
    ['Left-Hippocampus', 'hippocampus', 'left'],
    ['ctx-lh-superiorfrontal', 'superior frontal gyrus', 'left'],
    ['Right-Cerebral-White-Matter', 'cerebral white matter', 'right'],
    ['Thalamus-Proper*', 'thalamus', undefined],
    ['Left-Inf-Lat-Vent', 'inferior lateral ventricle', 'left'],
    ['3rd-Ventricle', 'third ventricle', undefined],
    ['Gray Matter', 'grey matter', undefined],
    ['brain mask', 'brain', undefined],
    ['ctx-unheardof', 'unheardof cortex', undefined],
    ['Some-New-Nucleus', 'some new nucleus', undefined],
  ])('%s', (label, name, side) => {
    const naming = nameOf(label);
    expect([naming.name, naming.side]).toEqual([name, side]);
    expect(naming.synonyms).not.toContain(naming.name);
  });
});
