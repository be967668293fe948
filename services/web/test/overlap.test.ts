import { expect, test } from 'vitest';
import { difference, overlaps, pairTargets } from '../src/compare/overlap.js';

const first = [
  { label: 1, prompt: 'Liver' },
  { label: 2, prompt: 'spleen' },
];
const second = [
  { label: 7, prompt: 'kidney' },
  { label: 2, prompt: 'liver' },
];
const a = Uint8Array.from([0, 1, 1, 1, 2, 2, 0, 0]);
const b = Uint16Array.from([0, 0, 2, 2, 2, 7, 7, 0]);

test('targets are paired by their names, and what only one result has is listed too', () => {
  expect(pairTargets(first, second)).toEqual([
    { name: 'Liver', first: 1, second: 2 },
    { name: 'spleen', first: 2, second: undefined },
    { name: 'kidney', first: undefined, second: 7 },
  ]);
});

test('voxels and Dice are those of the label maps; what only one result asked for has no Dice', () => {
  expect(overlaps(a, b, pairTargets(first, second))).toEqual([
    { first: 3, second: 3, both: 2, dice: 2 / 3 },
    { first: 2, second: 0, both: 0, dice: undefined },
    { first: 0, second: 2, both: 0, dice: undefined },
  ]);
  const empty = pairTargets([{ label: 9, prompt: 'x' }], [{ label: 9, prompt: 'x' }]);
  expect(overlaps(a, b, empty)).toEqual([{ first: 0, second: 0, both: 0, dice: undefined }]);
});

test('a difference says of every voxel whose it is', () => {
  expect([...difference(a, b, { first: 1, second: 2 })]).toEqual([0, 2, 1, 1, 3, 0, 0, 0]);
  expect([...difference(a, b, { first: 2, second: undefined })]).toEqual([0, 0, 0, 0, 2, 2, 0, 0]);
});
