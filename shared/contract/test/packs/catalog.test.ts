import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPackCatalog } from '../../src/packs/index.js';

const packJson = (id: string, change: object = {}): object => ({
  schemaVersion: 1,
  id,
  version: '1.0.0',
  kind: 'label-map',
  title: id,
  licence: { spdx: 'MIT' },
  intendedUse: 'tests',
  modalities: ['ct'],
  files: {},
  model: {
    graph: 'model.onnx',
    axes: 'kji',
    channels: 2,
    activation: 'softmax',
    conform: {},
    intensity: { kind: 'none' },
    classes: [{ channel: 1, name: 'bone' }],
  },
  ...change,
});

describe('the catalogue of packs', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'parse3d-catalog-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const put = async (folder: string, content: unknown): Promise<void> => {
    await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, folder, 'pack.json'), typeof content === 'string' ? content : JSON.stringify(content));
  };

  it('lists every folder with a pack.json, by id, and passes over others', async () => {
    await put('a/second', packJson('zebra'));
    await put('b/first', packJson('ant'));
    await mkdir(join(root, 'a/empty'));
    await writeFile(join(root, 'a/README.md'), 'not a pack');
    const catalog = await readPackCatalog([join(root, 'a'), join(root, 'b'), join(root, 'missing')]);
    expect(catalog.packs.map(({ id }) => id)).toEqual(['ant', 'zebra']);
    expect(catalog.rejected).toEqual([]);
    expect(catalog.folderOf('zebra')).toBe(join(root, 'a/second'));
    expect(catalog.get('ant').title).toBe('ant');
    expect(catalog.has('bee')).toBe(false);
  });

  it('an unknown id is refused with the nearest ids', async () => {
    await put('p/ct', packJson('ct-tissue'));
    await put('p/mr', packJson('brain-mr'));
    const catalog = await readPackCatalog([join(root, 'p')]);
    expect(() => catalog.get('ct-tisue')).toThrow(
      expect.objectContaining({
        code: 'pack-unknown',
        fields: { pack: 'ct-tisue', suggestions: ['ct-tissue', 'brain-mr'] },
      }),
    );
  });

  it('a broken pack is reported with the file and the field, and hides no other', async () => {
    await put('p/good', packJson('good'));
    await put('p/json', '{');
    await put('p/field', packJson('field', { licence: {} }));
    await put('p/extra', packJson('extra', { surprise: 1 }));
    const { packs, rejected } = await readPackCatalog([join(root, 'p')]);
    expect(packs.map(({ id }) => id)).toEqual(['good']);
    expect(rejected.map(({ folder, problem }) => [folder, problem.code, problem.fields['path']])).toEqual([
      [join(root, 'p/extra'), 'pack-invalid', ''],
      [join(root, 'p/field'), 'pack-invalid', 'licence.spdx'],
      [join(root, 'p/json'), 'pack-invalid', ''],
    ]);
    expect(rejected[1]?.problem.message).toContain(join(root, 'p/field/pack.json'));
  });

  it('of two packs with one id the first counts', async () => {
    await put('p/one', packJson('same', { title: 'one' }));
    await put('p/two', packJson('same', { title: 'two' }));
    const { packs, rejected } = await readPackCatalog([join(root, 'p')]);
    expect(packs.map(({ title }) => title)).toEqual(['one']);
    expect(rejected.map(({ problem }) => problem.fields['path'])).toEqual(['id']);
  });

  it.each([
    ['beyond the graph’s channels', [{ channel: 2, name: 'bone' }]],
    [
      'given twice',
      [
        { channel: 1, name: 'bone' },
        { channel: 1, name: 'fat' },
      ],
    ],
  ])('a channel %s is refused', async (_, classes) => {
    const pack = packJson('channels');
    await put('p/channels', { ...pack, model: { ...('model' in pack ? (pack.model as object) : {}), classes } });
    const { rejected } = await readPackCatalog([join(root, 'p')]);
    expect(rejected[0]?.problem.message).toContain('expected a channel of its own');
  });

  it('a graph or axis that is named twice, or limits the wrong way round, are refused by their name', async () => {
    const recipe = {
      graph: 'fold_0.onnx',
      recipe: 'nnunet',
      axes: 'kji',
      channels: 2,
      activation: 'softmax',
      conform: { spacingMm: [1, 1, 1] },
      intensity: { kind: 'z-score', of: 'all' },
      window: { shape: [8, 8, 8] },
      classes: [{ channel: 1, name: 'bone' }],
    };
    const faults: readonly [string, object][] = [
      ['model.folds', { folds: ['fold_1.onnx', 'fold_0.onnx'] }],
      ['model.mirror', { mirror: ['i', 'i'] }],
      ['model.intensity.low', { intensity: { kind: 'clip-z-score', low: 300, high: -900, mean: 0, std: 1 } }],
      ['model.intensity.low', { intensity: { kind: 'percentile', low: 99, high: 99, of: 'all', range: [0, 1] } }],
    ];
    await put('p/good', packJson('good', { model: { ...recipe, folds: ['fold_1.onnx'], mirror: ['i', 'k'] } }));
    for (const [n, [, change]] of faults.entries()) {
      await put(`p/x${n}`, packJson(`bad-${n}`, { model: { ...recipe, ...change } }));
    }
    const { packs, rejected } = await readPackCatalog([join(root, 'p')]);
    expect(packs.map(({ id }) => id)).toEqual(['good']);
    expect(rejected.map(({ problem }) => problem.fields['path'])).toEqual(faults.map(([path]) => path));
  });
});
