import { afterEach, describe, expect, it } from 'vitest';
import { voxelCount, type Shape, type Volume } from '@parse3d/volume/geometry';
import { openSession } from '../../src/engines/onnx.js';
import { Bench, CHANNELS, infer, phantom, type Window } from './support.js';

const bench = new Bench();
afterEach(() => bench.close());
const ALL = ['left hippocampus', 'right hippocampus', 'thalamus', 'liver'];

/** The plain way, all accumulators at once: softmax of each window times its weights, sums divided by summed weights. */
async function blendPlainly(volume: Volume, window: Window, modelFile: string): Promise<number[][]> {
  const session = await openSession(modelFile, { device: 'cpu', threads: 1 });
  const [low, high] = [Math.min(...volume.data), Math.max(...volume.data)];
  const [ni, nj, nk] = volume.geometry.shape;
  const [wi, wj, wk] = window.shape;
  const sums = Array.from({ length: CHANNELS }, () => new Float64Array(ni * nj * nk));
  const weightSum = new Float64Array(ni * nj * nk);
  const bell = (n: number, length: number): number =>
    window.blending === 'constant' ? 1 : Math.exp(-0.5 * ((n - (length - 1) / 2) / (length / 8)) ** 2);
  const starts = (length: number, size: number): number[] => {
    const count = Math.ceil((length - size) / Math.max(1, Math.floor(size * (1 - window.overlap)))) + 1;
    return Array.from({ length: count }, (_, n) => (count === 1 ? 0 : Math.round((n * (length - size)) / (count - 1))));
  };
  for (const k0 of starts(nk, wk)) {
    for (const j0 of starts(nj, wj)) {
      for (const i0 of starts(ni, wi)) {
        const place = (v: number): [number, number, number] => [
          v % wi,
          Math.floor(v / wi) % wj,
          Math.floor(v / (wi * wj)),
        ];
        const global = (v: number): number => {
          const [i, j, k] = place(v);
          return ((k0 + k) * nj + j0 + j) * ni + i0 + i;
        };
        const size = wi * wj * wk;
        const data = Float32Array.from(
          { length: size },
          (_, v) => ((volume.data[global(v)] ?? 0) - low) / (high - low),
        );
        const results = await session.run({ image: { type: 'float32', data, shape: [1, 1, wk, wj, wi] } });
        const scores = results['logits']?.data ?? [];
        for (let v = 0; v < size; v++) {
          const [i, j, k] = place(v);
          const weight = bell(i, wi) * bell(j, wj) * bell(k, wk);
          const row = Array.from({ length: CHANNELS }, (_, c) => Math.exp(Number(scores[c * size + v])));
          const total = row.reduce((a, b) => a + b, 0);
          const at = global(v);
          row.forEach((value, c) => (sums[c]![at] = (sums[c]?.[at] ?? 0) + (weight * value) / total));
          weightSum[at] = (weightSum[at] ?? 0) + weight;
        }
      }
    }
  }
  await session.close();
  return sums.map((sum) => Array.from(sum, (value, n) => value / (weightSum[n] ?? 1)));
}

describe.each([
  ['gaussian', 0.5],
  ['constant', 0.25],
  ['gaussian', 0],
] as const)('sliding windows, %s with an overlap of %d', (blending, overlap) => {
  it('blend to what the plain computation gives', async () => {
    const shape: Shape = [20, 13, 23];
    const window: Window = { shape: [8, 13, 9], overlap, blending };
    const engine = await bench.engine({ window });
    const volume = phantom(shape);
    const found = await infer(engine, await bench.image(volume), ALL, { wantProbabilities: true });
    const expected = await blendPlainly(volume, window, engine.pack.file('model.onnx'));

    for (const prompt of [0, 1, 2, 3]) {
      const map = found.probabilities?.(prompt) ?? [];
      expect(map).toHaveLength(voxelCount(shape));
      const worst = Math.max(...Array.from(map, (p, n) => Math.abs(p - (expected[prompt + 1]?.[n] ?? NaN))));
      expect(worst).toBeLessThan(1e-5);
    }
    const argmax = found.labels.data.map((_, n) => {
      const row = expected.map((channel) => channel[n] ?? 0);
      return row.indexOf(Math.max(...row));
    });
    expect(new Set(argmax).size).toBe(CHANNELS);
    expect(Array.from(found.labels.data).filter((label, n) => label !== argmax[n])).toHaveLength(0);
  });
});

it('a volume smaller than a window is padded to it, and the padding does not come back', async () => {
  const shape: Shape = [5, 13, 7];
  const engine = await bench.engine({ window: { shape: [8, 8, 8], overlap: 0.5, blending: 'gaussian' } });
  const found = await infer(engine, await bench.image(phantom(shape)), ALL);
  expect(found.labels.data).toHaveLength(voxelCount(shape));
  expect(found.preparation).toContain('padded or cropped about the centre from 5×13×7 to 8×13×8');
});
