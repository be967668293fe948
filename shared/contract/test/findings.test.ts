import { expect, test } from 'vitest';
import {
  csvRow,
  Finding,
  findingsCsv,
  measureTitles,
  OutputOptions,
  Pack,
  Prompts,
  type Prompt,
} from '../src/index.js';
import { keepPartsOf } from '../src/packs/index.js';

/** As every document before measures holds it. */
const plain = {
  label: 1,
  prompt: '=SUM(A1)',
  verdict: 'present',
  voxels: 3,
  volumeMl: 0.25,
  meanProbability: 0.5,
  maxProbability: null,
  existence: null,
  recommended: false,
};
const measures = {
  surfaceMm2: 12.5,
  longestDiameterMm: 3,
  centroidMm: [-1, 2, 0],
  centroidVoxel: [4, 5, 6.5],
  boundingBox: { min: [4, 5, 6], max: [4, 5, 7] },
  intensity: { mean: -7, sd: 0, median: -7, p5: -7, p95: -7, unit: 'HU' },
  components: 1,
  largestComponentShare: 1,
};

test('rows quote what must be quoted, and no text becomes a formula', () => {
  expect(csvRow(['a', 1.5, -2, true, null, 'b,"c"', '-d', '\te', ''])).toBe('a,1.5,-2,true,,"b,""c""",\'-d,\'\te,\n');
  expect(csvRow(['two\nlines', '@x'])).toBe('"two\nlines",\'@x\n');
});

test('findings are a row each, with empty cells where a measure is missing, also of earlier documents', () => {
  const removed = { keepLargest: 1, components: 2, voxels: 9 };
  const findings = [plain, { ...plain, label: 2, prompt: 'liver', suggestion: 'lever', measures, removed }].map((one) =>
    Finding.parse(one),
  );
  const [titles, first, second] = findingsCsv(findings).trimEnd().split('\n');
  expect(titles?.split(',')).toHaveLength(10 + measureTitles.length);
  expect(first).toBe(`1,'=SUM(A1),present,false,,3,0.25,0.5,,${','.repeat(measureTitles.length)}`);
  expect(second).toBe('2,liver,present,false,lever,3,0.25,0.5,,,12.5,3,-1,2,0,4,5,6,4,5,7,-7,0,-7,-7,-7,HU,1,1,,2,9');
});

test('what a request does not say is not in its options, so that earlier results are found again', () => {
  expect(OutputOptions.parse({})).not.toHaveProperty('findings');
  expect(Prompts.parse(['liver', { text: 'kidney', keepLargest: 2 }])).toEqual([
    { text: 'liver', label: 1 },
    { text: 'kidney', label: 2, keepLargest: 2 },
  ]);
  expect(Prompts.safeParse([{ text: 'liver', keepLargest: 1.5 }]).success).toBe(false);
  expect(Prompts.safeParse([{ text: 'liver', removeBelowMl: -1 }]).success).toBe(false);
});

test('the parts that stay are those of the prompt, else of its targets taken together', () => {
  const pack = Pack.parse({
    ...{ schemaVersion: 1, id: 'p', version: '1.0.0', kind: 'label-map', title: 'P', licence: { spdx: 'MIT' } },
    ...{ intendedUse: 'tests', modalities: ['ct'], files: {} },
    model: {
      ...{ graph: 'm.onnx', axes: 'ijk', channels: 5, activation: 'softmax', conform: {}, intensity: { kind: 'none' } },
      classes: [
        { channel: 1, name: 'kidney', side: 'left', keepLargest: 1, removeBelowMl: 5 },
        { channel: 2, name: 'kidney', side: 'right', keepLargest: 1, removeBelowMl: 3 },
        { channel: 3, name: 'liver', keepLargest: 1, synonyms: ['organ'] },
        { channel: 4, name: 'vessel', synonyms: ['organ'] },
      ],
    },
  });
  const rule = (text: string, own: Partial<Prompt> = {}) => keepPartsOf(pack, { text, label: 1, ...own });
  expect(rule('left kidney')).toEqual({ keepLargest: 1, removeBelowMl: 5 });
  expect(rule('kidneys')).toEqual({ keepLargest: 2, removeBelowMl: 3 });
  expect(rule('organ')).toBeUndefined();
  expect(rule('vessel', { removeBelowMl: 2 })).toEqual({ removeBelowMl: 2 });
  expect(rule('kidneys', { keepLargest: 4, removeBelowMl: 0 })).toEqual({ keepLargest: 4 });
  expect(rule('liver', { keepLargest: 0 })).toBeUndefined();

  const both = [
    { name: 'thalamus', keepLargest: 2 },
    { name: 'thalamus', side: 'left', keepLargest: 1 },
    { name: 'thalamus', side: 'right', keepLargest: 1 },
  ];
  const graphs = { textEncoder: 't.onnx', imageEncoder: 'i.onnx', decoder: 'd.onnx', tokenizer: 'k.json' };
  const promptable = Pack.parse({
    ...{ schemaVersion: 1, id: 'q', version: '1.0.0', kind: 'promptable-slices', title: 'Q', licence: { spdx: 'MIT' } },
    ...{ intendedUse: 'tests', modalities: ['mr'], files: {}, targets: both },
    model: {
      ...{ ...graphs, imageSize: 8, maskSize: 8, orientation: 'LPS', sliceAxis: 'k', intensity: { kind: 'none' } },
      ...{ normalise: { mean: 0, std: 1 }, fit: 'pad-resize', suppression: 'none' },
    },
  });
  expect(keepPartsOf(promptable, { text: 'the thalamus in brain MRI', label: 1 })).toEqual({ keepLargest: 2 });
  expect(keepPartsOf(promptable, { text: 'right thalamus', label: 1 })).toEqual({ keepLargest: 1 });
  expect(keepPartsOf(promptable, { text: 'unicorn', label: 1 })).toBeUndefined();
});
