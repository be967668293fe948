import { expect, test } from 'vitest';
import { layerNoise, philox } from '../../src/engines/promptable-slices/network/noise.js';

const hex = (words: readonly number[]): string[] => words.map((word) => word.toString(16).padStart(8, '0'));

test('the generator gives the published words', () => {
  expect(hex(philox([0, 0, 0, 0], [0, 0]))).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']);
  const ones = 0xffffffff;
  expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toEqual(['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd']);
});

// The numbers that tools/export_biomedparse/README.md lists, times 2^24.
test.each([
  [2024, 0, [8, 16, 256], [10128235, 4505744, 16518825, 1402508, 5809684, 7313092], 4055051],
  [2024, 8, [8, 16, 4096], [4540274, 11620047, 11068012, 2116569, 15939307, 10582494], 649412],
  [2 ** 53 - 1, 3, [2, 3, 5], [6944104, 2012222, 15151402, 7509327, 16355077, 6074928], 15786595],
])(
  'seed %d, layer %d gives the exporter’s noise',
  (seed, layer, [heads = 0, queries = 0, positions = 0], first, last) => {
    const noise = layerNoise(seed, layer, heads * queries * positions);
    expect([...noise.subarray(0, 6)].map((value) => value * 2 ** 24)).toEqual(first);
    expect((noise.at(-1) ?? 0) * 2 ** 24).toBe(last);
  },
);
