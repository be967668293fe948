import type { Shape } from '@parse3d/volume/geometry';

/** Where the weighted probabilities of a layer of windows add up: [channels][planes of one window's depth][j][i]. */
export interface Blended {
  readonly data: Float32Array;
  /** Values per channel. */
  readonly stride: number;
  /** Values per row and per plane. */
  readonly width: number;
  readonly plane: number;
  /** The window's first voxel within a plane. */
  readonly i: number;
  readonly j: number;
}

/**
 * Adds one window's probabilities times its weights. Weights of a voxel need not be kept: the probabilities of all
 * channels sum to 1, so the blended channels of a voxel sum to its weight.
 * @param weights per axis i, j, k
 */
export function addWindow(
  scores: Float32Array,
  kind: 'logits' | 'weights',
  channels: number,
  [ni, nj, nk]: Shape,
  weights: readonly Float32Array[],
  into: Blended,
): void {
  const voxels = ni * nj * nk;
  const row = new Float32Array(ni);
  const [wi, wj, wk] = weights;
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      const from = (k * nj + j) * ni;
      const to = k * into.plane + (into.j + j) * into.width + into.i;
      const weight = (wk?.[k] ?? 1) * (wj?.[j] ?? 1);
      if (kind === 'logits') softmaxScale(scores, from, voxels, channels, row);
      for (let i = 0; i < ni; i++) row[i] = weight * (wi?.[i] ?? 1) * (kind === 'logits' ? row[i] : 1);
      for (let channel = 0; channel < channels; channel++) {
        const source = channel * voxels + from;
        const target = channel * into.stride + to;
        for (let i = 0; i < ni; i++) {
          into.data[target + i] = into.data[target + i] + scores[source + i] * row[i];
        }
      }
    }
  }
}

/** Replaces a row's logits by exp(logit - highest) and writes 1 / their sum per voxel to `scale`. */
function softmaxScale(scores: Float32Array, from: number, voxels: number, channels: number, scale: Float32Array): void {
  const ni = scale.length;
  const highest = new Float32Array(ni).fill(-Infinity);
  for (let channel = 0; channel < channels; channel++) {
    const source = channel * voxels + from;
    for (let i = 0; i < ni; i++) highest[i] = Math.max(highest[i], scores[source + i]);
  }
  scale.fill(0);
  for (let channel = 0; channel < channels; channel++) {
    const source = channel * voxels + from;
    for (let i = 0; i < ni; i++) {
      const weight = Math.exp(scores[source + i] - highest[i]);
      scores[source + i] = weight;
      scale[i] = scale[i] + weight;
    }
  }
  for (let i = 0; i < ni; i++) scale[i] = 1 / scale[i];
}
