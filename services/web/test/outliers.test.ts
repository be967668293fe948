import { expect, test } from 'vitest';
import { measuredIn, oddestFirst, type Measured } from '../src/batches/outliers.js';

const volume = (ordinal: number, ml: Record<string, number>): Measured => ({
  jobId: `job-${ordinal}`,
  ordinal,
  uri: `s3://scans/${ordinal}.nii.gz`,
  findings: Object.entries(ml).map(([prompt, volumeMl]) => ({ prompt, volumeMl })),
});

test('the volume whose millilitres lie furthest from the median comes first, by its oddest target', () => {
  const all = [10, 11, 12, 13, 14, 40].map((liver, at) => volume(at, { liver, spleen: at === 2 ? 0.5 : 2 + at / 10 }));
  const odd = oddestFirst(all);
  // Medians 12.5 and 2.25; absolute deviations of the livers 0.5, 0.5, 1.5, 1.5, 2.5, 27.5.
  expect(odd[0]).toMatchObject({ ordinal: 5, prompt: 'liver', volumeMl: 40, medianMl: 12.5 });
  expect(odd[0]?.mads).toBeCloseTo(27.5 / 1.5);
  expect(odd[1]).toMatchObject({ ordinal: 2, prompt: 'spleen', volumeMl: 0.5 });
  expect(odd).toHaveLength(6);
});

test('where all others are equal one that differs is infinitely odd, and equal ones are not odd at all', () => {
  const odd = oddestFirst([1, 1, 1, 1, 3, 1].map((liver, at) => volume(at, { liver })));
  expect(odd.map(({ ordinal, mads }) => [ordinal, mads])).toEqual([
    [4, Infinity],
    [0, 0],
    [1, 0],
    [2, 0],
    [3, 0],
    [5, 0],
  ]);
});

test('of fewer than five volumes none is called odd', () => {
  expect(oddestFirst([1, 2, 3, 90].map((liver, at) => volume(at, { liver })))).toEqual([]);
});

test('only what completed counts', () => {
  const lines = [
    { ...volume(0, { liver: 1 }), status: 'completed', run: 1, outputs: [] },
    { ordinal: 1, uri: 'x', jobId: 'y', status: 'failed', problem: {} },
  ];
  expect(measuredIn(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))).toEqual([volume(0, { liver: 1 })]);
});
