import { makeGeometry, type Shape } from '@parse3d/volume/geometry';
import { expect, test } from 'vitest';
import { keepParts } from '../../src/engines/promptable-slices/report/keep-parts.js';
import { MaskStore } from '../../src/engines/promptable-slices/report/mask-store.js';
import { MaskCounts } from '../../src/engines/promptable-slices/restore/mask-counts.js';

const shape: Shape = [8, 1, 2];
const geometry = makeGeometry(shape, [10, 0, 0, 0, 0, 10, 0, 0, 0, 0, 10, 0, 0, 0, 0, 1]);
/** Parts of 3 and 2 voxels in the first plane; one voxel of the second plane lies on neither. */
const first = [0.9, 0.9, 0.8, 0, 0.7, 0.6, 0, 0, /* */ 0, 0, 0, 0, 0, 0, 0, 0.95];
/** Claims, less surely, most of the voxels. */
const second = [0.6, 0, 0, 0, 0.55, 0.55, 0.5, 0, /* */ 0, 0, 0, 0, 0, 0, 0.8, 0.8];

function run(rules: { keepLargest?: number; removeBelowMl?: number }[], pieceLengths: readonly number[]) {
  const maps = [first, second];
  const counts = new MaskCounts(2);
  const labels = new Uint8Array(16);
  maps.forEach((map, prompt) => {
    const inside = map.filter((p) => p > 0.5);
    counts.add(
      prompt,
      inside.length,
      inside.reduce((a, b) => a + b, 0),
      Math.max(...inside),
    );
  });
  for (let n = 0; n < 16; n++) {
    const [a = 0, b = 0] = [first[n], second[n]];
    labels[n] = Math.max(a, b) <= 0.5 ? 0 : a >= b ? 1 : 2;
  }
  function* pieces(prompt: number): Generator<Float32Array> {
    let at = 0;
    for (const length of pieceLengths) {
      yield Float32Array.from((maps[prompt] ?? []).slice(at, at + length));
      at += length;
    }
  }
  function* masks(prompt: number): Generator<Uint8Array> {
    for (const piece of pieces(prompt)) yield Uint8Array.from(piece, (p) => (p > 0.5 ? 1 : 0));
  }
  const prompts = [
    { text: 'one', label: 1 },
    { text: 'two', label: 2 },
  ];
  const kept = keepParts({
    ...{ geometry, prompts, labels, counts, threshold: 0.5 },
    rules: [rules[0], rules[1]],
    probabilityPieces: pieces,
    maskPieces: masks,
  });
  const mask = (prompt: number): number[] => [...kept.maskPieces(prompt)].flatMap((piece) => [...piece]);
  return { labels: [...labels], counts, removed: kept.removed, mask };
}

test.each([[[16]], [[8, 8]], [[5, 6, 5]], [Array<number>(16).fill(1)]])(
  'what a prompt loses goes to the next one that claims it, whatever the pieces (%j)',
  (pieceLengths) => {
    const { labels, counts, removed, mask } = run([{ keepLargest: 1 }], pieceLengths);
    expect(mask(0)).toEqual([1, 1, 1, ...Array<number>(13).fill(0)]);
    expect(mask(1)).toEqual(second.map((p) => (p > 0.5 ? 1 : 0)));
    expect(labels).toEqual([1, 1, 1, 0, 2, 2, 0, 0, /* */ 0, 0, 0, 0, 0, 0, 2, 2]);
    expect(removed).toEqual([{ keepLargest: 1, components: 2, voxels: 3 }, undefined]);
    expect(counts.voxels[0]).toBe(3);
    expect(counts.sum[0]).toBeCloseTo(2.6, 6);
    expect(counts.max[0]).toBeCloseTo(0.9, 6);
  },
);

test('what both lose is background, and a part of exactly the limit stays', () => {
  // A voxel is 1 ml.
  const { labels, mask, removed } = run([{ keepLargest: 1 }, { removeBelowMl: 2 }], [8, 8]);
  expect(mask(1)).toEqual([0, 0, 0, 0, 1, 1, 0, 0, /* */ 0, 0, 0, 0, 0, 0, 1, 1]);
  expect(labels).toEqual([1, 1, 1, 0, 2, 2, 0, 0, /* */ 0, 0, 0, 0, 0, 0, 2, 2]);
  expect(removed[1]).toEqual({ removeBelowMl: 2, components: 1, voxels: 1 });
  expect(run([{ keepLargest: 1 }, { keepLargest: 1 }], [16]).labels.slice(14)).toEqual([0, 0]);
});

test('a mask that is remembered is the one that was made, and one that is too large is made again', () => {
  const mask = Uint8Array.of(1, 1, 0, 1, 0, 0, 1, 1, /* */ 1, 0, 0, 0, 0, 1, 0, 1);
  for (const [most, times] of [
    [100, 1],
    [3, 3],
  ] as const) {
    let made = 0;
    const store = new MaskStore(shape, () => [mask.subarray(0, (made += 1)), mask.subarray(made)], most);
    for (let n = 0; n < 3; n++) expect([...store.pieces(0)].flatMap((piece) => [...piece])).toEqual([...mask]);
    expect(made).toBe(times);
  }
});
